"""What a measurement came to, and how it is shown."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Goal:
    """`limit` is the least (`at_least`) or the greatest value that is good enough."""

    limit: float
    at_least: bool = False

    def reached(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:,g}"


@dataclass(frozen=True)
class Figure:
    """One thing measured over several runs; the median of the runs is the figure."""

    subject: str
    what: str
    unit: str
    runs: tuple[float, ...]
    goal: Goal | None = None
    baseline: str = ""  # what `base` is
    base: float | None = None  # measured in the same run, in the same unit
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        return median(self.runs)

    @property
    def reached(self) -> bool | None:
        return self.goal.reached(self.value) if self.goal else None

    @property
    def ratio(self) -> float | None:
        return self.value / self.base if self.base else None

    def plain(self) -> dict[str, Any]:
        return {**asdict(self), "value": self.value, "reached": self.reached, "ratio": self.ratio}


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` 0 to 100."""
    return float(np.percentile(values, share, method="inverted_cdf"))


def machine() -> dict[str, Any]:
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return {
        "cpu": cpu.partition(": ")[2],
        "cores": os.cpu_count(),
        "used": sorted(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def memory(pid: int, measure: str = "Pss") -> float:
    """Memory of a process and its children in MB. Pss counts a page that they share once, Rss once for each."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith(f"{measure}:"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own * 1024 / 1e6 + sum(memory(int(child), measure) for child in children)


def show(figures: Sequence[Figure]) -> None:
    facts = machine()
    table = Table(title=f"{facts['cpu']}: {len(facts['used'])} of {facts['cores']} cores, load {facts['load']:.1f}")
    for name in ("subject", "what", "figure", "runs", "goal", "reached", "ratio", "of the baseline"):
        table.add_column(name, justify="right" if name in {"figure", "goal", "ratio"} else "left")
    for one in figures:
        reached = {None: "", True: "yes", False: f"NO: {one.value:,.4g} {one.unit}"}[one.reached]
        base = f"{one.baseline}: {one.base:,.4g} {one.unit}" if one.base is not None else ""
        span = f"{min(one.runs):,.4g} - {max(one.runs):,.4g}" if len(one.runs) > 1 else ""
        ratio = f"{one.ratio:.3g}" if one.ratio is not None else ""
        goal = str(one.goal) if one.goal else ""
        table.add_row(one.subject, one.what, f"{one.value:,.4g} {one.unit}", span, goal, reached, ratio, base)
    Console(width=200).print(table)
    for one in figures:
        if one.notes:
            print(f"{one.subject}, {one.what}: {json.dumps(one.notes, default=str)}")


def write(path: Path, figures: Sequence[Figure]) -> None:
    content = {"machine": machine(), "figures": [one.plain() for one in figures]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
