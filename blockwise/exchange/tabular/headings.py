"""How columns are called in English and Chinese exports: for a first map, which a person then looks through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Of each table and field its usual headings, likeliest first; in small letters, without blanks and marks.
HEADINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "calls": {
        "call": "警单号 警情编号 接警单号 接警单编号 事件编号 编号"
        " callnumber callid incidentnumber incidentid eventnumber cadnumber caseid",
        "received_at": "报警时间 接警时间 来电时间 受理时间 receivedat receivedts received"
        " receiveddttm calltime callreceived timestamp timelocal datetime time occdate date createdat",
        "type": "类别编码 警情类别 类别代码 类型编码 警情类型 类别名称 类别 类型"
        " calltype calltypefinal eventtype type nature title"
        " finalcasetype description category",
        "priority": "级别 优先级 警情级别 紧急程度 等级 priority finalpriority urgency level",
        "lon": "经度 lon lng longitude x xcoord xfeet 东坐标 横坐标 坐标x",
        "lat": "纬度 lat latitude y ycoord yfeet 北坐标 纵坐标 坐标y",
        "address": "地址 事发地址 案发地址 报警地址 地点 address addr block location incidentlocation",
        "caller_name": "报警人 报警人姓名 callername",
        "caller_phone": "报警电话 联系电话 电话 callerphone phone",
        "text": "报警内容 内容 警情内容 备注 narrative notes remarks desc casedesc",
        "unit": "处警单位 出警单位 出动单位 处警车辆 unitid unit unitcode",
        "dispatched_at": "派警时间 出警时间 dispatchts dispatchdttm dispatched dispatchtime",
        "en_route_at": "出动时间 启程时间 responsets responsedttm enroute enroutetime",
        "on_scene_at": "到场时间 到达时间 到达现场时间 onscenets onscenedttm onscene arrived arrivaltime",
        "transport_at": "转运时间 transportts transportdttm",
        "hospital_at": "到院时间 hospitalts hospitaldttm",
        "available_at": "反馈时间 结束时间 归队时间 availablets availabledttm cleared clearedtime closedat",
    },
    "units": {
        "code": "编码 单位编码 代码 编号 code unitcode unitid unit",
        "call_sign": "呼号 名称 单位名称 callsign name",
        "service": "警种 服务 service agency department",
        "type": "类型 车辆类型 类别 type unittype",
        "capabilities": "能力 职能 capabilities skills",
        "station": "驻地 所属站点 执勤点 站点 station stationcode home stationarea",
        "zone": "巡区 zone",
        "crew": "人数 编制 民警 crew staff persons",
    },
    "stations": {
        "code": "编码 代码 站点编码 编号 code stationcode stationid id",
        "name": "名称 站点名称 name commonname stationname",
        "name_en": "英文名称 nameen englishname",
        "service": "警种 类别 类型 service agency type",
        "lon": "经度 lon lng longitude x",
        "lat": "纬度 lat latitude y",
    },
    "roster": {
        "unit": "单位 编码 单位编码 unit unitcode unitid",
        "days": "日期 星期 days weekdays day",
        "from": "开始 上班时间 开始时间 起 from start begins starttime",
        "to": "结束 下班时间 结束时间 止 to end ends endtime",
    },
    "people": {
        "login": "登录名 账号 用户名 警号 login user username account badge",
        "name": "姓名 name fullname",
        "name_en": "英文姓名 nameen",
        "role": "角色 岗位 职务 role position",
        "block": "区划 责任区 网格 block area district",
        "from": "开始日期 入职日期 from startdate",
        "to": "结束日期 离职日期 to enddate",
        "unit": "单位 警组 unit crew",
        "department": "部门 department",
    },
    "premises": {
        "code": "单位编码 场所编码 编码 code premisesid",
        "street": "路名 街路 街路巷 street streetname road",
        "number": "门牌号 门牌 number housenumber",
        "text": "单位名称 场所名称 名称 premises premisesname businessname",
        "lon": "经度 lon lng longitude x",
        "lat": "纬度 lat latitude y",
    },
    "addresses": {
        "code": "地址编码 编码 代码 code addressid id",
        "street": "路名 街路 街路巷 street streetname road",
        "number": "门牌号 门牌 号码 number housenumber addressnumber",
        "text": "地址 标准地址 详细地址 text address fulladdress",
        "text_en": "英文地址 texten",
        "lon": "经度 lon lng longitude x",
        "lat": "纬度 lat latitude y",
        "use": "用途 use usage",
    },
}
_MARKS: Final = re.compile(r"[\W_]+")


def plain(heading: str) -> str:
    """The lowest of joined headings, without blanks, marks and capitals."""
    return _MARKS.sub("", heading.rpartition("/")[2].casefold())


def fitting(table: str, columns: list[str]) -> dict[str, str]:
    """Of a table's fields the column that is called as one; each column is taken once, by the likeliest heading."""
    found: dict[str, str] = {}
    called: dict[str, str] = {}
    for column in columns:
        called.setdefault(plain(column), column)
    for name, headings in HEADINGS[table].items():
        fits = [called[one] for one in headings.split() if one in called and called[one] not in found.values()]
        if fits:
            found[name] = fits[0]
    return found
