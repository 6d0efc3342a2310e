from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClockState',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField()),
                ('excused_to', models.DateTimeField(null=True)),
                ('doubt', models.CharField(blank=True, max_length=10)),
                ('known_at', models.DateTimeField(null=True)),
                ('confirmations', models.PositiveIntegerField(default=0)),
            ],
        ),
    ]
