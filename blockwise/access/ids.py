"""Ids in addresses: those that a database can hold."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import IntConverter


class IdConverter(IntConverter):
    """At most 18 digits."""

    regex = "[0-9]{1,18}"


register_converter(IdConverter, "access_id")
