"""San Francisco's call types as this city's own list of the kind `call`."""

import re
from importlib.resources import files
from typing import Final

# The data's own words: code in the tree, Chinese words, priority when none is given, what it needs.
# Which word of the data is which code says maps/calls.yaml.
TYPES: Final[dict[str, tuple[str, str, int, dict[str, int]]]] = {
    "Medical Incident": ("medical.incident", "医疗急救", 2, {"medical": 1}),
    "Structure Fire": ("fire.structure", "建筑火灾", 1, {"fire": 3, "ladder": 2, "command": 1}),
    "Outside Fire": ("fire.outside", "室外火灾", 2, {"fire": 1}),
    "Vehicle Fire": ("fire.vehicle", "车辆火灾", 1, {"fire": 1}),
    "Smoke Investigation (Outside)": ("fire.smoke", "室外烟雾查看", 2, {"fire": 1}),
    "Alarms": ("alarm.fire", "火警器报警", 2, {"fire": 1, "ladder": 1}),
    "Traffic Collision": ("traffic.collision", "交通事故", 1, {"fire": 1, "medical": 1}),
    "Water Rescue": ("rescue.water", "水域救援", 1, {"rescue": 1, "medical": 1}),
    "Elevator / Escalator Rescue": ("rescue.lift", "电梯困人", 2, {"ladder": 1}),
    "Confined Space / Structure Collapse": ("rescue.collapse", "坍塌与受限空间", 1, {"rescue": 1, "fire": 1}),
    "Gas Leak (Natural and LP Gases)": ("hazard.gas", "燃气泄漏", 1, {"fire": 1}),
    "Electrical Hazard": ("hazard.electrical", "电气险情", 2, {"fire": 1}),
    "Odor (Strange / Unknown)": ("hazard.odor", "异味", 2, {"fire": 1}),
    "Fuel Spill": ("hazard.fuel", "燃油泄漏", 2, {"fire": 1}),
    "HazMat": ("hazard.chemical", "危险化学品", 1, {"fire": 1}),
    "Industrial Accidents": ("hazard.industrial", "工业事故", 1, {"rescue": 1, "medical": 1}),
    "Citizen Assist / Service Call": ("service.assist", "居民求助", 3, {"fire": 1}),
    "Other": ("other.other", "其他", 3, {"fire": 1}),
}
GROUPS: Final = {
    "medical": ("医疗", "Medical"),
    "fire": ("火灾", "Fire"),
    "alarm": ("报警装置", "Alarm"),
    "traffic": ("交通", "Traffic"),
    "rescue": ("救援", "Rescue"),
    "hazard": ("险情", "Hazard"),
    "service": ("服务", "Service"),
    "other": ("其他", "Other"),
}
ALIKE: Final = (
    ("fire", "alarm", "hazard", "traffic", "rescue", "medical", "other"),
    ("service", "medical", "other"),
)  # branches of which calls close by may tell of one thing
KEPT: Final = ("unclear", "non_police")  # branches of the built-in types that clocks name
_ALIKE: Final = re.compile(r"(?<=^  alike:\n)(?:    - .*\n)+", re.MULTILINE)


def call_kind() -> str:
    """The built-in kind `call` with this city's types, and branches that are alike, in place of its own; YAML."""
    builtin = files("blockwise.cases.kinds").joinpath("builtin", "call.yaml").read_text(encoding="utf-8")
    before, types = builtin.split("\ntypes:\n", 1)
    alike = "".join(f"    - [{', '.join(branches)}]\n" for branches in ALIKE)
    after = _ALIKE.sub(alike, types[types.index("\n\n") :])
    kept = "".join(_branch(types, name) for name in KEPT)
    return f"{before}\ntypes:\n{kept}{_types()}{after}"


def _branch(types: str, name: str) -> str:
    found = re.search(rf"^  {name}:\n(?:    .*\n)+", types, re.MULTILINE)
    assert found, f"the built-in kind has no types {name}"
    return re.sub(r", needs: \{[^}]*\}", "", found.group())  # by this city's units: none of theirs


def _types() -> str:
    lines: list[str] = []
    for group, (zh, en) in GROUPS.items():
        lines += [f"  {group}:", f"    zh: {zh}", f"    en: {en}", "    types:"]
        for name, (code, words, priority, needs) in TYPES.items():
            if code.split(".")[0] == group:
                wanted = ", ".join(f"{capability}: {count}" for capability, count in needs.items())
                leaf = code.split(".")[1]
                lines.append(f'      {leaf}: {{zh: {words}, en: "{name}", priority: {priority}, needs: {{{wanted}}}}}')
    return "\n".join(lines)
