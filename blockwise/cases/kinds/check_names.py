"""Somebody's name where something is chosen, listed or filtered by: told by how names are written, not by a list of
words. A surname and what follows it, in Chinese, whose English is no translation but the same sounds; a surname with a
form of address; a given and a family name; a name of another language in Chinese characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import permutations

import yaml

from .faults import Faults, Path
from .nodes import scalars
from .refused_keys import Refusal

NAMED: Refusal = (
    "person-named",
    "A person is no type, no choice and nothing that a list is filtered by",
    "Name what happened or where; who it concerns is asked in the open case, as a name or a contact",
)
CHOSEN = (
    "types",
    "choices",
    "channels",
    "outcomes",
    "stages",
    "why",
    "grades",
    "parties",
    "items",
)  # below stands what is chosen
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康"
    "毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁耿牟卜詹关苗凌费纪"
    "靳盛童欧甄项曲成游阳裴席卫查屈鲍覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强丛华车冉房边闫靖"
) | {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯"}
COMMON = (
    "王李张刘陈杨赵吴周徐孙朱胡郭何罗宋郑谢韩唐冯董萧曹袁邓许傅沈曾彭吕苏卢蒋蔡贾魏薛"  # with no other everyday meaning
)
ADDRESS = "某|先生|女士|小姐|太太|大爷|大妈|大娘|大叔|大伯|大姐|大哥|阿姨|婶|师傅|老师|家$|姓$"
GIVEN = frozenset(
    re.findall(
        r"\w+",
        """
        james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony
        mark paul steven andrew kenneth george joshua kevin brian edward ronald timothy jason jeffrey ryan jacob
        mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret
        sandra ashley emily donna michelle carol amanda melissa deborah peter simon ahmed ali mohammed muhammad
        ivan maria anna juan jose carlos
        """,
    )
)
_ADDRESSED = re.compile(rf"^[{COMMON}](?:{ADDRESS})|^[老小阿][{COMMON}]$|^[\u4e00-\u9fff]{{1,2}}某{{1,2}}$")
_TITLED = re.compile(r"^(?:Mr|Mrs|Ms|Miss|Mister|Comrade|Old|Auntie?|Uncle)\.? [A-Z][a-z]+$")
_HAN = re.compile(r"^[\u4e00-\u9fff]{2,4}$")
_FOREIGN = re.compile(r"^[\u4e00-\u9fff]{2,8}[·•・][\u4e00-\u9fff]{2,8}$")
_WORDS = re.compile(r"[A-Za-z]+")


def check_names(root: yaml.MappingNode, faults: Faults) -> None:
    """Note each name of a person among what is chosen."""
    for path, zh, en in _chosen(dict(scalars(root))):
        if name := named(zh, en):
            code, why, way_out = NAMED
            faults.add(path, code, f"{path[-1]} is somebody's name: “{name}”", why, way_out)


def _chosen(texts: Mapping[Path, str]) -> Iterator[tuple[Path, str, str]]:
    entries = {path[:-1] for path in texts if path[-1] in ("zh", "en") and set(path[:-2]) & set(CHOSEN)}
    for path in sorted(entries):
        yield path, texts.get((*path, "zh"), ""), texts.get((*path, "en"), "")


def named(zh: str, en: str) -> str:
    """What of the two is a person's name; empty when neither is."""
    zh, en = zh.replace(" ", ""), en.strip()
    if _ADDRESSED.search(zh) and len(zh) <= 5:
        return zh
    if _TITLED.search(en):
        return en
    words = _WORDS.findall(en)
    if _FOREIGN.search(zh) and len(words) > 1 and all(word[0].isupper() for word in words):
        return zh
    if len(words) == 2 and words[0].lower() in GIVEN and en.istitle():
        return en
    return zh if len(words) > 1 and sounds_like_a_name(zh, en) else ""


def sounds_like_a_name(zh: str, en: str) -> bool:
    """Whether it may be one: a surname first, and no translation. In one word it may be a place's (黄浦, Huangpu)."""
    return bool(_HAN.search(zh)) and _is_surname(zh) and _sounds_like(zh, _WORDS.findall(en))


def _is_surname(zh: str) -> bool:
    return zh[0] in SURNAMES or zh[:2] in SURNAMES


def _sounds_like(zh: str, words: list[str]) -> bool:
    """Whether the English is the Chinese in Latin letters, given name first or last, its syllables apart or together,
    whole or by their first letters."""
    from pypinyin import lazy_pinyin  # its tables take a moment

    said = "".join(words).lower()
    family = 2 if zh[:2] in SURNAMES and len(zh) > 2 else 1
    sounds = lazy_pinyin(zh)
    first, given = "".join(sounds[:family]), sounds[family:]
    short = "".join(one[0] for one in given)
    written = {"".join(order) for parts in (given, [short]) for order in permutations((first, "".join(parts)))}
    return bool(words) and said in written
