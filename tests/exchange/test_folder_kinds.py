"""kinds/*.yaml of a folder: checked whole, with the city's own levels."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from blockwise.cases.kinds.doubts import doubts
from tests.exchange.faults import checked
from tests.exchange.tiny_city import write_tiny_city

CALL = files("blockwise.cases.kinds").joinpath("builtin", "call.yaml").read_text(encoding="utf-8")


def found_with(path: Path, name: str, content: bytes) -> list[tuple[str, int | None, str]]:
    folder = write_tiny_city(path / "city")
    (folder / "kinds").mkdir()
    (folder / "kinds" / name).write_bytes(content)
    return [(one.file, one.line, one.what) for one in checked(folder)]


def test_a_copy_of_a_built_in_kind_is_sound(tmp_path: Path) -> None:
    assert found_with(tmp_path, "call.yaml", CALL.encode()) == []


def test_a_copy_with_windows_line_ends_and_a_mark_is_sound(tmp_path: Path) -> None:
    assert found_with(tmp_path, "call.yaml", b"\xef\xbb\xbf" + CALL.replace("\n", "\r\n").encode()) == []


def test_a_changed_one_is_sound_and_its_doubts_are_counted_once(tmp_path: Path) -> None:
    changed = CALL.replace("title: {zh: 接处警, en: Calls and dispatch}", "title: {zh: 警情, en: Calls}")
    assert changed != CALL
    many, first = len(doubts(CALL)), doubts(CALL)[0]
    assert many > 1
    [(file, line, what)] = found_with(tmp_path, "call.yaml", b"\xef\xbb\xbf" + changed.replace("\n", "\r\n").encode())
    assert (file, line) == ("kinds/call.yaml", None)
    assert what.startswith(f"{many} doubts for those who sign it, e.g. line {first.line}: {first.where} says ")


def test_a_level_that_the_city_does_not_have_is_named(tmp_path: Path) -> None:
    line = CALL[: CALL.index("routing:")].count("\n") + 1
    what = "there is no level parish (unknown-level). Nothing would happen"
    changed = CALL.replace("{level: community}", "{level: parish}")
    assert found_with(tmp_path, "call.yaml", changed.encode()) == [("kinds/call.yaml", line, what)]


def test_a_hostile_kind_is_refused_with_its_reason(tmp_path: Path) -> None:
    changed = CALL.replace(
        "  language:\n    type: line\n    label: {zh: 报警语言, en: Language}",
        "  language:\n    type: line\n    label: {zh: 身份证号, en: Language}",
    )
    [(file, line, what)] = found_with(tmp_path, "call.yaml", changed.encode())
    assert (file, line) == ("kinds/call.yaml", changed[: changed.index("身份证号")].count("\n") + 1)
    assert "(identifier)" in what


def test_a_folder_of_a_kinds_name_is_named(tmp_path: Path) -> None:
    folder = write_tiny_city(tmp_path / "city")
    (folder / "kinds" / "b.yaml").mkdir(parents=True)
    assert [str(one) for one in checked(folder)] == [
        "kinds/b.yaml: this is no file. Put the kind's text there, or take it away."
    ]


def test_a_file_that_is_no_text_is_named_with_its_line(tmp_path: Path) -> None:
    found = found_with(tmp_path, "call.yaml", b"kind: call\nnoun: \xff\n")
    assert found == [("kinds/call.yaml", 2, "the text is not UTF-8")]


def test_a_kind_that_opens_one_which_is_not_there_is_refused_at_its_line(tmp_path: Path) -> None:
    leak = (Path(__file__).parents[1] / "cases" / "kinds" / "format_2" / "leak.yaml").read_text(encoding="utf-8")
    assert [one for one in found_with(tmp_path, "leak.yaml", leak.encode()) if "(" in one[2]] == []
    wrong = leak.replace("kind: hazard", "kind: hazzard")
    line = wrong[: wrong.index("kind: hazzard")].count("\n") + 1
    what = "there is no kind hazzard (unknown-kind). Nothing could be opened"
    assert ("kinds/leak.yaml", line, what) in found_with(tmp_path / "b", "leak.yaml", wrong.encode())
