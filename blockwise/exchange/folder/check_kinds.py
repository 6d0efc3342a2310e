"""The kinds of a folder: whole, and not about persons (blockwise.cases.kinds)."""

from importlib.resources import files
from typing import Final

from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.nodes import LARGEST
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import CityFolder

BUILT_IN: Final = files("blockwise.cases.kinds").joinpath("builtin")


def check_kinds(folder: CityFolder, problems: Problems) -> None:
    """Note what is wrong with each `kinds/*.yaml`; a copy of a built-in one is right in every city."""
    levels = [level.key for level in folder.city.levels]
    for path in folder.kinds:
        name = f"kinds/{path.name}"
        if not path.is_file():
            problems.error(name, None, "this is no file", "Put the kind's text there, or take it away")
            continue
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            problems.error(name, line, "the text is not UTF-8", "Save the file as UTF-8")
            continue
        known = BUILT_IN.joinpath(path.name)
        same = known.is_file() and known.read_text(encoding="utf-8") == text
        for fault in check(text, path.name, None if same else levels):
            problems.error(name, fault.line, f"{fault.what} ({fault.code}). {fault.why}", fault.way_out)
