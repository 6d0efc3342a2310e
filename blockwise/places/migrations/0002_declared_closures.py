from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

REASONS = ("fire", "crash", "water", "works", "event", "danger", "other")


def declare(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A reason was free text: what is none of the declared ones is another reason."""
    apps.get_model("places", "RoadClosure").objects.exclude(reason__in=REASONS).update(reason="other")


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial")]

    operations = [
        migrations.AddField("roadclosure", "direction", models.CharField(default="both", max_length=8)),
        migrations.RunPython(declare, migrations.RunPython.noop, elidable=True),
        migrations.AlterField("roadclosure", "reason", models.CharField(max_length=20)),
    ]
