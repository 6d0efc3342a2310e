"""Whether a kind may be used: read, checked for form, and refused where SCOPE refuses it, with file and line."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import yaml

from .check_checklists import check_checklist_words, check_checklists
from .check_clocks import check_clocks
from .check_conditions import check_conditions
from .check_eyes import check_eyes
from .check_grade import check_grade, check_grade_words
from .check_links import check_links
from .check_names import check_names
from .check_parties import check_parties
from .check_place import check_place
from .check_reporter import check_reporter
from .check_rounds import check_rounds
from .check_scope import check_scope
from .check_shape import check_shape
from .check_words import check_asked, check_scripts, check_sealed, check_sensitive_types, check_words, check_written
from .faults import BadKind, Fault
from .model import Kind
from .parse import BOTH, Parsed, parse


def check(
    text: str,
    file: str,
    levels: Collection[str] | None = None,
    languages: Collection[str] = BOTH,
    departments: Collection[str] | None = None,
) -> tuple[Fault, ...]:
    """Everything that is wrong with the kind `text`, in the order of lines; nothing when it may be used.

    `languages`: the city's; in each of them every text must be there. `levels`: keys of the city's block levels, and
    `departments` of its departments, to check the routing by. The file's name is its kind's name. What was found of
    the last texts is remembered.
    """
    known = (None if one is None else tuple(one) for one in (levels, departments))
    return _check(text, file, *known, languages=tuple(languages))


Names = tuple[str, ...] | None


@lru_cache(maxsize=64)
def _check(text: str, file: str, levels: Names, departments: Names, *, languages: tuple[str, ...]) -> tuple[Fault, ...]:
    try:
        parsed = parse(text, file, languages)
    except BadKind as bad:
        return bad.faults
    _check_all(parsed, file, levels, departments)
    return tuple(sorted(set(parsed.faults.found)))


def accept(text: str, file: str, levels: Collection[str] | None = None) -> Kind:
    """The kind, if it may be used; BadKind names every fault."""
    faults = check(text, file, levels)
    if faults:
        raise BadKind(faults)
    kind = parse(text, file).kind
    assert kind is not None  # a kind that was not read has a fault
    return kind


def _check_all(parsed: Parsed, file: str, levels: Names, departments: Names) -> None:
    kind, root, faults = parsed.kind, parsed.root, parsed.faults
    if kind is not None:
        if file.rsplit("/", 1)[-1] not in (f"{kind.name}.yaml", f"{kind.name}.yml"):
            way_out = f"Call the file {kind.name}.yaml"
            faults.add(("kind",), "file-name", f"{file} declares {kind.name}", "One file, one kind", way_out)
        check_shape(kind, faults, levels, departments)
        check_eyes(kind, faults)
        check_conditions(kind, faults)
        check_grade(kind, faults)
        check_checklists(kind, faults)
        check_reporter(kind, faults)
        check_links(kind, faults)
        check_rounds(kind, faults)
        check_clocks(kind, faults)
        check_place(kind, faults)
        check_parties(kind, faults)
        check_scope(kind, faults)
    check_words(root, _subject(root), faults)
    check_sensitive_types(root, faults)
    check_grade_words(root, faults)
    check_checklist_words(root, faults)
    check_names(root, faults)
    check_sealed(root, faults)
    check_asked(root, faults)
    check_written(root, faults)
    check_scripts(root, faults)


def _subject(root: yaml.MappingNode) -> str:
    return next((str(value.value) for key, value in root.value if key.value == "subject"), "")
