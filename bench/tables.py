"""Two million calls of somebody's CSV into a city's folder by a map, as an operator does it: a process of its own."""

from __future__ import annotations

import csv
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from .figures import Figure, Goal

ROWS, RUNS = 2_000_000, 3
MAP = """table: calls
times: {zone: Asia/Shanghai}
columns:
  call: 编号
  received_at: 报警时间
  type: {column: 类型, words: types}
  priority: 级别
  address: 地址
  lon: 经度
  lat: 纬度
  text: 内容
  unit: {column: 单位, width: 4}
  dispatched_at: 派警时间
  on_scene_at: 到场时间
words:
  types: {盗窃: crime.theft, 入室盗窃: crime.burglary, 火警: fire.alarm, 急症: medical.emergency, 噪声: order.noise}
"""
HEADER = "编号,报警时间,类型,级别,地址,经度,纬度,内容,单位,派警时间,到场时间"
TYPES = ("盗窃", "入室盗窃", "火警", "急症", "噪声", "其他警情")


def measure(scratch: Path) -> Iterator[Figure]:
    file, plan = scratch / "calls.csv", scratch / "map.yaml"
    written(file)
    plan.write_text(MAP, encoding="utf-8")
    began = time.perf_counter()
    with file.open(encoding="utf-8", newline="") as opened:
        rows = sum(1 for _ in csv.reader(opened)) - 1
    base = rows / (time.perf_counter() - began)
    rates, peaks = [], []
    for _ in range(RUNS):
        city = scratch / "city"
        shutil.rmtree(city, ignore_errors=True)
        city.mkdir()
        began = time.perf_counter()
        peaks.append(_taken(file, plan, city))
        rates.append(rows / (time.perf_counter() - began))
    notes = {"peak MB": max(peaks) // 1024, "file MB": round(file.stat().st_size / 1e6)}
    what = f"{rows:,} calls with responses from CSV, order of day and month decided"
    yield Figure(
        "tables", what, "rows/s", tuple(rates), Goal(10_000, True), "csv.reader over the file alone", base, notes
    )


def _taken(file: Path, plan: Path, city: Path) -> int:
    """Run the command; the most memory that it held, in kilobytes."""
    line = [sys.executable, "-m", "blockwise.cli.main", "city", "table", str(file), "--map", str(plan)]
    with (city.parent / "told.txt").open("wb") as told:
        process = subprocess.Popen([*line, "--into", str(city)], stdout=told, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = (city.parent / "told.txt").read_text(encoding="utf-8")
    if process.returncode or f"{ROWS:,} written" not in said:
        raise RuntimeError(said)
    return usage.ru_maxrss


def written(path: Path, rows: int = ROWS) -> None:
    """Calls of three years, in order, times as 31/01/2024 23:59:59."""
    draw, at = random.Random(1), datetime(2024, 1, 1)  # noqa: DTZ001 - a wall clock
    with path.open("w", encoding="utf-8") as file:
        print(HEADER, file=file)
        for number in range(rows):
            at += timedelta(seconds=draw.randrange(90))
            sent, there = at + timedelta(seconds=90), at + timedelta(seconds=draw.randrange(200, 900))
            cells = (
                *(f"C{number}", f"{at:%d/%m/%Y %H:%M:%S}", draw.choice(TYPES), draw.randrange(1, 5)),
                *(f"环镇路{draw.randrange(999)}号", f"{113.8 + draw.random() / 10:.6f}"),
                *(f"{22.6 + draw.random() / 10:.6f}", f"内容 {number % 1000}", number % 300),
                *(f"{sent:%d/%m/%Y %H:%M:%S}", f"{there:%d/%m/%Y %H:%M:%S}"),
            )
            print(",".join(map(str, cells)), file=file)
