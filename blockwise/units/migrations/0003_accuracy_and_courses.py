from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('units', '0002_endings_and_delays'),
    ]

    operations = [
        migrations.AddField(
            model_name='unit',
            name='accuracy_m',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='unit',
            name='courses',
            field=models.JSONField(default=list),
        ),
    ]
