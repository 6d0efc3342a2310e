"""Reading the sources and writing the folder's files."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from blockwise.exchange.parquet import UnfitError, read_table
from blockwise.problems import Problem

Row = dict[str, Any]


class BadData(Problem):
    """A source file is not where INDEX.md says, or cannot be read; or the folder cannot be written."""

    code = "bad-data"


def source(data: Path, name: str) -> Path:
    path = data / name
    if not path.is_file():
        fix = "Name the folder that holds INDEX.md and sf_boundaries."
        raise BadData("The file is missing.", where=str(path), fix=fix)
    return path


def read_parquet(path: Path) -> list[Row]:
    try:
        rows: list[Row] = read_table(path).to_pylist()
    except UnfitError as unfit:
        raise BadData(f"It cannot be used: {unfit.what}.", where=str(path), fix=f"{unfit.fix}.") from unfit
    except (pa.ArrowException, OSError) as error:
        raise BadData("The file is not readable Parquet.", where=str(path), fix="Fetch it again.") from error
    return rows


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadData("The folder cannot be made.", where=str(path), fix="Name another folder.") from error


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_features(path: Path) -> list[Row]:
    try:
        features: list[Row] = json.loads(path.read_text(encoding="utf-8"))["features"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadData("The file is not readable GeoJSON.", where=str(path), fix="Fetch it again.") from error
    return features


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_features(path: Path, features: Iterable[Row]) -> None:
    """A FeatureCollection, one feature a line."""
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8")
