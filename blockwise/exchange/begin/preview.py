"""A picture of the city as one file that needs nothing else: its own lines, no internet, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet as pq
import shapely

from blockwise.exchange.outlines.blocks import Block, TooWide

WIDTH: Final = 1200.0  # of the drawing
FINE: Final = 0.4  # smaller bends are not drawn
_STYLE: Final = """
:root{color-scheme:light dark;--paper:#f6f8fb;--ink:#1b222b;--line:#9aa7b8;--road:#5b6776;--edge:#1553c4}
@media(prefers-color-scheme:dark){:root{--paper:#0f141b;--ink:#e6ebf2;--line:#4b5868;--road:#93a1b3;--edge:#7fb0ff}}
body{margin:0;padding:24px;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
svg{display:block;width:100%;height:auto;max-height:80vh}
.cells{fill:none;stroke:var(--line);stroke-width:.5}.roads{fill:none;stroke:var(--road);stroke-width:.8}
.parts{fill:none;stroke:var(--edge);stroke-width:1.6}text{fill:var(--ink);font-size:13px;text-anchor:middle}
.wrong{fill:#c8102e;stroke:#c8102e;stroke-width:3}li{max-width:80ch}
"""


def write_preview(
    path: Path,
    name: Mapping[str, str],
    root: Block,
    levels: Sequence[Sequence[Block]],
    roads: Path,
    thin: Sequence[str],
) -> None:
    """The outlines of every level, the roads, the names of the first level, and what is still thin."""
    draw = _Drawing(root.geometry)
    table = pq.read_table(roads, columns=["from_lon", "from_lat", "to_lon", "to_lat"])
    ends = np.column_stack([table[column].to_numpy() for column in table.column_names])
    title = " · ".join(escape(text) for text in name.values() if text)
    parts = [
        "<!doctype html>", f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><h1>{title}</h1>',
        f'<svg viewBox="0 0 {draw.width:.0f} {draw.height:.0f}" role="img" aria-label="{title}">',
        f'<path class="cells" d="{draw.outlines(levels[-1])}"/><path class="roads" d="{draw.lines(ends)}"/>',
        f'<path class="parts" d="{draw.outlines(levels[0])}"/>', *map(draw.label, levels[0]), "</svg>",
        f"<p>{' · '.join(f'{len(level):,} {escape(level[0].level)}' for level in levels)} · {len(ends):,} edges</p>",
        "<h2>What is still thin</h2><ul>", *(f"<li>{escape(one)}</li>" for one in thin), "</ul></body></html>",
    ]  # fmt: skip
    path.write_text("\n".join(parts), encoding="utf-8", newline="\n")


def write_overlaps(path: Path, wide: TooWide) -> None:
    """Where outlines overlap by more than is mended."""
    draw = _Drawing(shapely.box(*shapely.total_bounds(np.array(wide.outlines, dtype=object))))
    rows = [
        f"<li>{one.area_m2:,.0f} m², {one.width_m:.0f} m wide: lon {lon:.5f}, lat {lat:.5f}</li>"
        for one in wide.misfits
        for lon, lat in (one.middle,)
    ]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Overlaps</title>',
        f"<style>{_STYLE}</style></head>",
        '<body><h1>Overlaps</h1>',
        f'<svg viewBox="0 0 {draw.width:.0f} {draw.height:.0f}" role="img" aria-label="Overlaps">',
        f'<path class="parts" d="{draw.shapes(wide.outlines)}"/>',
        f'<path class="wrong" d="{draw.shapes([one.shape for one in wide.misfits])}"/></svg>',
        "<ol>", *rows, "</ol></body></html>",
    ]  # fmt: skip
    path.write_text("\n".join(parts), encoding="utf-8", newline="\n")


class _Drawing:
    """Degrees to the picture's own units, north up."""

    def __init__(self, area: shapely.Geometry) -> None:
        west, south, east, north = area.bounds
        narrow = np.cos(np.radians((south + north) / 2))
        self.scale = WIDTH / max((east - west) * narrow, (north - south))
        self.corner, self.factor = np.array([west, north]), np.array([narrow, -1.0])
        self.width, self.height = (east - west) * narrow * self.scale, (north - south) * self.scale

    def points(self, degrees: np.ndarray) -> np.ndarray:
        return np.asarray((degrees - self.corner) * self.factor * self.scale)

    def outlines(self, blocks: Sequence[Block]) -> str:
        return self.shapes([block.geometry for block in blocks])

    def shapes(self, outlines: Sequence[shapely.Geometry]) -> str:
        shapes = shapely.transform(np.array(outlines, dtype=object), self.points)
        rings = shapely.get_rings(shapely.get_parts(shapely.simplify(shapes, FINE)))
        return "".join(f"M{' '.join(f'{x:.1f} {y:.1f}' for x, y in shapely.get_coordinates(one))}Z" for one in rings)

    def lines(self, ends: np.ndarray) -> str:
        start, stop = self.points(ends[:, :2]), self.points(ends[:, 2:])
        pairs = np.round(np.column_stack((start, stop)), 1).tolist()
        return "".join(f"M{a} {b}L{c} {d}" for a, b, c, d in pairs)

    def label(self, block: Block) -> str:
        (x, y), *_ = self.points(shapely.get_coordinates(block.geometry.representative_point()))
        return f'<text x="{x:.0f}" y="{y:.0f}">{escape(block.name)}</text>'
