"""The fixed text files of a generated city: city.yaml, statuses.csv and calendar.csv."""

from __future__ import annotations

from blockwise.exchange.newcity.plan import CODE

CITY_YAML = f"""\
code: "{CODE}"
name: {{zh: 示范区, en: Demo District}}
timezone: Asia/Shanghai
languages: [zh, en]
crs: wgs84
calendar: cn
working_hours: [["08:00", "12:00"], ["14:00", "18:00"]]
levels:
  - {{key: district, zh: 区, en: district}}
  - {{key: subdistrict, zh: 街道, en: sub-district}}
  - {{key: community, zh: 社区, en: community}}
  - {{key: cell, zh: 网格, en: cell}}
rings: [5, 15]
road_periods:
  - {{key: night, from: "22:00", to: "07:00"}}
  - {{key: peak, from: "07:00", to: "09:30"}}
  - {{key: day, from: "09:30", to: "17:00"}}
  - {{key: peak, from: "17:00", to: "19:30"}}
  - {{key: day, from: "19:30", to: "22:00"}}
departments:
  - {{key: housing, zh: 住房建设局, en: housing and construction}}
  - {{key: city_management, zh: 城市管理局, en: city management}}
  - {{key: civil_affairs, zh: 民政局, en: civil affairs}}
  - {{key: market, zh: 市场监督管理局, en: market supervision}}
features: {{}}
demo: true
"""

STATUSES = (
    ("off_duty", "下班", "Off duty", "off_duty"),
    ("available", "待命", "Available", "available"),
    ("returning", "返回途中", "Returning, available", "available"),
    ("dispatched", "已派警", "Dispatched", "committed"),
    ("en_route", "出警途中", "En route", "en_route"),
    ("on_scene", "到场", "On scene", "on_scene"),
    ("transporting", "转运中", "Transporting", "transporting"),
    ("at_hospital", "到院", "At hospital", "at_hospital"),
    ("meal", "用餐", "Meal", "unavailable"),
    ("refuelling", "加油补给", "Refuelling", "unavailable"),
    ("out_of_service", "停用检修", "Out of service", "unavailable"),
)

# A demonstration city's own day off, so that a city's calendar can be seen to differ from the country's.
CALENDAR = (
    ("2026-11-13", "rest", "示范区建区日"),
    ("2026-11-14", "work", "示范区建区日补班"),
    ("2027-11-12", "rest", "示范区建区日"),
    ("2027-11-13", "work", "示范区建区日补班"),
)
