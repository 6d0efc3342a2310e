

import blockwise.places.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0012_delete_outbox'),
    ]

    operations = [
        migrations.CreateModel(
            name='Intake',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='intake', serialize=False, to='cases.case')),
                ('kind', models.CharField(max_length=40)),
                ('type', models.CharField(blank=True, max_length=60)),
                ('reported_at', models.DateTimeField()),
                ('block', blockwise.places.fields.CodeField(max_length=24)),
                ('channel', models.CharField(blank=True, max_length=20)),
                ('source', models.CharField(choices=[('public', 'Public'), ('official', 'Official')], max_length=10)),
                ('place_kind', models.CharField(max_length=10)),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
