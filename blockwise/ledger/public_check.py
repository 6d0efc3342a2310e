"""A public file verified, as docs/ledger.md states it. Reads no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext as _

from blockwise.ledger import canonical, merkle, rows
from blockwise.ledger.check import Held, Unfit, seal_trouble
from blockwise.ledger.line_text import LineText, parsed
from blockwise.ledger.public import FORMAT, LEAST, PROOF_FORMAT, digest_of, signed_bytes
from blockwise.problems import Invalid

_FACTS = {"block", "kind", "family"}
_PROOF = {"format", "line", "salt", "seal", "path"}


@dataclass
class PublicReport:
    """`fault`: why it does not verify; `shown`: what the file says of the line that a proof was given for."""

    lines: int = 0
    seals: int = 0
    sealed_to: int = 0
    held: int = 0
    shown: dict[str, str] = field(default_factory=dict)
    fault: str = ""


def is_public(path: Path) -> bool:
    with path.open("rb") as file:
        return f'"{FORMAT}"'.encode() in file.readline(1000)


def verify_public(path: Path, held: Held, proof: Mapping[str, Any] | None = None) -> PublicReport:
    """Without a seal kept elsewhere it shows only that the file agrees with itself. Invalid for what is none."""
    check = _Check(held, proof)
    try:
        for record in _records(path):
            check.take(record)
        check.finish(path)
    except Unfit as unfit:
        check.report.fault = str(unfit)
    return check.report


def proof_in(path: Path) -> dict[str, Any]:
    """Invalid, naming the file, for what is no object."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(_("This is no proof of a line."), where=str(path))
    return found


class _Check:
    def __init__(self, held: Held, proof: Mapping[str, Any] | None) -> None:
        self.report = PublicReport()
        self._held, self._proof = held, None if proof is None else _Proof(proof)
        self._seal: Mapping[str, Any] | None = None
        self._digest = hashlib.sha256()
        self._day, self._of_day = "", set[str]()
        self._ended = False

    def take(self, record: Mapping[str, Any]) -> None:
        if self._ended:
            raise Unfit(_("something follows the end"))
        if "seal" in record and not self._day:
            self._take_seal(record["seal"])
        elif "group" in record:
            self._take_group(record["group"])
        elif "end" in record:
            self._take_end(record["end"])
        else:
            raise Unfit(_("a record stands where it cannot"))

    def _take_seal(self, seal: Mapping[str, Any]) -> None:
        if trouble := seal_trouble(seal, self.report.sealed_to + 1, self._seal) or self._outside_trouble(seal):
            raise Unfit(_("seal {n}: {why}").format(n=seal["number"], why=trouble))
        self._seal, self.report.seals, self.report.sealed_to = seal, seal["number"], seal["last_line"]
        if self._proof:
            self._proof.take_seal(seal)

    def _outside_trouble(self, seal: Mapping[str, Any]) -> str:
        if held := self._held.get(seal["number"]):
            self.report.held += 1
            return "" if dict(held) == dict(seal) else _("it is not the one kept elsewhere; it was signed again")
        pinned = seal["number"] < max(self._held, default=0)
        if self._held and not pinned and seal["key"] not in {one["key"] for one in self._held.values()}:
            return _("it is signed by a key that is not known")
        return ""

    def _take_group(self, group: Any) -> None:
        trouble = _group_trouble(group, self._day)
        if trouble:
            raise Unfit(trouble)
        if group["day"] != self._day:
            self._day, self._of_day = group["day"], set()
        if not self._of_day.isdisjoint(group["lines"]):
            raise Unfit(_("a line of {day} is counted twice").format(day=self._day))
        self._of_day.update(group["lines"])
        self._digest.update(canonical.dumps(group).encode() + b"\n")
        self.report.lines += len(group["lines"])
        if self._proof:
            self._proof.take_group(group)

    def _take_end(self, end: Any) -> None:
        """The signature is the last seal's key's: whoever trusts that seal trusts who said this."""
        self._ended = True
        said = isinstance(end, dict) and set(end) == {"lines", "seal", "groups", "signature"}
        if self._seal is None or not said:
            raise Unfit(_("there is no seal, or its end is not signed"))
        found = {"lines": self.report.lines, "seal": self._seal["hash"], "groups": self._digest.hexdigest()}
        if found != {name: end[name] for name in found}:
            raise Unfit(_("its groups are not those that were signed"))
        if self.report.lines > self.report.sealed_to:
            raise Unfit(_("it counts more lines than are sealed"))
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self._seal["key"]))
            key.verify(bytes.fromhex(end["signature"]), signed_bytes(end))
        except (InvalidSignature, ValueError, TypeError):
            raise Unfit(_("its end is not signed by the key of its last seal")) from None

    def finish(self, path: Path) -> None:
        if not self._ended:
            raise Invalid(_("The export is cut short, or its last record is wrong."), where=str(path))
        if beyond := [number for number in sorted(self._held) if number > self.report.seals]:
            raise Unfit(_("seal {n}, kept elsewhere, is not in it").format(n=beyond[0]))
        if self._proof:
            self.report.shown = self._proof.found()


