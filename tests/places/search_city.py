"""A city made by hand for the search: American streets with ranges in the west, Chinese ones with doors in the east.

Nodes are a grid of 16 x 8, 0.0025 degrees apart, over the block tree of the tiny city.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from blockwise.exchange.folder import CityFolder
from blockwise.exchange.folder.rows import AddressRow, LandmarkRow, Roads, StreetRangeRow

STEP = 0.0025
Node = tuple[float, float]


def at(x: float, y: float) -> Node:
    """Longitude and latitude of a node, or of a place between nodes."""
    return round(113.90125 + STEP * x, 7), round(22.55125 + STEP * y, 7)


def _row(y: int, first: int, last: int) -> list[tuple[int, int]]:
    return [(x, y) for x in range(first, last + 1)]


def _column(x: int) -> list[tuple[int, int]]:
    return [(x, y) for y in range(8)]


RANGED = [  # street, nodes, first hundred
    ("MISSION ST", _row(0, 0, 7), 100),
    ("HOWARD ST", _row(1, 0, 7), 100),
    ("IRVING ST", _row(2, 0, 7), 100),
    ("JUDAH ST", _row(3, 0, 7), 100),
    ("NORTH POINT ST", _row(4, 0, 7), 100),
    ("SAINT FRANCIS BLVD", _row(5, 0, 7), 100),
    ("MCALLISTER ST", _row(6, 0, 7), 100),
    ("OFARRELL ST", _row(7, 0, 7), 100),
    ("03RD ST", _column(0), 100),
    ("03RD AVE", _column(1), 100),
    ("20TH AVE", _column(2), 1300),
    ("20TH ST", _column(3), 100),
    ("VAN NESS AVE", _column(4), 900),
    ("SOUTH VAN NESS AVE", _column(5), 900),
    ("21ST AVE", _column(6), 1300),
    ("SAINT CHARLES AVE", _column(7), 100),
    ("PARK ST", [(0, 0), (1, 1), (2, 2)], 100),
    ("PARK AVE", [(5, 5), (6, 6), (7, 7)], 100),
    ("AVENUE B", [(0, 7), (1, 6), (2, 5)], 100),
    ("DR MARTIN LUTHER KING JR BLVD", [(3, 3), (4, 4)], 100),
    ("JUNIPERO SERRA BLVD", [(6, 0), (7, 1)], 0),
    ("MISSION BAY BLVD SOUTH", [(4, 0), (5, 1)], 400),
    ("MISSION BAY BLVD NORTH", [(5, 0), (6, 1)], 400),
    ("BROADWAY", [(0, 4), (1, 5), (2, 6)], 0),
    ("CESAR CHAVEZ ST", [(0, 6), (1, 7)], 3000),
    ("MOUNT VERNON AVE", [(2, 7), (3, 6)], 100),
]
DOORED = [  # street, in English, nodes
    ("宝安大道", "Bao'an Avenue", _row(0, 8, 15)),
    ("新安一路", "Xin'an 1st Road", _row(1, 8, 15)),
    ("新安二路", "Xin'an 2nd Road", _row(2, 8, 15)),
    ("中山北路", "Zhongshan North Road", _row(3, 8, 15)),
    ("中山南路", "Zhongshan South Road", _row(4, 8, 15)),
    ("中山路", "Zhongshan Road", _row(5, 8, 15)),
    ("人民东路", "Renmin East Road", _row(6, 8, 15)),
    ("人民西路", "Renmin West Road", _row(7, 8, 15)),
    ("前进路", "Qianjin Road", _column(8)),
    ("建设路", "Jianshe Road", _column(9)),
    ("解放路", "Jiefang Road", _column(10)),
    ("和平路", "Heping Road", _column(11)),
    ("学府路", "Xuefu Road", _column(12)),
    ("碧海路", "Bihai Road", _column(13)),
    ("龙井三巷", "Longjing 3rd Lane", _column(14)),
    ("百花路", "Baihua Road", _column(15)),
]
DOORS, GAP = 40, 13  # the numbers of every Chinese street, and the one that is not there
OTHERS = [  # street, number, text, in English, where
    ("宝安大道", "8A", "宝安大道8A号", "8A Bao'an Avenue", (9.5, 0.05)),
    ("新安一路", "12之3", "新安一路12号之3", "12-3 Xin'an 1st Road", (10.1, 1.05)),
    ("新安一路", "20附1", "新安一路20号附1号", "20-1 (annexe) Xin'an 1st Road", (11.6, 1.05)),
    ("前进路", "甲6", "前进路甲6号", "6 Jia Qianjin Road", (8.05, 1.3)),
    ("建设路", "9甲", "建设路9号甲", "9 Jia Jianshe Road", (9.05, 1.7)),
    ("中山路123弄", "1", "中山路123弄1号", "1, Lane 123 Zhongshan Road", (12.2, 5.2)),
    ("中山路123弄", "45", "中山路123弄45号", "45, Lane 123 Zhongshan Road", (12.3, 5.4)),
    ("解放路", "66弄7", "解放路66弄7号", "7, Lane 66 Jiefang Road", (10.3, 6.5)),
    ("和平路", "15号2幢", "和平路15号2幢", "Building 2, 15 Heping Road", (11.2, 2.7)),
    ("宝安大道", "50", "宝安大道50号 海港城", "Harbour City, 50 Bao'an Avenue", (14.5, 0.1)),
    ("学府路", "51", "学府路51号 阳光花园", "Sunshine Garden, 51 Xuefu Road", (12.1, 6.9)),
]
LANDMARKS = [  # code, kind, name, in English, road, number, where
    ("L01", "hospital", "小城中心医院", "Tiny City Central Hospital", "", "", (9.4, 1.4)),
    ("L02", "market", "碧海市场", "Bihai Market", "", "", (13.3, 2.4)),
    ("L03", "market", "前进市场", "Qianjin Market", "", "", (8.4, 5.4)),
    ("L04", "school", "第一中学", "No. 1 Middle School", "", "", (12.3, 3.5)),
    ("L05", "park", "碧海公园", "Bihai Park", "", "", (13.5, 6.5)),
    ("L06", "metro", "西乡站", "Xixiang Station", "", "", (10.5, 0.5)),
    ("L07", "bus_stop", "新安公园", "Xin'an Park", "", "", (9.5, 2.5)),
    ("L08", "exit", "机荷高速12号出口", "Jihe Expressway Exit 12", "机荷高速/Jihe Expressway/S28", "12", (8.5, 7.3)),
    ("L09", "exit", "机荷高速13号出口", "Jihe Expressway Exit 13", "机荷高速/Jihe Expressway/S28", "13", (11.5, 7.3)),
    ("L10", "km_stone", "机荷高速K12", "Jihe Expressway km 12", "机荷高速/Jihe Expressway/S28", "12", (9.0, 7.4)),
    ("L11", "km_stone", "机荷高速K13", "Jihe Expressway km 13", "机荷高速/Jihe Expressway/S28", "13", (12.0, 7.4)),
    ("L12", "market", "Central Market", "Central Market", "", "", (2.5, 0.5)),
    ("L13", "school", "Lincoln High School", "Lincoln High School", "", "", (3.4, 4.6)),
    ("L14", "station", "Civic Center Station", "Civic Center Station", "", "", (4.4, 3.4)),
    ("L15", "exit", "US-101 Exit 433B", "US-101 Exit 433B", "US-101/HIGHWAY 101/101", "433B", (6.5, 4.5)),
    ("L16", "mile_stone", "US-101 Mile 24", "US-101 Mile 24", "US-101/HIGHWAY 101/101", "24", (6.5, 5.5)),
    ("L17", "hospital", "General Hospital", "General Hospital", "", "", (1.5, 2.5)),
]


def made_city(tiny: CityFolder) -> CityFolder:
    """The tiny city's folder with these streets, doors and landmarks."""
    edges = [(name, name, a, b) for name, nodes, _base in RANGED for a, b in itertools.pairwise(nodes)]
    ranged = len(edges)
    edges += [(name, en, a, b) for name, en, nodes in DOORED for a, b in itertools.pairwise(nodes)]
    return replace(
        tiny,
        roads=_roads(edges, tiny.city.period_keys),
        street_ranges=tuple(
            _range(k, edge, base) for k, (edge, base) in enumerate(zip(edges[:ranged], _bases(), strict=True))
        ),
        addresses=tuple(_doors()),
        landmarks=tuple(
            LandmarkRow(code, kind, name, en, road, number, *at(*spot))
            for code, kind, name, en, road, number, spot in LANDMARKS
        ),
    )


