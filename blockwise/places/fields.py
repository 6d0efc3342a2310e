from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.fields.json import KeyTransform

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class CodeField(models.CharField):  # type: ignore[type-arg]  # generic only in the stubs, not at run time
    """A code of [0-9A-Z]; sorted by bytes on every engine, so that a subtree is one range of the index."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class Torn(dict[str, Any]):
    """Stands for JSON that was damaged where it is kept; SQLite takes any text."""


class KeptJSON(models.JSONField):
    """One row that was damaged is read as Torn, and the others with it as they are."""

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        found = super().from_db_value(value, expression, connection)  # text that is no JSON, as it is
        whole = isinstance(expression, KeyTransform) or isinstance(found, type(self.get_default()))
        return found if whole else Torn()

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs  # in the database it is no other
