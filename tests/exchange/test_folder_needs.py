"""What calls need is held against what units can do; the words for it are in the document and in the answer."""

import re
from importlib.resources import files
from pathlib import Path

from blockwise.exchange.folder import check_folder, examine_folder
from blockwise.response.words import CAPABILITIES as SHOWN
from blockwise.units.capabilities import CAPABILITIES
from tests.exchange.faults import problems_of, put
from tests.exchange.tiny_city import write_tiny_city

CALL = files("blockwise.cases.kinds").joinpath("builtin", "call.yaml").read_text(encoding="utf-8")
DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "city-folder.md").read_text(encoding="utf-8")


def test_needs_that_no_units_fill(tmp_path: Path) -> None:
    found = check_folder(write_tiny_city(tmp_path / "city"))
    assert {problem.severity for problem in found} == {"warning"}
    assert [problem.what for problem in found] == [
        "3 units have the capability patrol; of the kind call need it public.crowd_crush (4)",
        "1 unit has the capability fire; of the kind call need it fire.building (2)",
        "no unit has the capability ladder; of the kind call need it fire.building (1)",
        "1 unit has the capability medical; of the kind call need it public.crowd_crush (2)",
        "no unit has the capability hazmat; of the kind call need it hazard.gas (1), hazard.chemical (1)",
    ]
    assert found[-1].fix.startswith("Give hazmat to units in units.csv, or let the types need what there is")


def test_a_need_of_the_citys_own_kind_is_told_with_its_line(tmp_path: Path) -> None:
    folder = write_tiny_city(tmp_path / "city")
    (folder / "kinds").mkdir()
    changed = re.sub(r"( vehicle: .*needs: \{)fire: 1", r"\1foam: 1", CALL)
    (folder / "kinds" / "call.yaml").write_text(changed, encoding="utf-8")
    foam = [problem for problem in check_folder(folder) if "foam" in problem.what]
    line = changed.split("foam")[0].count("\n") + 1
    assert [(problem.file, problem.line) for problem in foam] == [("kinds/call.yaml", line)]
    assert foam[0].what == "no unit has the capability foam; of the kind call need it fire.vehicle (1)"


def test_a_capability_that_nobody_knows(tmp_path: Path) -> None:
    found = problems_of(tmp_path, units=put(4, capabilities="medicall medical"))
    assert [(problem.file, problem.line, problem.severity, problem.what) for problem in found] == [
        (
            "units.csv",
            6,
            "warning",
            "1 unit has the capability medicall, which no type needs and the product has no word for;"
            " medical is meant?",
        )
    ]


def test_the_answer_lists_every_word(tmp_path: Path) -> None:
    _found, able = examine_folder(write_tiny_city(tmp_path, units=put(4, capabilities="medical sonar")))
    told = [re.sub(r" +", " ", str(one)) for one in able]
    assert told[0] == "patrol 3 units; 21 types need it, up to 4 at once, more than there are"
    assert "rescue 1 unit; 3 types need it, up to 1 at once" in told
    assert "ladder no unit; 1 type needs it, up to 1 at once, more than there are" in told
    assert "fast 1 unit; no type of case needs it" in told
    assert told[-1] == "sonar 1 unit; no type of case needs it"
    assert [one.word for one in able] == [*CAPABILITIES, "sonar"]


def test_no_answer_where_the_units_cannot_be_read(tmp_path: Path) -> None:
    assert examine_folder(write_tiny_city(tmp_path, units=put(0, crew="two")))[1] == ()


def test_the_words_are_those_of_the_console_the_document_and_the_built_in_kinds() -> None:
    assert set(SHOWN) == set(CAPABILITIES)
    section = DOCUMENT.split("## What units can do")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE) == list(CAPABILITIES)
    needed = set(re.findall(r"([a-z_]+): \d", " ".join(re.findall(r"needs: \{([^}]*)\}", CALL))))
    assert needed <= set(CAPABILITIES)
