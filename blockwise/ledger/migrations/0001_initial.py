import blockwise.places.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='DataKey',
            fields=[
                ('thread', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('wrapped', models.BinaryField(null=True)),
                ('master', models.CharField(max_length=16)),
                ('created_at', models.DateTimeField()),
                ('erased_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Head',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(default=0)),
                ('recorded_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ReplayClock',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('city_at', models.DateTimeField()),
                ('machine_at', models.DateTimeField()),
                ('speed', models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('first_line', models.BigIntegerField()),
                ('last_line', models.BigIntegerField()),
                ('root', models.CharField(max_length=64)),
                ('previous', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField()),
                ('key', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('signature', models.CharField(max_length=128)),
                ('leaves', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('thread', models.CharField(max_length=64)),
                ('thread_number', models.PositiveIntegerField()),
                ('recorded_at', models.DateTimeField()),
                ('actor', models.CharField(max_length=64)),
                ('act', models.CharField(max_length=40)),
                ('block', blockwise.places.fields.CodeField(blank=True, max_length=24)),
                ('canonical', models.TextField()),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('thread', 'thread_number'), name='line_thread_number')],
            },
        ),
        migrations.CreateModel(
            name='Sealed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('thread', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=60)),
                ('digest', models.CharField(max_length=64)),
                ('ciphertext', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('thread', 'digest'), name='sealed_thread_digest')],
            },
        ),
    ]
