"""A city of one language gives its texts in that one alone, and nowhere is a label empty."""

import csv
import json
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from blockwise.cases.kinds.parse import parse_kind
from blockwise.exchange.folder import read_folder
from tests.exchange.faults import checked, only, problems_of, put
from tests.exchange.tiny_city import Row, write_tiny_city

CALL = files("blockwise.cases.kinds").joinpath("builtin", "call.yaml").read_text(encoding="utf-8")
COLUMNS = {"zh": {"name_en", "text_en", "en"}, "en": {"name", "text", "zh"}}  # those left out
TABLES = ("beats", "zones", "stations", "statuses", "addresses", "people")


def only_in(language: str, folder: Path) -> Path:
    """The tiny city with the columns, properties and keys of the other language taken away."""
    write_tiny_city(folder)
    out = COLUMNS[language]
    for name in TABLES:
        path = folder / f"{name}.csv"
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        kept = [column for column in rows[0] if column not in out]
        lines = [",".join(kept), *(",".join(row[column] for column in kept) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    blocks = json.loads((folder / "blocks.geojson").read_text(encoding="utf-8"))
    for feature in blocks["features"]:
        feature["properties"] = {key: value for key, value in feature["properties"].items() if key not in out}
    (folder / "blocks.geojson").write_text(json.dumps(blocks), encoding="utf-8")
    roads = pq.read_table(folder / "roads.parquet")
    pq.write_table(roads.drop_columns(sorted(out & set(roads.column_names))), folder / "roads.parquet")
    city = yaml.safe_load((folder / "city.yaml").read_text(encoding="utf-8"))
    other = "en" if language == "zh" else "zh"
    city["languages"] = [language]
    for names in (city["name"], *city["levels"]):
        del names[other]
    (folder / "city.yaml").write_text(yaml.safe_dump(city, allow_unicode=True), encoding="utf-8")
    (folder / "kinds").mkdir()
    kind = without(yaml.safe_load(CALL), other)
    (folder / "kinds" / "call.yaml").write_text(yaml.safe_dump(kind, allow_unicode=True, sort_keys=False), "utf-8")
    return folder


def without(node: object, language: str) -> object:
    """The node with one language's key taken out of every mapping that has both."""
    if isinstance(node, dict):
        both = {"zh", "en"} <= node.keys()
        return {key: without(value, language) for key, value in node.items() if not (both and key == language)}
    return [without(one, language) for one in node] if isinstance(node, list) else node


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_language_is_enough_and_stands_in_for_the_other(tmp_path: Path, language: str) -> None:
    folder = only_in(language, tmp_path / "city")
    assert [str(problem) for problem in checked(folder)] == []
    read = read_folder(folder)
    for rows in (read.blocks, read.beats, read.zones, read.stations):
        assert all(row.name == row.name_en != "" for row in rows)
    assert all(row.text == row.text_en != "" for row in read.addresses)
    assert all(row.zh == row.en != "" for row in read.statuses)
    assert all(person.name for person in read.people)
    assert read.roads.name == read.roads.name_en
    assert all(read.roads.name)
    for names in (read.city.names, *(level.names for level in read.city.levels)):
        assert names["zh"] == names["en"] != ""
    kind = parse_kind((folder / "kinds" / "call.yaml").read_text(encoding="utf-8"))
    assert kind.noun.zh == kind.noun.en
    assert [leaf.code for leaf in kind.types if leaf.words.zh != leaf.words.en] == []


def test_an_english_city_may_write_its_names_into_the_first_column(tmp_path: Path) -> None:
    def named(rows: list[Row]) -> None:
        for row in rows:
            row.update(name=row["name_en"], name_en="")

    def english(city: Row) -> None:
        city["languages"] = ["en"]

    found = problems_of(tmp_path, city=english, stations=named)
    assert found == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_text_at_all_is_told(tmp_path: Path, language: str) -> None:
    one = problems_of(
        tmp_path, city=lambda city: city.update(languages=[language]), stations=put(1, name="", name_en="")
    )
    assert (only(one).line, only(one).what) == (3, "name is empty")


def test_in_a_city_of_two_languages_both_are_asked_for(tmp_path: Path) -> None:
    folder = only_in("zh", tmp_path / "city")
    city = yaml.safe_load((folder / "city.yaml").read_text(encoding="utf-8"))
    city["languages"] = ["zh", "en"]
    city["name"]["en"] = "Tiny"
    for level in city["levels"]:
        level["en"] = level["key"]
    (folder / "city.yaml").write_text(yaml.safe_dump(city, allow_unicode=True), encoding="utf-8")
    told = {problem.file: problem.what for problem in reversed(checked(folder)) if problem.severity == "error"}
    assert told["statuses.csv"] == "the column 'en' is missing"
    assert told["blocks.geojson"] == "block T: the property name_en is missing"
    assert told["roads.parquet"] == "the column name_en is missing"
    assert told["kinds/call.yaml"].startswith("noun has no en (missing-translation)")


def test_an_empty_name_of_a_road_is_taken_from_the_other_language(tmp_path: Path) -> None:
    folder = write_tiny_city(tmp_path)
    table = pq.read_table(folder / "roads.parquet")
    empty = pa.array([""] * len(table))
    pq.write_table(table.set_column(table.column_names.index("name_en"), "name_en", empty), folder / "roads.parquet")
    roads = read_folder(folder).roads
    assert roads.name_en == roads.name
