"""Whether the rounds of a kind are bounded: begun and ended by acts, so often at most, with promises of their own."""

from __future__ import annotations

from .check_shape import closure, moves_from
from .faults import Faults, Path
from .model import Clock, Kind, Round

WORD = "round"  # of a sentence


def check_rounds(kind: Kind, faults: Faults) -> None:
    for act in kind.acts:
        for key, name in (("begins", act.begins), ("ends", act.ends)):
            _check_known(kind, name, ("acts", act.name, key), faults)
        if act.begins and act.ends:
            why = "A round ends before another begins"
            faults.add(("acts", act.name, "ends"), "two-rounds", "both begins and ends", why, "Let two acts do it")
    for one in kind.rounds:
        _check_ends(kind, one, faults)
        _check_result(kind, one, faults)
    for clock in (clock for clock in kind.clocks if clock.round):
        if _check_known(kind, clock.round, ("clocks", clock.name, "round"), faults):
            _check_clock(kind, clock, faults)
    if kind.rounds and kind.field_named(WORD):
        why = "The number of the round stands under this name"
        faults.add(("fields", WORD), "reserved-name", f"{WORD} is taken", why, "Choose another name")


def _check_known(kind: Kind, name: str, path: Path, faults: Faults) -> bool:
    if not name or kind.round_named(name):
        return bool(name)
    known = ", ".join(one.name for one in kind.rounds) or "(none is declared)"
    faults.add(path, "unknown-round", f"there is no round {name}", "Nothing would happen", f"Write one of: {known}")
    return False


def _check_ends(kind: Kind, one: Round, faults: Faults) -> None:
    begins = [act for act in kind.acts if act.begins == one.name]
    ends = {stage for act in kind.acts if act.ends == one.name for stage in act.from_stages}
    moves = {stage.name: moves_from(kind, stage.name) for stage in kind.stages}
    for act in begins:
        landed = {act.to or act.advance or stage for stage in act.from_stages} & moves.keys()
        if not closure(moves, landed) & ends:
            why = "A round that never ends is a watch"
            here = ("acts", act.name, "begins")
            faults.add(here, "round-endless", f"no act ends {one.name} after it", why, "Let an act end it from there")
    if not begins or not ends:
        why = "A round has a beginning and an end, each an act"
        faults.add(("rounds", one.name), "round-endless", f"{one.name} never begins or ends", why, "Add the acts")


def _check_result(kind: Kind, one: Round, faults: Faults) -> None:
    field = kind.field_named(one.result)
    ending = [act for act in kind.acts if act.ends == one.name]
    if field is None or field.type != "choice" or any(field.name not in act.asks for act in ending):
        why = "A round comes to something, told by who ends it"
        way_out = "Name a choice field, and put it into asks of every act that ends the round"
        faults.add(("rounds", one.name, "result"), "round-result", f"{one.result} may not be given", why, way_out)


def _check_clock(kind: Kind, clock: Clock, faults: Faults) -> None:
    here = ("clocks", clock.name)
    begins = {act.name for act in kind.acts if act.begins == clock.round}
    ends = {act.name for act in kind.acts if act.ends == clock.round}
    if set(clock.starts) != begins or not ends <= set(clock.stops):
        why = "Each round has its own promise, from its beginning to its end at the latest"
        way_out = f"Write start: [{', '.join(sorted(begins))}], and {', '.join(sorted(ends))} into stop"
        faults.add((*here, "round"), "round-clock", f"{clock.name} is not of each round", why, way_out)
    if clock.due_field or clock.ring or clock.from_field or clock.only or clock.unless or len(clock.due) != 1:
        why = "Every round is promised the same"
        faults.add((*here, "due"), "round-clock", f"{clock.name} is not the same for each", why, "Write {days: 7}")
