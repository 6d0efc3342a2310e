from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_open_cases")]

    operations = [
        migrations.AddField(model_name="case", name="quiet_until", field=models.DateTimeField(null=True)),
    ]
