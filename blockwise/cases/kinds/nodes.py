"""A kind's YAML as plain nodes with line numbers: no tags, no anchors, no duplicate keys, small and shallow.

Scalars stay as they are written: `no` is "no", `22:00` is "22:00".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import yaml

from .faults import Faults, Path

LARGEST = 256 * 1024  # bytes
DEEPEST = 12

Node = yaml.Node
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
WHY_SMALL = "A kind is a page or two; a larger file is a mistake or an attack"
WHY_PLAIN = "A kind is read from plain keys and values only"


class _TooDeep(Exception):  # noqa: N818  (never leaves this file)
    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class _Odd(Exception):  # noqa: N818  (never leaves this file)
    """An alias, an anchor or a tag."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


def read(text: str, faults: Faults) -> yaml.MappingNode:
    """The top mapping of `text`, with the line of every key noted in `faults.lines`; raises BadKind."""
    if len(text.encode("utf-8", "replace")) > LARGEST:
        faults.stop(1, "too-large", f"the file is larger than {LARGEST // 1024} kB", WHY_SMALL, "Make it smaller")
    _refuse_unprintable(text, faults)
    root = _compose(text, faults)
    if not isinstance(root, yaml.MappingNode):
        faults.stop(1, "syntax", "the file is not a mapping", WHY_PLAIN, "Start with 'kind: <name>'")
    if not _note_lines(root, (), faults):
        faults.stop(*_last(faults))
    return root


def _refuse_unprintable(text: str, faults: Faults) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") for c in line.rstrip("\r")):
            what = "a control, invisible or unassigned character"
            faults.stop(number, "syntax", what, "It could hide or forge words", "Remove it (indent with spaces)")


def _compose(text: str, faults: Faults) -> Node | None:
    try:
        _refuse_odd(text)
        return yaml.compose(text, Loader=LOADER)
    except _Odd as odd:
        faults.stop(odd.line, "alias-or-tag", "an anchor, alias or tag is used", WHY_PLAIN, "Write the value out")
    except _TooDeep as deep:
        faults.stop(deep.line, "too-deep", "the file is nested too deeply", WHY_SMALL, "Flatten it")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        faults.stop(line, "syntax", error.problem or "this is not YAML", WHY_PLAIN, "Correct the YAML")
    except yaml.YAMLError:
        faults.stop(1, "syntax", "this is not YAML", WHY_PLAIN, "Correct the YAML")


def _refuse_odd(text: str) -> None:
    """Look through the events before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise _Odd(line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _TooDeep(line)


def _last(faults: Faults) -> tuple[int, str, str, str, str]:
    fault = faults.found.pop()
    return fault.line, fault.code, fault.what, fault.why, fault.way_out


def _note_lines(node: Node, path: Path, faults: Faults) -> bool:
    """Note each key's line; False (with a fault) when keys repeat or are not plain."""
    faults.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return all(_note_lines(item, (*path, str(number)), faults) for number, item in enumerate(node.value))
    if not isinstance(node, yaml.MappingNode):
        return True
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        inner = (*path, name)
        if not isinstance(key, yaml.ScalarNode) or name == "<<":
            faults.lines[inner] = line
            faults.add(inner, "syntax", "a key is not a plain word", WHY_PLAIN, "Write 'key: value'")
            return False
        if inner in faults.lines:
            faults.lines[inner] = line
            why = "The second would silently replace the first"
            faults.add(inner, "duplicate-key", f"{name} is given twice", why, "Keep one of them")
            return False
        if not _note_lines(value, inner, faults):
            return False
        faults.lines[inner] = line
    return True


def scalars(node: Node, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every key and every single value below `node`, with its path (for the word checks)."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            yield inner, str(key.value)
            yield from scalars(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from scalars(item, (*path, str(number)))
    else:
        yield path, str(node.value)
