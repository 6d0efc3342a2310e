"""Names for streets and blocks, in Chinese and pinyin, each used once."""

from __future__ import annotations

from collections.abc import Iterator

from blockwise.exchange.newcity.plan import stream

Name = tuple[str, str]  # Chinese, English


def _pairs(words: str) -> list[Name]:
    return [(word[0], word[1:]) for word in words.split()]


STEMS = _pairs(
    "和he 安an 康kang 宁ning 平ping 泰tai 祥xiang 瑞rui 福fu 喜xi 庆qing 丰feng 盛sheng 兴xing 隆long 荣rong "
    "华hua 茂mao 春chun 夏xia 秋qiu 晨chen 晓xiao 云yun 雨yu 雪xue 月yue 岚lan 松song 柏bai 竹zhu 梅mei "
    "菊ju 桂gui 桃tao 槐huai 柳liu 杨yang 桐tong 樟zhang 莲lian 芳fang 翠cui 碧bi 金jin 银yin 珠zhu 宝bao "
    "石shi 山shan 川chuan 湖hu 江jiang 泉quan 池chi 湾wan 桥qiao 塘tang 林lin 园yuan 田tian 麦mai 谷gu "
    "明ming 光guang 文wen 书shu 德de 仁ren 义yi 礼li 诚cheng 勤qin 创chuang 科ke 达da 通tong 顺shun "
    "永yong 长chang 高gao 新xin 秀xiu"
)
SURNAMES = _pairs(
    "赵Zhao 钱Qian 孙Sun 李Li 周Zhou 吴Wu 郑Zheng 王Wang 冯Feng 陈Chen 褚Chu 卫Wei 蒋Jiang 沈Shen 韩Han "
    "杨Yang 朱Zhu 秦Qin 许Xu 何He 吕Lv 张Zhang 孔Kong 曹Cao 严Yan 金Jin 魏Wei 陶Tao 姜Jiang 谢Xie"
)
# The ten stems and twelve branches, in which nobody is named: plainly a made-up person.
_FIRST = _pairs("甲jia 乙yi 丙bing 丁ding 戊wu 己ji 庚geng 辛xin 壬ren 癸gui")
_SECOND = _pairs("子zi 丑chou 寅yin 卯mao 辰chen 巳si 午wu 未wei 申shen 酉you 戌xu 亥hai")


def stems(seed: int, subject: str) -> Iterator[Name]:
    """Two-character names in random order, no Chinese and no pinyin twice: `("安康", "Ankang")`."""
    order = stream(seed, subject).permutation(len(STEMS) ** 2)
    used: dict[str, None] = {}
    for number in order.tolist():
        (zh_a, en_a), (zh_b, en_b) = STEMS[number // len(STEMS)], STEMS[number % len(STEMS)]
        latin = (en_a + ("'" if en_b[0] in "aeo" else "") + en_b).capitalize()
        if zh_a != zh_b and latin not in used:
            used[latin] = None
            yield zh_a + zh_b, latin


def person(number: int) -> Name:
    """The name of made-up person `number` (0 to 3,599): `("赵甲子", "Zhao Jiazi")`."""
    surname = SURNAMES[number % len(SURNAMES)]
    rest = number // len(SURNAMES)
    first, second = _FIRST[rest % 10], _SECOND[rest // 10 % 12]
    return surname[0] + first[0] + second[0], f"{surname[1]} {(first[1] + second[1]).capitalize()}"
