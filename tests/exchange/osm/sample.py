"""Small extracts written by hand: nodes and ways as OpenStreetMap XML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

Tags = Mapping[str, str]
NODES: dict[int, tuple[float, float]] = {
    # a square of 0.01 degrees with its middle, and a tail to the east
    1: (10.00, 50.00), 2: (10.01, 50.00), 3: (10.01, 50.01), 4: (10.00, 50.01), 5: (10.005, 50.005),
    6: (10.02, 50.00), 7: (10.03, 50.00), 8: (11.00, 51.00), 9: (11.01, 51.00),
}  # fmt: skip


def write(
    path: Path,
    ways: Iterable[tuple[int, list[int], Tags]],
    tagged: Mapping[int, Tags] | None = None,
    nodes: Mapping[int, tuple[float, float]] = NODES,
) -> Path:
    lines = ['<?xml version="1.0"?>', '<osm version="0.6">']
    for number, (lon, lat) in nodes.items():
        tags = _tags((tagged or {}).get(number, {}))
        lines.append(f'<node id="{number}" version="1" lon="{lon}" lat="{lat}">{tags}</node>')
    for number, refs, given in ways:
        members = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{number}" version="1">{members}{_tags(given)}</way>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
