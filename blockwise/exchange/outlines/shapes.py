"""A file of shapes as rows with WGS84 geometry: GeoJSON, a zipped Shapefile, GeoPackage, KML, or CSV with WKT."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import pyproj
import shapely

from blockwise.places.coordinates import Crs, to_wgs84
from blockwise.problems import Invalid

LARGEST: Final = 512 * 1024 * 1024  # bytes, also of what is unpacked
MOST_SHAPES: Final = 200_000
CHINESE: Final = ("gcj02", "bd09")
WKT_COLUMNS: Final = ("wkt", "geom", "geometry", "the_geom", "shape")
# By its ending, how a file of that format begins; what begins otherwise is not given to the reader.
BEGINS: Final[Mapping[str, tuple[bytes, ...]]] = {
    ".geojson": (b"{",), ".json": (b"{",), ".zip": (b"PK\x03\x04",), ".gpkg": (b"SQLite format 3\x00",),
    ".kml": (b"<?xml", b"<kml"), ".csv": (b"",),
}  # fmt: skip


Row = Mapping[str, str]


@dataclass(frozen=True)
class Shapes:
    """`rows`: the properties of each; `crs`, `encoding`: as which it was read, to be told."""

    rows: tuple[Row, ...]
    geometry: tuple[shapely.Geometry, ...]
    crs: str
    encoding: str
    lost: int = 0  # rows without a shape, left out


def read_shapes(path: Path, crs: str = "", layer: str = "") -> Shapes:
    """All shapes of the file. `crs`: an EPSG code, gcj02 or bd09, where the file does not say it or says it wrongly.

    Raises Invalid: what is wrong, and what to do.
    """
    _known(path)
    if path.suffix.lower() == ".csv":
        rows, shapes, encoding, lost = _csv(path)
        said = ""
    else:
        rows, shapes, said, encoding, lost = _by_gdal(path, layer)
    if not shapes:
        raise Invalid("There is no shape in it.", where=str(path), fix="Give a file with polygons or points.")
    system = crs or said
    if not system:
        fix = "Say it: crs: EPSG:4326 (degrees), EPSG:4547, gcj02 or bd09, for example."
        raise Invalid("The file does not say its coordinate system.", where=str(path), fix=fix)
    return Shapes(tuple(rows), tuple(_degrees(path, shapes, system)), system, encoding, lost)


def _known(path: Path) -> None:
    if not path.is_file():
        raise Invalid("There is no such file.", where=str(path), fix="Give the path of a file of outlines.")
    begins = BEGINS.get(path.suffix.lower())
    if begins is None:
        fix = f"Give one of {', '.join(BEGINS)}; a Shapefile is zipped with its .shx, .dbf and .prj."
        raise Invalid("This format is not read.", where=str(path), fix=fix)
    if path.stat().st_size > LARGEST:
        raise Invalid("The file is larger than 512 MB.", where=str(path), fix="Cut it to the city.")
    with path.open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(begins):
        raise Invalid(f"It is no {path.suffix} by what it holds.", where=str(path), fix="Save it again in this format.")


def _map_in(path: Path) -> str:
    """The name of the one Shapefile in a zip that is not too large unpacked."""
    try:
        entries = zipfile.ZipFile(path).infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise Invalid("The zip is cut off or damaged.", where=str(path), fix="Fetch it again.") from error
    if sum(one.file_size for one in entries) > LARGEST:
        raise Invalid("Unpacked it is larger than 512 MB.", where=str(path), fix="Cut it to the city.")
    names = [one.filename for one in entries if not Path(one.filename).name.startswith("._")]
    maps = [name for name in names if name.lower().endswith(".shp") and not name.startswith("__MACOSX/")]
    if len(maps) != 1:
        fix = "Zip one .shp with its .shx, .dbf, .prj and .cpg."
        raise Invalid(f"There are {len(maps)} .shp files in it.", where=str(path), fix=fix)
    return maps[0]


def _by_gdal(path: Path, layer: str) -> tuple[list[Row], list[shapely.Geometry], str, str, int]:
    source = f"/vsizip/{path.resolve()}/{_map_in(path)}" if path.suffix.lower() == ".zip" else str(path)
    try:
        layers = [str(name) for name, _kind in pyogrio.list_layers(source)]
        if not layers:
            raise Invalid("It has no layer of shapes.", where=str(path), fix="Save it again with its outlines.")
        if layer and layer not in layers:
            raise Invalid(f"There is no layer {layer}.", where=str(path), fix=f"Give one of: {', '.join(layers)}.")
        if not layer and len(layers) > 1:
            raise Invalid("It has several layers.", where=str(path), fix=f"Say which: {', '.join(layers)}.")
        info = pyogrio.read_info(source, layer=layer or None)
        if info["features"] > MOST_SHAPES:
            raise Invalid(f"It has {info['features']:,} shapes.", where=str(path), fix="Cut it to the city.")
        unsaid = info["driver"] == "ESRI Shapefile" and info["encoding"] == "ISO-8859-1"  # no .cpg beside it
        encoding = _encoding(source) if unsaid else ""
        meta, _ids, wkb, columns = pyogrio.raw.read(source, layer=layer or None, encoding=encoding or None)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, UnicodeDecodeError) as error:
        said = (str(error).splitlines() or ["?"])[0][:160]
        raise Invalid(f"It cannot be read: {said}", where=str(path), fix="Save it again, whole.") from error
    names = [str(name) for name in meta["fields"]]
    shapes = shapely.from_wkb(wkb)
    there = [number for number, shape in enumerate(shapes) if shape is not None and not shape.is_empty]
    rows: list[Row] = [{name: _text(column[n]) for name, column in zip(names, columns, strict=True)} for n in there]
    return rows, [shapes[n] for n in there], str(meta["crs"] or ""), encoding or "as it says", len(shapes) - len(there)


def _encoding(source: str) -> str:
    """Of a Shapefile that does not say it: UTF-8 if its texts are, else GB18030."""
    try:
        _meta, _ids, _wkb, columns = pyogrio.raw.read(source, encoding="UTF-8", read_geometry=False)
        [str(value) for column in columns for value in column]
    except (UnicodeDecodeError, ValueError):
        return "GB18030"
    return "UTF-8"


def _text(value: Any) -> str:
    """A property as text: numbers without a decimal point where they are whole."""
    if value is None or (isinstance(value, float | np.floating) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _csv(path: Path) -> tuple[list[Row], list[shapely.Geometry], str, int]:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Invalid("Its text is neither UTF-8 nor GB18030.", where=str(path), fix="Save it as UTF-8.")
    csv.field_size_limit(LARGEST)
    lost = 0
    rows = list[Row]()
    shapes = list[shapely.Geometry]()
    head = next(iter(text.splitlines()), "")
    separator = max(",;\t|", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=None), delimiter=separator)
    column = next((name for name in reader.fieldnames or () if name and name.strip().lower() in WKT_COLUMNS), None)
    if column is None:
        fix = f"Call the column of the outlines one of {', '.join(WKT_COLUMNS)}."
        raise Invalid("It has no column with WKT.", where=str(path), fix=fix)
    for number, row in enumerate(_rows(path, reader), 2):
        try:
            given = (row.pop(column) or "").strip()
            shape = shapely.from_wkt(given) if given else None
        except shapely.errors.GEOSException as error:
            where = f"{path}, line {number}"
            raise Invalid("This is no WKT.", where=where, fix="Write POLYGON ((lon lat, ...)).") from error
        if shape is not None and not shape.is_empty:
            rows.append({str(name): (value or "").strip() for name, value in row.items() if name})
            shapes.append(shape)
        else:
            lost += 1
    return rows, shapes, encoding.removesuffix("-sig").upper(), lost


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[dict[str, Any]]:
    try:
        yield from reader
    except csv.Error as error:
        raise Invalid(f"It is no table: {error}.", where=str(path), fix="Save it again as CSV.") from error


def _degrees(path: Path, shapes: list[shapely.Geometry], system: str) -> list[shapely.Geometry]:
    flat = shapely.force_2d(np.array(shapes, dtype=object))
    if system.lower() in CHINESE:
        name: Crs = "gcj02" if system.lower() == "gcj02" else "bd09"
        moved = shapely.transform(flat, lambda at: np.column_stack(to_wgs84(at[:, 0], at[:, 1], name)))
    else:
        try:
            change = pyproj.Transformer.from_crs(pyproj.CRS.from_user_input(system), "EPSG:4326", always_xy=True)
        except pyproj.exceptions.CRSError as error:
            fix = "Give an EPSG code such as EPSG:4326, or gcj02 or bd09."
            raise Invalid(f"The coordinate system {system[:60]!r} is not known.", where=str(path), fix=fix) from error
        moved = shapely.transform(flat, lambda at: np.column_stack(change.transform(at[:, 0], at[:, 1])))
    points = shapely.get_coordinates(moved)
    if not np.isfinite(points).all() or (np.abs(points[:, 0]) > 180).any() or (np.abs(points[:, 1]) > 90).any():
        swapped = (
            np.isfinite(points).all() and (np.abs(points[:, 0]) <= 90).all() and (np.abs(points[:, 1]) <= 180).all()
        )
        fix = "Write longitude before latitude." if swapped else "Give its true coordinate system as crs:."
        what = "Longitude and latitude are swapped." if swapped else f"Read as {system}, it lies nowhere on earth."
        raise Invalid(what, where=str(path), fix=fix)
    return list(moved)
