"""YAML with line numbers: values are taken from nodes, so that every complaint can name its line.

Scalars are read as they are written: `22:00` stays `22:00` (YAML 1.1 would make it 1320) and `no` stays `no`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.text import unclean


class _AliasUsed(Exception):  # noqa: N818 - never leaves this file
    """Aliases could blow a small file up to a huge tree."""

    def __init__(self, line: int | None) -> None:
        super().__init__()
        self.line = line


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it untyped
        if isinstance(event, yaml.AliasEvent):
            raise _AliasUsed(event.start_mark.line + 1 if event.start_mark else None)
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Item:
    """A node of the file `file`, called `key` in messages; its readers note what is wrong and return None."""

    file: str
    key: str
    node: yaml.Node
    problems: Problems

    @property
    def line(self) -> int:
        return self.node.start_mark.line + 1

    def wrong(self, what: str, fix: str) -> None:
        self.problems.error(self.file, self.line, what, fix)

    def text(self) -> str | None:
        """A non-empty scalar as written."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag.endswith(":null"):
            self.wrong(f"{self.key} is not a single value", f"Write one value for {self.key}")
            return None
        value = str(self.node.value)
        if bad := unclean(value):
            self.wrong(f"{self.key} holds {bad}", "Remove the character")
            return None
        if not value.strip() or len(value) > 200:
            what = f"{self.key} is empty or longer than 200 characters"
            self.wrong(what, f"Write one value for {self.key}")
            return None
        return value.strip()

    def boolean(self) -> bool | None:
        value = self.text()
        if value is None or value in ("true", "false"):
            return None if value is None else value == "true"
        self.wrong(f"{self.key} is {value!r}", f"Write true or false for {self.key}")
        return None

    def items(self) -> list["Item"] | None:
        """The entries of a non-empty list."""
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            self.wrong(f"{self.key} is not a list", f"Write {self.key} as a list with at least one entry")
            return None
        return [
            Item(self.file, f"{self.key}[{number}]", node, self.problems)
            for number, node in enumerate(self.node.value, 1)
        ]

    def mapping(self) -> dict[str, "Item"] | None:
        """The entries of a mapping with distinct, plain keys."""
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong(f"{self.key} is not a mapping", f"Write {self.key} as 'key: value' lines")
            return None
        entries: dict[str, Item] = {}
        for name, entry in self._pairs():
            if name in entries:
                entry.wrong(f"{name} is given twice", "Keep one of them")
                return None
            entries[name] = entry
        return entries

    def _pairs(self) -> Iterator[tuple[str, "Item"]]:
        for key, value in self.node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            yield name, Item(self.file, name, value, self.problems)


def parse_yaml(file: str, text: str, problems: Problems) -> Item | None:
    """The root of the document; None when it is not one (the problem is noted)."""
    try:
        root = _Loader(text).get_single_node()
    except _AliasUsed as error:
        problems.error(file, error.line, "an alias (*name) is used", "Write the value out")
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        what = error.problem or "the text is not YAML"
        problems.error(file, mark.line + 1 if mark else None, what, "Correct the YAML")
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problems.error(file, line, "a character that YAML does not allow", "Remove the character")
        return None
    except RecursionError:
        problems.error(file, None, "the file is nested too deeply", "Correct the YAML")
        return None
    if root is None:
        problems.error(file, None, "the file is empty", "Write the city's keys into it")
        return None
    return Item(file, "the file", root, problems)
