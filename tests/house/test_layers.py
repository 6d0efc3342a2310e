"""Foreign keys go down the layers, as imports do (import-linter holds those)."""

from __future__ import annotations

import configparser
from pathlib import Path

from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


def _height() -> dict[str, int]:
    """Room -> its height, from the one list that import-linter reads."""
    written = configparser.ConfigParser()
    written.read(ROOT / ".importlinter")
    layers = written["importlinter:contract:layers"]["layers"].split("\n")
    return {
        room.strip().removeprefix("blockwise."): -depth
        for depth, layer in enumerate(layers)
        for room in layer.split("|")
        if room.strip()
    }


def test_foreign_keys_go_down_the_layers() -> None:
    height = _height()
    keys = [
        (model._meta.app_label, field.name, field.related_model._meta.app_label)
        for model in apps.get_models()
        if model._meta.app_label in height
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model is not None
    ]
    assert len(keys) > 10
    up = [key for key in keys if key[0] != key[2] and height.get(key[2], -99) >= height[key[0]]]
    assert up == []


def test_the_ledger_keeps_ids_not_foreign_keys() -> None:
    keys = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("ledger").get_models()
        for field in model._meta.get_fields()
        if field.is_relation
    ]
    assert keys == []


def test_every_model_has_its_migration(transactional_db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
