"""A second verifier, written from docs/ledger.md alone: standard library and `cryptography`, nothing of the product.

python independent_verifier.py EXPORT.jsonl|DATABASE.sqlite3 [SEAL.json] prints "verified" (status 0) or the first
line that does not fit (status 1). In a database also the rows of cases, their clocks and the units sent to them."""

import json
import re
import sqlite3
import sys
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

COPIES = ["thread", "thread_number", "recorded_at", "actor", "act", "block"]
LINE = {*COPIES, "number", "happened_at", "data", "previous"}
SEAL = ["number", "first_line", "last_line", "root", "previous", "sealed_at", "key", "hash", "signature"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ROWS = ["cases_case", "cases_caseclock", "units_assignment"]
SQL_TIME = "replace({0}, ' ', 'T') || CASE WHEN instr({0}, '.') THEN 'Z' ELSE '.000000Z' END"


class Misfit(Exception):  # noqa: N818  (a finding)
    """number, thread, why"""


def need(fits, *misfit):
    if not fits:
        raise Misfit(*misfit)


def jcs(value):
    """RFC 8785. ValueError for a float or an integer that JSON does not carry exactly."""
    if isinstance(value, dict):
        inside = sorted(value.items(), key=lambda item: item[0].encode("utf-16be"))
        return "{" + ",".join(f"{jcs(name)}:{jcs(each)}" for name, each in inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**53):
        raise ValueError(value)
    return json.dumps(value, ensure_ascii=False)


def root(leaves):
    level = [sha256(b"\0" + leaf).digest() for leaf in leaves] or [b""]
    while len(level) > 1:  # an odd one out goes up as it is, which gives RFC 6962's tree
        pairs = [sha256(b"\1" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + level[2 * len(pairs) :]
    return level[0].hex()


def signed(seal):
    """Whether a seal's hash and signature are right under the key it names."""
    try:
        body = jcs({name: seal[name] for name in SEAL[:-2]}).encode()
        key, signature = bytes.fromhex(seal["key"]), bytes.fromhex(seal["signature"])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, b"blockwise/seal/1\0" + body)
        return sha256(body).hexdigest() == seal["hash"]
    except (InvalidSignature, ValueError, TypeError):
        return False


def parsed(text):
    try:
        line = json.loads(text)
        times = line["recorded_at"], line["happened_at"] or line["recorded_at"]
        return line if {*line} - {"state"} == LINE and jcs(line) == text and all(map(TIME.fullmatch, times)) else None
    except (ValueError, TypeError, KeyError):
        return None


def from_export(path):  # ([(seal, leaves)], [(number, text, hash, column copies)])
    records = [json.loads(record) for record in Path(path).read_text().split("\n")[:-1]]
    need("end" in records[-1], 0, "", "the export is cut short")
    seals = [(record["seal"], bytes.fromhex(record["leaves"])) for record in records if "seal" in record]
    lines = [(record["line"], record["hash"]) for record in records if "line" in record]
    return seals, [((parsed(text) or {}).get("number"), text, digest, {}) for text, digest in lines]


def from_sqlite(path):
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    base.text_factory = lambda raw: raw.decode("utf-8", "replace")
    names = ", ".join(COPIES).replace("recorded_at", SQL_TIME.format("recorded_at"))
    lines = base.execute(f"SELECT number, canonical, hash, {names} FROM ledger_line ORDER BY number")
    names = ", ".join(SEAL).replace("sealed_at", SQL_TIME.format("sealed_at"))
    seals = base.execute(f"SELECT {names}, leaves FROM ledger_seal ORDER BY number")
    lines = [(*row[:3], dict(zip(COPIES, row[3:], strict=True))) for row in lines]
    return [(dict(zip(SEAL, row[:9], strict=True)), row[9]) for row in seals], lines


def fold(lines):
    """(table, key) -> (number and thread of the last line about the row, its columns; None: taken out)."""
    rows = {}
    for _number, text, *_rest in lines:
        line = json.loads(text)
        for table in ROWS:
            for key, said in line.get("state", {}).get(table, {}).items():
                before = rows.get((table, key), ((), None))[1] or {}
                rows[table, key] = ((line["number"], line["thread"]), said if said is None else {**before, **said})
    return rows


def alike(said, cell):
    """Whether a cell holds what was said; what was not said is empty. Times and JSON are text in SQLite."""
    if isinstance(said, str) and TIME.fullmatch(said) and cell:
        cell = cell.replace(" ", "T") + ("Z" if "." in cell else ".000000Z")
    if isinstance(said, dict | list) and cell:
        cell = json.loads(cell)
    return said == cell or (not said and cell in (None, 0, "", "{}", "[]"))


def verify_rows(path, lines):
    base, rows = sqlite3.connect(f"file:{path}?mode=ro", uri=True), fold(lines)
    base.row_factory = sqlite3.Row
    for table in ROWS:
        for row in base.execute(f"SELECT * FROM {table} ORDER BY id"):
            line, said = rows.pop((table, str(row["id"])), ((0, ""), None))
            need(said is not None, *line, f"row {row['id']} of {table} was made by no line")
            for name in {*row.keys(), *said} - {"id"}:
                misfit = f"row {row['id']} of {table}: {name} is {row[name]!r}, said {said.get(name)!r}"
                need(alike(said.get(name), row[name]), *line, misfit)
    for (table, key), (line, said) in sorted(rows.items()):
        need(said is None, *line, f"row {key} of {table} is gone")


def verify(seals, lines, held=None):
    """Raises Misfit at the first line that does not fit; `held` is a seal kept elsewhere."""
    count, tails, time, top, lines = 0, {}, "", (1, ""), iter(lines)
    before = {"number": 0, "hash": "", "last_line": 0}
    for seal, leaves in [*seals, (None, b"")]:
        place, hashes = (count + 1, ""), []
        kept = [leaves[i : i + 32] for i in range(0, len(leaves), 32)]
        sound = seal and seal_follows(seal, before) and root(kept) == seal["root"]
        last = seal["last_line"] if seal and type(seal["last_line"]) is int else 0
        while (seal is None or count < last) and (row := next(lines, None)):
            count += 1
            number, text, digest, copies = row
            need(number == count and type(number) is int, count, "", f"found {number!r} in its place")
            line = parsed(text)
            thread = line["thread"] if line else ""
            place, top = place if hashes else (count, thread), top if count > 1 else (1, thread)
            need(line and sha256(text.encode()).hexdigest() == digest, count, thread, "text or hash is wrong")
            same = line["number"] == count and all(copies[name] == line[name] for name in copies)
            need(same, count, thread, "text and columns differ")
            need(not sound or kept[len(hashes)].hex() == digest, count, thread, "not the line that was signed")
            hashes.append(digest)
            number, previous = tails.get(thread, (0, ""))
            need(line["thread_number"] == number + 1, count, thread, "is not next in its thread")
            need(line["previous"] == previous, count, thread, "breaks its thread")
            need(line["recorded_at"] >= time, count, thread, "recorded before the line before it")
            tails[thread], time = (number + 1, digest), line["recorded_at"]
        if seal:
            need(sound, *place, f"seal {seal['number']} or its hashes are wrong")
            need(count == seal["last_line"], count + 1, "", f"missing under seal {seal['number']}")
            same = not held or held["number"] != seal["number"] or held == seal
            place = place if same or held["previous"] == seal["previous"] else top
            need(same, *place, f"seal {seal['number']} is not the one kept elsewhere")
            known = not held or seal["number"] < held["number"] or seal["key"] == held["key"]
            need(known, *place, f"seal {seal['number']} is signed by an unknown key")
            before = seal
    if held and held["number"] > before["number"]:
        cut_off = before["last_line"] < held["last_line"]
        need(False, *((before["last_line"] + 1, "") if cut_off else top), "the seal kept elsewhere is gone")


def seal_follows(seal, before):
    chained = seal["number"] == before["number"] + 1 and seal["previous"] == before["hash"]
    return signed(seal) and chained and before["last_line"] + 1 == seal["first_line"] <= seal["last_line"]


def main(path, seal=None):
    held = json.loads(Path(seal).read_text()) if seal else None
    database = Path(path).read_bytes().startswith(b"SQLite")
    try:
        need(not held or signed(held), 0, "", "the seal kept elsewhere is itself wrong")
        seals, lines = (from_sqlite if database else from_export)(path)
        verify(seals, lines, held)
        if database:
            verify_rows(path, lines)
    except Misfit as misfit:
        return "line {} ({}): {}".format(*misfit.args)
    return "verified"


if __name__ == "__main__":
    print(said := main(*sys.argv[1:]))
    sys.exit(said != "verified")
