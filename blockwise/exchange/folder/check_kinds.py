"""The kinds of a folder: whole, and not about persons (blockwise.cases.kinds)."""

from importlib.resources import files
from typing import Final

from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.check_links import check_together
from blockwise.cases.kinds.doubts import doubts
from blockwise.cases.kinds.faults import Faults, Path
from blockwise.cases.kinds.nodes import LARGEST, read, scalars
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import CityFolder

BUILT_IN: Final = files("blockwise.cases.kinds").joinpath("builtin")
OTHER: Final = {"zh": "en", "en": "zh"}


def check_kinds(folder: CityFolder, problems: Problems) -> None:
    """Note what is wrong with each `kinds/*.yaml`; a copy of a built-in one is right in every city.

    What is doubted in a sound one is for those who sign it: of each file one warning counts it. Of what the product
    brings with it, whole or in one language, its own signers are told.
    """
    routed = [[one.key for one in rows] for rows in (folder.city.levels, folder.city.departments)]
    texts: dict[str, str] = {}
    own: dict[str, str] = {}
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
        ours = known.read_text(encoding="utf-8") if known.is_file() else ""
        levels, departments = [None, None] if ours == text else routed
        faults = check(text, path.name, levels, folder.city.languages, departments)
        texts[path.stem] = text
        if ours != text:
            own[path.stem] = text
        for fault in faults:
            problems.error(name, fault.line, f"{fault.what} ({fault.code}). {fault.why}", fault.way_out)
        if not faults and not (ours and _says(text) in (_says(ours), *(_says(ours, cut) for cut in OTHER))):
            _count_doubts(name, text, problems)
    beside = {**_built_in(), **texts}
    for fault in check_together(own, beside, folder.city.languages, beside.keys() - own.keys()):
        problems.error(f"kinds/{fault.file}", fault.line, f"{fault.what} ({fault.code}). {fault.why}", fault.way_out)


def _built_in() -> dict[str, str]:
    known = (one for one in BUILT_IN.iterdir() if one.name.endswith(".yaml"))
    return {one.name.removesuffix(".yaml"): one.read_text(encoding="utf-8") for one in known}


def _count_doubts(name: str, text: str, problems: Problems) -> None:
    file = name.rsplit("/", 1)[-1]
    found = doubts(text, file)
    if not found:
        return
    first = found[0]
    counted = "1 doubt" if len(found) == 1 else f"{len(found)} doubts"
    said = f" says “{first.word}”" if first.word else ""
    what = f"{counted} for those who sign it, e.g. line {first.line}: {first.where}{said}. {first.reason.en}"
    kind = file.rsplit(".", 1)[0]
    way_out = f"`blockwise kind show {kind}` lists them once it is loaded; leave out what need not be said"
    problems.warning(name, None, what, way_out)


def _says(text: str, cut: str = "") -> dict[Path, str]:
    """Every key and value of a kind that can be read, without its texts in the language `cut`."""
    found = dict(scalars(read(text, Faults("", ()))))
    gone = {path for path in found if cut and path[-1] == cut and (*path[:-1], OTHER[cut]) in found}
    return {path: said for path, said in found.items() if not any(path[:end] in gone for end in range(len(path) + 1))}
