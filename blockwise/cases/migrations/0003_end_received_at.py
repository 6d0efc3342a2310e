from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def from_the_record(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """The newest line of a closed case: its end was received then or before, so nothing is erased too early."""
    Case, Line = apps.get_model("cases", "Case"), apps.get_model("ledger", "Line")
    ended = Case.objects.filter(final=True)
    for case in ended.iterator(chunk_size=1000):
        newest = Line.objects.filter(thread=f"case:{case.pk}").order_by("-thread_number").first()
        case.end_received_at = max(filter(None, (newest and newest.recorded_at, case.closed_at)), default=None)
        case.save(update_fields=["end_received_at"])


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_clock_pauses"), ("ledger", "0001_initial")]

    operations = [
        migrations.AddField("case", "end_received_at", models.DateTimeField(null=True)),
        migrations.RunPython(from_the_record, migrations.RunPython.noop),
    ]
