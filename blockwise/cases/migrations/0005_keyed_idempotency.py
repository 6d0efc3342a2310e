import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forget(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """A plain hash of a request can be guessed: no row stays, on PostgreSQL not as a dead one either."""
    editor.execute("TRUNCATE cases_idempotency" if editor.connection.vendor == "postgresql" else "DELETE FROM cases_idempotency")


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_clock_rounds")]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.AlterField("idempotency", "key", models.CharField(max_length=64)),
        migrations.AddField(
            "idempotency",
            "case",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="cases.case"),
        ),
    ]
