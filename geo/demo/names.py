"""Names and codes of a town that does not exist."""

from __future__ import annotations

import numpy as np

CITY_CODE = "419900000000"
CITY_NAME = "嵩阳市"

# code, name, kind
COUNTIES = (
    ("419902000000", "颍滨区", "district"),
    ("419903000000", "嵩阳经济技术开发区", "economic_zone"),
    ("419921000000", "望岭县", "county"),
)
# code, name, kind, county
TOWNSHIPS = {
    "a": ("419902001000", "南关街道", "subdistrict", "419902000000"),
    "b": ("419902002000", "柳林街道", "subdistrict", "419902000000"),
    "e": ("419903001000", "东岗街道", "subdistrict", "419903000000"),
    "f": ("419903002000", "创新路街道", "subdistrict", "419903000000"),
    "c": ("419921100000", "望岭镇", "town", "419921000000"),
    "d": ("419921200000", "白沙乡", "township", "419921000000"),
}
# Which township each cell of the grid belongs to, south row first, west to east: every township is in one piece.
TOWNSHIP_GRID = ("ccddde", "acbffe", "aabbfe")
# What each community looks like, in the same order.
CHARACTER_GRID = (
    ("rural", "farm", "village", "estate", "farm", "rural"),
    ("rural", "village", "estate", "industry", "farm", "rural"),
    ("rural", "village", "estate", "village", "industry", "rural"),
)
COMMUNITY_NAMES = (
    ("石桥村", "小营村", "白沙村", "新安社区", "槐树湾村", "东岗村"),
    ("西坡村", "望岭社区", "柳林社区", "建业路社区", "王家堰村", "马庄村"),
    ("赵楼村", "古槐社区", "南关社区", "北堤社区", "创新路社区", "刘砦村"),
)
COMMUNITY_SUFFIX_URBAN = "社区"

ARTERIALS_NS = ("颍川路", "嵩阳大道", "柳林路", "建业路", "东环路")
ARTERIALS_EW = ("南环路", "望岭大道")
STREETS = (
    "兴隆街", "槐荫街", "文昌街", "通济街", "育才街", "工农街", "和平街", "胜利街", "友爱街",
    "幸福街", "丰产街", "长安街", "平安街", "永乐街", "康乐街", "富强街", "解放街", "纺织街",
    "站前街", "花园街", "青年街", "东风街", "红旗街", "黎明街", "春晖街", "百花街", "桂园街",
    "梧桐街",
)  # fmt: skip
RIVER = "颍溪河"

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧"
    "蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏"
)
_GIVEN_FIRST = "建国志明秀丽春文玉海红金永德保新长俊晓庆学天小凤桂兰淑爱云福喜成水石根广"
_GIVEN_SECOND = "军华英强平芳杰霞勇敏玲超燕刚萍辉娟涛梅斌花林山生民亮鹏香珍琴才义旺"
_COMPANY_WORDS = (
    "恒达",
    "鑫源",
    "宏远",
    "金桥",
    "瑞丰",
    "华泰",
    "中豫",
    "万顺",
    "天瑞",
    "豫新",
    "兴业",
    "大正",
    "隆昌",
    "盛源",
    "嘉禾",
    "永固",
)
_TRADES = ("机械", "建材", "食品", "纺织", "包装", "管业", "电气", "物流", "耐火材料", "铝业", "家具", "农资")


def person(rng: np.random.Generator) -> str:
    """A person's name."""
    first = _SURNAMES[int(rng.integers(len(_SURNAMES)))]
    middle = _GIVEN_FIRST[int(rng.integers(len(_GIVEN_FIRST)))] if rng.random() < 0.72 else ""
    return first + middle + _GIVEN_SECOND[int(rng.integers(len(_GIVEN_SECOND)))]


def company(rng: np.random.Generator) -> str:
    """A company's name; the town's name in it keeps it from being a real one."""
    word = _COMPANY_WORDS[int(rng.integers(len(_COMPANY_WORDS)))]
    trade = _TRADES[int(rng.integers(len(_TRADES)))]
    return f"嵩阳{word}{trade}有限公司"


def community_kind(name: str) -> str:
    return "community" if name.endswith(COMMUNITY_SUFFIX_URBAN) else "village"
