"""The record as anybody may have it: every seal, and of each line a salted digest among those of its day, block and
kind of case. The lines stay here; a line that is shown to somebody is proven with its salt and its path (`prove`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, keys, merkle, seals
from blockwise.ledger.export import write_records
from blockwise.ledger.models import Line, Seal
from blockwise.problems import Conflict, Invalid, NotFound

FORMAT = "blockwise-public-1"
PROOF_FORMAT = "blockwise-proof-1"
LEAST = 5  # lines: fewer of one block and kind of case are not told apart
_A_PAGE = 2000


@dataclass(frozen=True)
class Group:
    """Lines of one day about which the same is said: `facts` is {block, kind, family}, or empty for the rest."""

    facts: Mapping[str, str]
    lines: Sequence[Line]


class Sorter(Protocol):
    """What may be said of lines; rooms above the ledger know it."""

    def day(self, moment: datetime) -> date: ...
    def groups(self, lines: Sequence[Line]) -> list[Group]: ...


def export(path: Path, sorter: Sorter, progress: Callable[[int], None] = lambda lines: None) -> int:
    """Write the lines of all days that are over and sealed, so coarse, to a new file; how many. Conflict before the
    first seal, and while the last one was signed by another key than this home's."""
    made = _File(sorter)
    write_records(path, made.records(), lambda: progress(made.lines))
    return made.lines


class _File:
    def __init__(self, sorter: Sorter) -> None:
        self.sorter, self.lines, self.digest = sorter, 0, hashlib.sha256()
        self.secret = _secret()

    def records(self) -> Iterator[dict[str, Any]]:
        last = _last_seal()
        yield {"format": FORMAT, "seal_keys": keys.known_seal_keys()}
        for seal in Seal.objects.defer("leaves").filter(number__lte=last.number).order_by("number").iterator(500):
            yield {"seal": seals.public(seal)}
        for day, lines in self._days(last):
            for group in self._told(day, self.sorter.groups(lines)):
                self.digest.update(canonical.dumps(group).encode() + b"\n")
                yield {"group": group}
            self.lines += len(lines)
        said = {"lines": self.lines, "seal": last.hash, "groups": self.digest.hexdigest()}
        signature = keys.seal_key().sign(signed_bytes(said)).hex()
        yield {"end": {**said, "signature": signature}}

    def _days(self, last: Seal) -> Iterator[tuple[date, list[Line]]]:
        """The lines of each day that is over, of which every line is sealed."""
        unsealed = Line.objects.filter(number=last.last_line + 1).values_list("recorded_at", flat=True).first()
        limit = min(self.sorter.day(moment) for moment in (real_now(), unsealed) if moment)
        reached = date.min

        def day(line: Line) -> date:  # where clocks are set back over midnight, the later day goes on
            nonlocal reached
            reached = max(reached, self.sorter.day(line.recorded_at))
            return reached

        for found, lines in groupby(_sealed_lines(last.number), day):
            if found >= limit:
                return
            yield found, list(lines)

    def _told(self, day: date, groups: list[Group]) -> Iterator[dict[str, Any]]:
        for group in sorted(groups, key=lambda group: (not group.facts, sorted(group.facts.items()))):
            digests = sorted(digest_of(line.hash, self._salt(line.hash)) for line in group.lines)
            yield {"day": day.isoformat(), **group.facts, "lines": digests}

    def _salt(self, line_hash: str) -> bytes:
        return salt_of(self.secret, line_hash)


def _secret() -> bytes:
    return keys.derived("public-lines/1")[0]


def salt_of(secret: bytes, line_hash: str) -> bytes:
    """The same for a line in every file, so that two files of a day say no more than one."""
    return hmac.digest(secret, bytes.fromhex(line_hash), "sha256")


def digest_of(line_hash: str, salt: bytes) -> str:
    """What stands for a line in the open; without the salt nobody can try what the line may say."""
    return hashlib.sha256(b"blockwise/public-line/1\x00" + salt + bytes.fromhex(line_hash)).hexdigest()


def signed_bytes(said: Mapping[str, Any]) -> bytes:
    body = canonical.dumps({"format": FORMAT, **{name: said[name] for name in ("lines", "seal", "groups")}})
    return b"blockwise/public/1\x00" + body.encode()


def _last_seal() -> Seal:
    last = Seal.objects.defer("leaves").order_by("number").last()
    if last is None:
        raise Conflict(_("Nothing is sealed yet."), where="ledger", fix=_("Run `blockwise seal make` first."))
    if last.key != keys.seal_key().public_key().public_bytes_raw().hex():
        fix = _("Export again when this home has made a seal.")
        raise Conflict(_("The last seal was signed by another key than this home's."), where="ledger", fix=fix)
    return last


def _sealed_lines(last_seal: int) -> Iterator[Line]:
    """In order; Invalid at the first that is not the one that was sealed: what does not fit is not signed again."""
    for seal in Seal.objects.filter(number__lte=last_seal).order_by("number").iterator(chunk_size=10):
        found = Line.objects.filter(number__gte=seal.first_line, number__lte=seal.last_line).order_by("number")
        expected = seal.first_line
        for line in found.iterator(chunk_size=_A_PAGE):
            place = (expected - seal.first_line) * 32
            if line.number != expected or not _is_leaf(line, bytes(seal.leaves)[place : place + 32]):
                break
            expected += 1
            yield line
        if expected <= seal.last_line:
            fix = _("Run `blockwise verify` on the database.")
            raise Invalid(_("This line is not the one that was sealed."), where=f"line {expected}", fix=fix)


def _is_leaf(line: Line, leaf: bytes) -> bool:
    return line.hash == leaf.hex() and canonical.sha256(line.canonical) == line.hash


def prove(number: int) -> dict[str, Any]:
    """What shows to whoever may see line `number` that it is under its seal, and where a public file counts it."""
    seal = Seal.objects.filter(first_line__lte=number, last_line__gte=number).first()
    line = Line.objects.filter(number=number).first()
    if seal is None or line is None:
        raise NotFound(
            _("There is no such line under a seal."), where=str(number), fix=_("Give a sealed line's number.")
        )
    place = number - seal.first_line
    return {
        "format": PROOF_FORMAT,
        "line": line.canonical,
        "salt": salt_of(_secret(), line.hash).hex(),
        "seal": seal.number,
        "path": merkle.path_to(bytes(seal.leaves), place),
    }
