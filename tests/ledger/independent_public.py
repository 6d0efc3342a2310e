"""A second verifier of public exports, written from docs/ledger.md alone, beside that of whole ones.

python -m tests.ledger.independent_public EXPORT.jsonl [SEAL.json [PROOF.json]]"""

import json
import sys
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.ledger.independent_verifier import Misfit, jcs, need, parsed, seal_follows, signed


def verify(path, held=None, proof=None):
    """What the file says of the proven line, or None; Misfit where it does not fit."""
    first, *records = [json.loads(text) for text in Path(path).read_text().split("\n")[:-1]]
    need(first["format"] == "blockwise-public-1" and "end" in records[-1], 0, "", "not a whole public export")
    *records, end = records
    seals = [record["seal"] for record in records if "seal" in record]
    groups = [record["group"] for record in records if "group" in record]
    need(records == [{"seal": one} for one in seals] + [{"group": one} for one in groups], 0, "", "out of order")
    before = {"number": 0, "hash": "", "last_line": 0}
    for seal in seals:
        need(seal_follows(seal, before), seal["number"], "", "seal")
        need(not held or held["number"] != seal["number"] or held == seal, seal["number"], "", "not the one kept")
        known = not held or seal["number"] < held["number"] or seal["key"] == held["key"]
        need(known, seal["number"], "", "unknown key")
        before = seal
    need(not held or held["number"] <= before["number"], 0, "", "the seal kept elsewhere is gone")
    counted(groups, before, end["end"])
    return shown(seals, groups, proof) if proof else None


def counted(groups, last, end):
    day, seen = "", set()
    for group in groups:
        lines, facts = group["lines"], set(group) - {"day", "lines"}
        need(facts in (set(), {"block", "kind", "family"}), 0, "", "says more than it may")
        need(group["day"] >= day and lines == sorted(set(lines)), 0, "", "out of order")
        need(not facts or len(lines) >= 5, 0, "", "too small")
        need(not seen & set(lines), 0, "", "counted twice")
        day, seen = group["day"], seen | set(lines)
    digest = sha256("".join(jcs(group) + "\n" for group in groups).encode()).hexdigest()
    said = {"lines": len(seen), "seal": last["hash"], "groups": digest}
    need(said == {name: end[name] for name in said} and len(seen) <= last["last_line"], 0, "", "not what was signed")
    body = jcs({"format": "blockwise-public-1", **said}).encode()
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(last["key"]))
        key.verify(bytes.fromhex(end["signature"]), b"blockwise/public/1\0" + body)
    except InvalidSignature:
        need(False, 0, "", "signature")


def shown(seals, groups, proof):
    line = parsed(proof["line"])
    need(line, 0, "", "no line")
    raw = sha256(proof["line"].encode()).digest()
    [seal] = [one for one in seals if one["number"] == proof["seal"]]
    count, place = seal["last_line"] - seal["first_line"] + 1, line["number"] - seal["first_line"]
    need(0 <= place < count, line["number"], "", "not in its seal's range")
    node, last, path = sha256(b"\0" + raw).digest(), count - 1, [bytes.fromhex(one) for one in proof["path"]]
    for other in path:  # RFC 9162, 2.1.3.2
        need(last, line["number"], "", "path too long")
        if place % 2 or place == last:
            node = sha256(b"\1" + other + node).digest()
            while place and not place % 2:
                place, last = place // 2, last // 2
        else:
            node = sha256(b"\1" + node + other).digest()
        place, last = place // 2, last // 2
    need(not last and node.hex() == seal["root"], line["number"], "", "not under its seal")
    digest = sha256(b"blockwise/public-line/1\0" + bytes.fromhex(proof["salt"]) + raw).hexdigest()
    found = [group for group in groups if digest in group["lines"]]
    need(len(found) == 1, line["number"], "", "not counted")
    return {name: value for name, value in found[0].items() if name != "lines"}


def main(path, seal=None, proof=None):
    held, line = (json.loads(Path(one).read_text()) if one else None for one in (seal, proof))
    try:
        need(not held or signed(held), 0, "", "the seal kept elsewhere is itself wrong")
        return f"verified: {found}" if (found := verify(path, held, line)) else "verified"
    except Misfit as misfit:
        return f"{misfit.args[0]}: {misfit.args[2]}"


if __name__ == "__main__":
    print(said := main(*sys.argv[1:]))
    sys.exit(not said.startswith("verified"))
