from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_end_received_at")]

    operations = [
        migrations.AddField("caseclock", "round", models.PositiveSmallIntegerField(default=1)),
        migrations.RemoveConstraint("caseclock", "one_clock_a_name"),
        migrations.AddConstraint(
            "caseclock", models.UniqueConstraint(fields=["case", "name", "round"], name="one_clock_a_round")
        ),
    ]
