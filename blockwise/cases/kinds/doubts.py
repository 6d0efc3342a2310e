"""What the checker doubts aloud: where a kind speaks of people, and how it is built. Shown to whoever signs it and on
the public page; a list of words never closes it, so it only asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import yaml

from blockwise.rooms import GRANTED, Role

from .check_names import sounds_like_a_name
from .check_scope import starts_again
from .check_words import plain_chinese, plain_english
from .doubt_words import GROUPS, Group
from .faults import BadKind, Path
from .model import Kind, Words
from .nodes import scalars
from .parse import parse

STAFF = frozenset(GRANTED) - {Role.CALL_TAKER, Role.CLERK, Role.MEDIATOR}  # these take in what others say
LOOKED_AT = frozenset(
    {
        "noun",
        "title",
        "types",
        "channels",
        "outcomes",
        "fields",
        "stages",
        "acts",
        "clocks",
        "rounds",
        "satisfaction",
        "open",
        "grade",
        "parties",
        "checklists",
    }
)
NAMED = frozenset({"types", "channels", "outcomes", "fields", "parties", "checklists"})
ROUND = Words("这一时限可以反复开始，旁边又有密封的个人内容", "This clock can start again beside what is personal")
UNASKED = Words(
    "只由工作人员就自己所见而开，随意写下，没有报告或求助的人",
    "Staff open it on their own and write freely: nobody reported it or asked for help",
)
LINKED = Words(
    "由人按编号把事件连在一起：连的应是同一件事，而不是同一个人",
    "Cases are put together by number: what joins them should be one matter, never one person",
)
UNDERTAKEN = Words(
    "这是相对人自己的承诺：请看是否出于自愿、依据是什么",
    "It is a promise of people in the matter: look whether they made it freely, and on what ground",
)
NAMELIKE = Words("像是人名，也可能是地名", "It may be somebody's name, or a place's")


@dataclass(frozen=True)
class Doubt:
    """One mark. `where`: the keys from the top of the file, with dots; `word`: what was found there, or nothing."""

    line: int
    where: str
    code: str
    word: str
    reason: Words

    @property
    def key(self) -> tuple[int, str, str]:
        return self.line, self.where, self.code


def doubts(text: str, file: str = "kind.yaml") -> tuple[Doubt, ...]:
    """Every doubt, in the order of lines; nothing of a text that cannot be read, which is refused anyway.

    What was found of the last texts is remembered: a page asks for it at every visit.
    """
    return _doubts(text, file)


@lru_cache(maxsize=64)
def _doubts(text: str, file: str) -> tuple[Doubt, ...]:
    try:
        parsed = parse(text, file, ())
    except BadKind:
        return ()
    found: dict[tuple[str, str], Doubt] = {}
    for path, code, word, reason in [*_spoken(parsed.root), *(_built(parsed.kind) if parsed.kind else ())]:
        where = ".".join(path)
        found.setdefault((where, code), Doubt(parsed.faults.line(path), where, code, word, reason))
    return tuple(sorted(found.values(), key=lambda one: one.key))


_Found = tuple[Path, str, str, Words]


def _spoken(root: yaml.MappingNode) -> Iterator[_Found]:
    texts = {path: text for path, text in scalars(root) if path[0] in LOOKED_AT and path[-1] in ("zh", "en")}
    for path, text in texts.items():
        said_by_noun = path[0] == "title" and text == texts.get(("noun", path[-1]))
        if text not in ("zh", "en") and not said_by_noun:
            yield from _in_text(path, text)
    for path, zh in texts.items():
        en = texts.get((*path[:-1], "en"), "")
        if path[-1] == "zh" and path[0] in NAMED and sounds_like_a_name(zh, en):
            yield path[:-1], "name-like", zh, NAMELIKE


def _in_text(path: Path, text: str) -> Iterator[_Found]:
    entry = path[:-1]
    for group in GROUPS:
        found = group.chinese.search(plain_chinese(text)) if path[-1] == "zh" else _english(group, text)
        if found:
            yield entry, group.code, found.group().strip(), group.reason


def _english(group: Group, text: str) -> re.Match[str] | None:
    return group.english.search(plain_english(text))


def _built(kind: Kind) -> Iterator[_Found]:
    written = [field for field in kind.fields if field.personal]
    for clock in kind.clocks if written or kind.parties else ():
        if starts_again(kind, clock):
            yield ("clocks", clock.name), "comes-round", "", ROUND
    for act in kind.acts:
        if act.links:
            yield ("acts", act.name), "linked-by-hand", "", LINKED
    for clock in kind.clocks:
        if kind.party_role(clock.of):
            yield ("clocks", clock.name), "undertaken", "", UNDERTAKEN
    asked = any(field.type in ("contact", "position") for field in kind.fields)
    if any(field.opening for field in written) and not asked and set(kind.open_roles) <= STAFF:
        yield ("open", "roles"), "unasked", "", UNASKED
