"""What it costs to verify a record, its rows too, and how that grows with its length."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.servers import Home

from .figures import Figure, Goal
from .installation import city, inside, installed, run

LINES = (50_000, 200_000, 1_000_000)
A_BATCH = 7_000


def measure(scratch: Path) -> Iterator[Figure]:
    with installed("SQLite", scratch / "home", city("district")) as home:
        before: float | None = None
        for lines in LINES:
            written = inside(home, "verify.fill", lines=lines)
            cost = _verified(home)
            goal = Goal(60.0) if lines == LINES[-1] else None
            notes = {"rows": written["rows"], "microseconds a line": round(cost / lines * 1e6, 1)}
            notes |= {"growth of the cost of a line": round(cost / lines / before, 2)} if before else {}
            yield Figure("verify", f"{lines:,} lines, SQLite", "s", (cost,), goal, notes=notes)
            before = cost / lines


def _verified(home: Home) -> float:
    began = time.perf_counter()
    assert "verified" in run(home, "-m", "blockwise.cli.main", "verify")
    return time.perf_counter() - began


def fill(lines: int) -> dict[str, int]:
    """Write one call's lines, and its rows, again under other numbers until the record has so many, and seal them."""
    from django.db import connection, transaction

    from blockwise.cases.models import Case
    from blockwise.ledger import seals
    from blockwise.ledger.models import Head

    case = _one_call()
    head = Head.objects.get()
    with transaction.atomic(), connection.cursor() as cursor:
        copy = _Copies(case, head.number)
        while head.number + len(copy.lines) <= lines:
            for _each in range(min(A_BATCH // len(copy.texts), (lines - head.number) // len(copy.texts) or 1)):
                copy.make()
            head.number += len(copy.lines)
            copy.put(cursor)
            if lines - head.number < len(copy.texts):
                break
        head.save()
    seals.seal_all()
    return {"rows": Case.objects.count()}


def _one_call() -> int:
    """A call that was taken, sent a unit, and closed."""
    from blockwise.access.actors import LOADER
    from blockwise.cases import engine
    from blockwise.cases.kinds import registry
    from blockwise.places.models import Block
    from blockwise.units.models import Unit

    block = Block.objects.filter(children=None).order_by("code")[0]
    place = {"lon": block.lon_e7 / 1e7, "lat": block.lat_e7 / 1e7, "text": "No. 1", "kind": "street"}
    kind = registry.current("call")
    case = engine.open_case("call", {"type": kind.types[0].code, "place": place, "channel": "phone"}, LOADER).case
    unit = Unit.objects.order_by("pk")[0].pk
    for act, data in (
        ("send", {"units": [unit]}), ("en_route", {"unit": unit}), ("on_scene", {"unit": unit}),
        ("clear", {"unit": unit}), ("close", {"outcome": kind.outcomes[0][0]}),
    ):  # fmt: skip
        engine.act(case, act, data, LOADER)
    return case


class _Copies:
    """Lines and rows as those of one case, under new numbers; without what is sealed."""

    def __init__(self, case: int, number: int) -> None:
        from blockwise.cases.models import Case, CaseClock
        from blockwise.ledger.lines import thread_lines
        from blockwise.units.models import Assignment

        self.case, self.number, self.lines = case, number, []
        self.texts = [self._plain(line) for line in thread_lines(f"case:{case}")]
        self.time = max(text["recorded_at"] for text in self.texts)
        self.models = (Case, CaseClock, Assignment)
        self.rows = {
            model: list(model.objects.filter(**{model.about[1]: case}).order_by("pk")) for model in self.models
        }
        self.last = {model: model.objects.order_by("pk").last().pk for model in self.models}
        self.made: dict[Any, list[Any]] = {model: [] for model in self.models}

    def _plain(self, line: Any) -> dict[str, Any]:
        from blockwise.ledger.lines import content_of

        text = content_of(line)
        text["data"].pop("sealed", None)
        text["state"] = {
            table: {pk: {name: value for name, value in said.items() if name != "sealed"} for pk, said in rows.items()}
            for table, rows in text.get("state", {}).items()
            if table != "inbox_message"
        }
        return text

    def make(self) -> None:
        from copy import copy

        from blockwise.ledger import canonical
        from blockwise.ledger.models import Line

        keys: dict[str, dict[str, int]] = {}
        for model, rows in self.rows.items():
            for row in rows:
                self.last[model] += 1
                keys.setdefault(model._meta.db_table, {})[str(row.pk)] = self.last[model]
                new = copy(row)
                new.pk = self.last[model]
                if model is self.models[0]:
                    case, new.sealed = new.pk, {}
                else:
                    new.case_id = case
                self.made[model].append(new)
        before = ""
        for within, text in enumerate(self.texts, 1):
            self.number += 1
            state = {
                table: {
                    str(keys.get(table, {}).get(pk, pk)): {**said, "case_id": case} if "case_id" in said else said
                    for pk, said in rows.items()
                }
                for table, rows in text["state"].items()
            }
            own = {"number": self.number, "thread": f"case:{case}", "previous": before, "thread_number": within}
            new_text = canonical.dumps({**text, **own, "state": state, "recorded_at": self.time})
            before = canonical.sha256(new_text)
            copies = {name: text[name] for name in ("actor", "act", "block")}
            line = Line(**own_columns(own), **copies, recorded_at=self.time, canonical=new_text, hash=before)
            self.lines.append(line)

    def put(self, cursor: Any) -> None:
        from blockwise.ledger.models import Line

        for model in self.models:
            model._base_manager.bulk_create(self.made[model], 500)
            self.made[model].clear()
        Line.objects.bulk_create(self.lines, 500)
        self.lines.clear()


def own_columns(own: dict[str, Any]) -> dict[str, Any]:
    return {name: own[name] for name in ("number", "thread", "thread_number")}
