"""What people call about: how often, when, where, how urgently, and in what words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HOURS = {  # relative rate at each hour of the day, local time
    "day": [2, 1, 1, 1, 1, 2, 5, 9, 13, 15, 15, 14, 12, 13, 14, 14, 14, 13, 12, 10, 8, 6, 4, 3],
    "evening": [7, 5, 3, 2, 1, 1, 2, 4, 5, 6, 6, 7, 8, 7, 7, 8, 9, 11, 13, 15, 16, 16, 14, 11],
    "night": [14, 11, 8, 5, 3, 2, 2, 3, 3, 3, 3, 4, 5, 4, 4, 4, 5, 6, 8, 11, 14, 18, 20, 18],
    "traffic": [2, 1, 1, 1, 1, 3, 8, 17, 18, 12, 10, 10, 10, 10, 10, 11, 13, 18, 18, 12, 9, 7, 5, 3],
    "flat": [5, 4, 4, 4, 4, 5, 7, 9, 10, 10, 10, 10, 10, 9, 9, 9, 10, 11, 11, 10, 10, 9, 8, 7],
}
WEEKS = {  # Monday to Sunday
    "even": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    "work": [1.18, 1.1, 1.08, 1.08, 1.14, 0.78, 0.64],
    "leisure": [0.8, 0.8, 0.84, 0.9, 1.22, 1.36, 1.08],
}
PEAK_DAY = {"even": None, "summer": 205, "winter": 15, "spring": 90}  # day of the year of the highest rate
SWING = 0.3  # of the yearly rhythm


@dataclass(frozen=True)
class CallType:
    """One leaf of the call tree.

    share: of all calls, relative. places: relative rate per resident-equivalent in residential, commercial,
    industrial, park, water, rural cells. urgency: chances of priority 1 to 4. spots: chances of dwelling,
    premises, street, crossing, open. repeats: mean number of further calls about the same incident.
    """

    code: str
    share: float
    hours: str
    week: str
    year: str
    places: tuple[float, ...]
    urgency: tuple[float, ...]
    spots: tuple[float, ...]
    repeats: float
    channels: str
    texts: tuple[str, ...]
    text_en: str
    injured: float = 0.0
    trapped: float = 0.0
    weapon: float = 0.0
    hazmat: float = 0.0


CHANNELS = ("phone", "app", "web", "officer", "alarm", "sensor")
CHANNEL_MIX = {
    "public": (0.86, 0.09, 0.02, 0.03, 0.0, 0.0),
    "slow": (0.62, 0.24, 0.12, 0.02, 0.0, 0.0),
    "alarm": (0.18, 0.01, 0.0, 0.01, 0.72, 0.08),
    "sensor": (0.68, 0.04, 0.0, 0.03, 0.1, 0.15),
    "street": (0.78, 0.08, 0.01, 0.13, 0.0, 0.0),
}
ANY = (1.0, 1.3, 0.5, 6.0, 3.0, 0.6)
HOME = (1.2, 0.5, 0.1, 0.2, 0.1, 0.9)
SHOP = (0.5, 3.0, 0.8, 4.0, 0.5, 0.3)
ROAD = (0.8, 1.6, 1.6, 2.0, 2.0, 1.4)
WILD = (0.4, 0.4, 1.2, 25.0, 20.0, 3.5)
WATERS = (0.0, 0.0, 0.0, 4.0, 400.0, 0.3)
WORKS = (0.5, 0.8, 6.0, 0.5, 0.5, 0.8)
INDOORS, AT_HOME = (0.5, 0.35, 0.12, 0.0, 0.03), (0.93, 0.04, 0.02, 0.0, 0.01)
AT_SHOP = (0.05, 0.8, 0.12, 0.0, 0.03)
OUTDOORS, ON_ROAD, IN_OPEN = (0.05, 0.2, 0.6, 0.08, 0.07), (0.0, 0.03, 0.52, 0.45, 0.0), (0.0, 0.08, 0.12, 0.0, 0.8)
NOW, SOON = (0.7, 0.25, 0.05, 0.0), (0.12, 0.55, 0.28, 0.05)
LATER, CALM = (0.0, 0.15, 0.6, 0.25), (0.0, 0.02, 0.3, 0.68)
T = CallType

CALL_TYPES: tuple[CallType, ...] = (
    T("crime.theft", 7.5, "day", "leisure", "even", SHOP, LATER, (0.25, 0.45, 0.22, 0.03, 0.05), 0.03, "public",
      ("电动车在{place}被偷", "{place}，包里手机不见了", "在{place}抓到一个小偷"), "My bicycle was stolen at {place}"),
    T("crime.burglary", 1.4, "flat", "even", "winter", HOME, (0.1, 0.5, 0.4, 0.0), (0.8, 0.18, 0.02, 0.0, 0.0), 0.05,
      "alarm", ("{place}，家里门被撬了", "{place}家中被盗"), "Somebody broke in at {place}"),
    T("crime.robbery", 0.15, "night", "even", "even", SHOP, NOW, OUTDOORS, 0.25, "public",
      ("{place}有人抢东西", "刚才在{place}被抢"), "I was robbed at {place}", injured=0.2, weapon=0.2),
    T("crime.fraud", 6.5, "day", "work", "even", HOME, LATER, (0.8, 0.15, 0.05, 0.0, 0.0), 0.0, "slow",
      ("接到假客服电话，被转走了钱", "网上刷单被骗，现在{place}"), "I was cheated online, I am at {place}"),
    T("order.fight", 4.5, "night", "leisure", "summer", SHOP, SOON, OUTDOORS, 0.4, "public",
      ("{place}有人打架", "{place}几个人打起来了", "{place}喝多了在打人"), "People are fighting at {place}",
      injured=0.25, weapon=0.06),
    T("order.noise", 9.0, "night", "leisure", "summer", HOME, CALM, (0.5, 0.35, 0.1, 0.0, 0.05), 0.3, "public",
      ("{place}音响太吵", "{place}半夜还在装修", "{place}广场舞声音太大"), "Very loud music at {place}"),
    T("order.trespass", 1.5, "night", "even", "even", WORKS, LATER, AT_SHOP, 0.03, "alarm",
      ("{place}有人翻墙进来", "{place}仓库里有人"), "Someone climbed the wall at {place}"),
    T("traffic.collision_injury", 3.2, "traffic", "work", "even", ROAD, (0.55, 0.4, 0.05, 0.0), ON_ROAD, 0.9, "street",
      ("{place}车祸，有人受伤", "{place}电动车和汽车撞了，人躺着"), "Crash with injured at {place}",
      injured=1.0, trapped=0.05),
    T("traffic.collision_damage", 11.0, "traffic", "work", "winter", ROAD, CALM, ON_ROAD, 0.2, "street",
      ("{place}两车追尾", "{place}剐蹭，人没事", "{place}车子碰了，要出警"), "Two cars touched at {place}"),
    T("traffic.obstruction", 4.5, "traffic", "work", "even", ROAD, CALM, ON_ROAD, 0.3, "street",
      ("{place}有车堵住路口", "{place}红绿灯坏了", "{place}有掉落物"), "The road is blocked at {place}"),
    T("fire.building", 0.35, "evening", "even", "winter", ANY, NOW, INDOORS, 1.6, "sensor",
      ("{place}着火了", "{place}窗户冒黑烟", "{place}厨房起火"), "Fire at {place}",
      injured=0.1, trapped=0.15, hazmat=0.03),
    T("fire.vehicle", 0.2, "traffic", "even", "summer", ROAD, NOW, OUTDOORS, 1.0, "public",
      ("{place}一辆车着火", "{place}电动车冒烟"), "A car is burning at {place}", injured=0.05),
    T("fire.alarm", 2.2, "flat", "even", "even", SHOP, SOON, AT_SHOP, 0.05, "alarm",
      ("{place}火警报警器动作", "{place}烟感报警"), "Fire alarm at {place}"),
    T("fire.outside", 0.6, "day", "even", "spring", WILD, SOON, IN_OPEN, 0.6, "public",
      ("{place}草地着火", "{place}垃圾堆在烧"), "Grass fire at {place}"),
    T("medical.emergency", 8.5, "flat", "even", "winter", HOME, NOW, (0.75, 0.15, 0.07, 0.0, 0.03), 0.05, "public",
      ("{place}老人胸口痛", "{place}有人昏倒", "{place}喘不上气"), "Person unconscious at {place}", injured=0.3),
    T("medical.fall", 3.6, "day", "even", "winter", HOME, SOON, (0.65, 0.15, 0.15, 0.0, 0.05), 0.04, "public",
      ("{place}老人摔倒起不来", "{place}有人从楼梯摔下"), "An old man fell at {place}", injured=1.0),
    T("rescue.trapped", 1.2, "day", "work", "even", ANY, SOON, INDOORS, 0.2, "public",
      ("{place}电梯困人", "{place}小孩被反锁在车里"), "People stuck in the lift at {place}", trapped=1.0),
    T("rescue.water", 0.08, "evening", "leisure", "summer", WATERS, (1.0, 0.0, 0.0, 0.0), IN_OPEN, 0.8, "public",
      ("{place}有人落水", "{place}河里有人喊救命"), "Somebody is in the water at {place}", trapped=0.3),
    T("hazard.gas", 0.6, "evening", "even", "winter", HOME, NOW, INDOORS, 0.3, "sensor",
      ("{place}闻到煤气味", "{place}燃气泄漏"), "Smell of gas at {place}", hazmat=1.0),
    T("hazard.chemical", 0.06, "day", "work", "even", WORKS, NOW, AT_SHOP, 0.5, "sensor",
      ("{place}有刺鼻气味", "{place}罐车泄漏"), "Chemical smell at {place}", injured=0.1, hazmat=1.0),
    T("help.welfare_check", 2.2, "day", "even", "winter", HOME, LATER, AT_HOME, 0.02, "slow",
      ("{place}邻居几天没出门", "联系不上{place}的家人"), "Nobody has seen my neighbour at {place}"),
    T("help.lost_person", 2.4, "day", "leisure", "even", ANY, SOON, OUTDOORS, 0.1, "public",
      ("{place}小孩走丢了", "{place}老人走失"), "A child is lost at {place}"),
    T("help.locked_out", 3.0, "evening", "even", "even", HOME, CALM, AT_HOME, 0.0, "slow",
      ("{place}钥匙锁在家里", "{place}进不了门"), "I am locked out at {place}"),
    T("dispute.neighbour", 5.0, "evening", "even", "summer", HOME, CALM, AT_HOME, 0.08, "slow",
      ("{place}楼上漏水吵起来", "{place}邻里为停车争吵"), "Quarrel between neighbours at {place}"),
    T("dispute.commercial", 6.0, "day", "leisure", "even", SHOP, CALM, AT_SHOP, 0.05, "slow",
      ("{place}买东西不给退", "{place}饭店结账纠纷"), "The shop at {place} refuses a refund"),
    T("family.violence", 2.2, "night", "leisure", "even", HOME, SOON, AT_HOME, 0.1, "public",
      ("{place}家里在打人", "{place}夫妻打架"), "Violence in the family at {place}", injured=0.3, weapon=0.04),
    T("self_harm", 0.25, "night", "even", "even", HOME, (1.0, 0.0, 0.0, 0.0), INDOORS, 0.3, "public",
      ("{place}有人要轻生", "{place}有人站在楼顶"), "Somebody wants to hurt themselves at {place}", injured=0.2),
    T("public.crowd_crush", 0.01, "evening", "leisure", "even", SHOP, NOW, IN_OPEN, 1.5, "public",
      ("{place}人太多挤倒了",), "People are being crushed at {place}", injured=0.6, trapped=0.3),
    T("non_police.service", 12.0, "day", "work", "summer", ANY, CALM, INDOORS, 0.05, "slow",
      ("{place}停水了", "{place}路灯不亮", "{place}井盖坏了", "{place}垃圾没人收"), "No water at {place}"),
    T("other", 6.0, "flat", "even", "even", ANY, CALM, OUTDOORS, 0.02, "public",
      ("咨询{place}附近派出所电话", "{place}有情况，请来看看"), "Please come to {place}"),
)  # fmt: skip

KIN = {  # what a further caller may take the same incident for
    "fire.building": "fire.alarm", "fire.vehicle": "fire.building", "fire.outside": "fire.building",
    "traffic.collision_injury": "traffic.collision_damage", "traffic.collision_damage": "traffic.obstruction",
    "order.fight": "order.noise", "hazard.chemical": "hazard.gas", "public.crowd_crush": "order.fight",
    "rescue.water": "help.lost_person", "crime.robbery": "order.fight",
}  # fmt: skip


def hourly(kind: CallType) -> np.ndarray:
    """Share of a day's calls in each hour (24,), local time."""
    rates = np.array(HOURS[kind.hours], float)
    return np.asarray(rates / rates.sum())


def daily(kind: CallType, weekday: int, day_of_year: int) -> float:
    """Rate of a day against the mean day: weekly (0 is Monday) times yearly rhythm."""
    week = np.array(WEEKS[kind.week])
    peak = PEAK_DAY[kind.year]
    year = 1.0 if peak is None else 1 + SWING * np.cos(2 * np.pi * (day_of_year - peak) / 365.25)
    return float(week[weekday] / week.mean() * year)