def _group_trouble(group: Any, day: str) -> str:
    if not isinstance(group, dict) or not {"day", "lines"} <= set(group) <= {"day", "lines", *_FACTS}:
        return _("a group is none")
    facts, lines = set(group) & _FACTS, group["lines"]
    if facts not in (set(), _FACTS) or not all(isinstance(group[name], str) for name in {"day", *facts}):
        return _("a group is none")
    if not isinstance(lines, list) or not lines or not all(_is_digest(one) for one in lines):
        return _("a group of {day} holds what is no line").format(day=group["day"])
    if group["day"] < day or lines != sorted(lines):
        return _("a group of {day} is out of order").format(day=group["day"])
    if len(set(lines)) < len(lines):
        return _("a line of {day} is counted twice").format(day=group["day"])
    if facts and len(lines) < LEAST:
        return _("a group of {day} is too small to be told apart").format(day=group["day"])
    return ""


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


class _Proof:
    """A line that was shown: under its seal, and in the group that counts it."""

    def __init__(self, proof: Mapping[str, Any]) -> None:
        line = parsed(proof["line"]) if set(proof) == _PROOF and proof["format"] == PROOF_FORMAT else ""
        if not isinstance(line, LineText):
            raise Invalid(_("This is no proof of a line."), where="proof")
        self._line, self._proof, self._root = line, proof, ""
        self._hash = canonical.sha256(proof["line"])
        try:
            self._digest = digest_of(self._hash, bytes.fromhex(proof["salt"]))
        except (ValueError, TypeError):
            raise Invalid(_("This is no proof of a line."), where="proof") from None
        self._facts: dict[str, str] | None = None

    def take_seal(self, seal: Mapping[str, Any]) -> None:
        if seal["number"] != self._proof["seal"]:
            return
        place, count = self._line.number - seal["first_line"], seal["last_line"] - seal["first_line"] + 1
        try:
            self._root = merkle.root_along(bytes.fromhex(self._hash), place, count, self._proof["path"])
        except (ValueError, TypeError):
            self._root = ""
        if self._root != seal["root"]:
            raise Unfit(_("the line that was shown is not under seal {n}").format(n=seal["number"]))

    def take_group(self, group: Mapping[str, Any]) -> None:
        if self._digest in group["lines"]:
            self._facts = {name: value for name, value in group.items() if name != "lines"}

    def found(self) -> dict[str, str]:
        if not self._root:
            raise Unfit(_("the seal of the line that was shown is not in it"))
        if self._facts is None:
            raise Unfit(_("the line that was shown is not counted in it"))
        return self._facts


def _records(path: Path) -> Iterator[dict[str, Any]]:
    """The records behind the header. Invalid names the line that is none."""
    with path.open("rb") as file:
        for place, text in enumerate(file, 1):
            try:
                record = json.loads(text)
            except (ValueError, RecursionError):
                record = None
            if not isinstance(record, dict) or (place == 1 and record.get("format") != FORMAT):
                raise Invalid(_("This is no record of an export."), where=f"{path}:{place}")
            if "seal" in record and not _is_seal(record["seal"]):
                raise Invalid(_("A seal's fields are not those of a seal."), where=f"{path}:{place}")
            if place > 1:
                yield record


def _is_seal(value: object) -> bool:
    return isinstance(value, dict) and set(value) == set(rows.SEAL_FIELDS)