def _bases() -> list[int]:
    return [base + 100 * k for _name, nodes, base in RANGED for k in range(len(nodes) - 1)]


def _number(node: tuple[int, int]) -> int:
    return 100 * node[0] + node[1] + 1


def _roads(edges: list[tuple[str, str, tuple[int, int], tuple[int, int]]], periods: tuple[str, ...]) -> Roads:
    size = len(edges)
    start = np.array([at(*edge[2]) for edge in edges])
    stop = np.array([at(*edge[3]) for edge in edges])
    return Roads(
        edge=np.arange(size),
        from_node=np.array([_number(edge[2]) for edge in edges]),
        to_node=np.array([_number(edge[3]) for edge in edges]),
        from_lon=start[:, 0],
        from_lat=start[:, 1],
        to_lon=stop[:, 0],
        to_lat=stop[:, 1],
        length_m=np.full(size, 400.0),
        oneway=np.zeros(size, bool),
        name=tuple(edge[0] for edge in edges),
        name_en=tuple(edge[1] for edge in edges),
        road_class=("street",) * size,
        speed_kmh={key: np.full(size, 30.0) for key in periods},
    )


def _range(k: int, edge: tuple[str, str, tuple[int, int], tuple[int, int]], base: int) -> StreetRangeRow:
    name, _en, a, b = edge
    numbers = (base + 1, base + 99, base or 2, base + 98)
    return StreetRangeRow(k, name, *numbers, _number(a), _number(b), *at(*a), *at(*b))


def _doors() -> list[AddressRow]:
    found = []
    for s, (name, en, nodes) in enumerate(DOORED):
        (x, y), (far_x, far_y) = nodes[0], nodes[-1]
        for number in range(1, DOORS + 1):
            if number == GAP:
                continue
            share, off = number / (DOORS + 1), 0.04 if number % 2 else -0.04
            where = at(x + share * (far_x - x) + off * (x == far_x), y + share * (far_y - y) + off * (y == far_y))
            use = "premises" if number % 5 == 0 else "dwelling"
            code = f"E{s:02d}{number:03d}"
            found.append(AddressRow(code, name, str(number), f"{name}{number}号", f"{number} {en}", *where, use))
    for k, (street, number, text, en, spot) in enumerate(OTHERS):
        found.append(AddressRow(f"F{k:03d}", street, number, text, en, *at(*spot), "premises"))
    return found
