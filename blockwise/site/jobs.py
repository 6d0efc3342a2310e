"""What the worker does here."""

from __future__ import annotations

from django.db import connection


def count_rows() -> None:
    """SQLite chooses its indexes by counts that somebody has to make; PostgreSQL makes its own."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")  # rows of each index: it takes milliseconds
            cursor.execute("ANALYZE")
