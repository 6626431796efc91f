"""What the importers say in English on a terminal, in the words of the pages."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language

# A sentence of the importers (whole) -> the same in Chinese. What is not listed is shown as it is.
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"unexpected", "处理时出错，没有写入任何记录；请重试，仍不成功请联系管理员"),
        (r"is empty", "为空"),
        (r"is empty: the row has no place", "为空：此行没有位置"),
        (r"“(.*)” is no number", r"“\1”不是数字"),
        (r"“(.*)” is no finite number", r"“\1”不是有限的数字"),
        (r"(.*) is no whole number", r"\1 不是整数"),
        (r"(.*) is not above (.*)", r"\1 应大于 \2"),
        (r"(.*) is less than (.*)", r"\1 小于下限 \2"),
        (r"(.*) is more than (.*)", r"\1 大于上限 \2"),
        (r"“(.*)” is no date \(like 2026-03-18\)", r"“\1”不是日期(如2026-03-18)"),
        (r"“(.*)” is no day of the calendar", r"“\1”在日历上不存在"),
        (r"“(.*)” is neither yes nor no", r"“\1”既不是“是”也不是“否”"),
        (r"“(.*)” is none of (.*)", r"“\1”不在可用的值之中：\2"),
        (r"“(.*)” has (\d+) characters, at most (\d+) fit", r"“\1”有 \2 个字符，最多 \3 个"),
        (r"“(.*)” is not a 12-digit unit code", r"“\1”不是12位区划代码"),
        (r"“(.*)” is not (.*)", r"“\1”不符合要求：\2"),
        (r"“(.*)” holds control characters", r"“\1”含有控制字符"),
        (r"bytes (.*) are no (.*) text .*", r"字节 \1 不是 \2 文字(被截断，或另有编码)"),
        (r"“(.*)” stands in row (\d+) already", r"“\1”已出现在第 \2 行"),
        (r"nothing is stored under “(.*)”; .*", r"库中没有“\1”；没有坐标的行只能更新已有记录"),
        (r"the row has no geometry", "此行没有图形"),
        (r"is a (\w+), wanted is a (.*)", r"图形是 \1，应为 \2"),
        (r"is not valid \((.*?)\).*redraw it", r"图形不合法(\1)，请重新绘制"),
        (r"is not valid \((.*?)\) and encloses nothing", r"图形不合法(\1)，没有围成面积"),
        (r"lies outside the jurisdiction: it touches no unit", "在辖区之外：没有涉及任何单位"),
        (r"lies outside the jurisdiction: (\S+, \S+) is in no unit .*", r"在辖区之外：\1 不在任何单位内"),
        (r"leaves the jurisdiction by (\d+) m at (.*)", r"在 \2 处超出辖区 \1 米"),
        (r"lies outside the area in which you may import this layer", "在您可以导入此图层的辖区之外"),
        (r"is stored outside the area in which you may import this layer", "此编号的记录在您的辖区之外，不能更新"),
        (r"there is no unit (\d+)", r"没有单位 \1"),
        (r"there is no facility (\S+), .*", r"文件和库中都没有机构 \1"),
        (r"there is no unit (\S+), neither .*", r"文件和库中都没有单位 \1"),
        (r"(\S+) is before valid_from (\S+)", r"\1 早于有效期起 \2"),
        (r"overlaps (\S+)", r"与 \1 重叠"),
        (r"overlaps (\S+) by (.*)", r"与 \1 重叠 \2"),
        (r"says unit (\S+) but lies in (\S+), where it was placed", r"写明单位 \1，实际位于 \2，已按位置归入"),
        (r"geometry repaired \((.*)\), area changed by (.*) m²", r"图形已修复(\1)，面积变化 \2 m²"),
        (r"(EPSG:.*) \(stated by the file(.*)\)(.*)", r"\1(文件写明)\3"),
        (r"(EPSG:.*) \(stated by the caller(.*)\)(.*)", r"\1(上传人写明)\3"),
        (r"(EPSG:.*) \(told from the coordinates(.*)\)(.*)", r"\1(由坐标判断)\3"),
        (r"columns not used: (.*)", r"没有使用的列：\1"),
        (r"text read as (\S+) \(told from its bytes\)", r"文字按 \1 读取(由内容判断)"),
        (r"text read as (\S+) \(.*\)", r"文字按 \1 读取(文件或上传人写明)"),
        (r"coordinates moved back from (\S+) to CGCS2000", r"坐标已由 \1 改正到 CGCS2000"),
        (r"x runs north here.*", "此表的x指向北(测量习惯)：已将x作北坐标、y作东坐标"),
        (r"sheet “(.*)” of (\d+)", r"读取了工作表“\1”(共 \2 个)"),
        (r"no coordinates: rows update what is stored under their code.*", "没有坐标：按编号更新已有记录"),
        (r"the file does not say whether its degrees.*", "请说明经纬度来自测绘或GPS，还是地图软件(GCJ-02、BD-09)"),
        (
            r"every row lies outside the jurisdiction; read as EPSG:(\d+).*",
            r"全部在辖区之外；按 EPSG:\1 读取则在辖区内",
        ),
        (r"every row lies outside the jurisdiction; with longitude.*", "全部在辖区之外；经纬度对调则在辖区内"),
        (r"every row lies outside the jurisdiction when read as (.*)", r"按 \1 读取时全部在辖区之外"),
        (r"(.*) unpacks to (.*) bytes, more than (.*)", r"\1 解压后有 \2 字节，超过 \3"),
        (r"(.*) is empty \(0 bytes\)", r"\1 是空文件"),
        (r"(.*) has no (?:rows|features)", r"\1 没有数据行"),
        (r"(.*) has \d+ layers \((.*)\); say which with --layer", r"\1 有多个图层(\2)，请填写要用哪一个"),
        (r"(.*) has no (?:layer|sheet) “(.*)”; it has (.*)", r"\1 没有“\2”，有的是：\3"),
        (r"(.*) has several columns called (.*)", r"\1 有多列同名：\2"),
        (r"(.*) cannot be (?:read|opened|unpacked).*", r"\1 无法读取：文件已损坏或不是所标的格式"),
        (r"(.*): (.*) is missing; a Shapefile is .*", r"\1：缺少 \2；Shapefile 须有 .shp、.shx 和 .dbf"),
        (r"(.*) holds no \.shp, .*", r"\1 里没有可读取的图层文件"),
    )
)


def in_words(sentence: str) -> str:
    """A sentence of the importers for a reader; several stand one after another, parted by “; ”."""
    if not (get_language() or "").startswith("zh") or not sentence:
        return sentence
    whole = _translated(sentence)
    if whole != sentence:
        return whole
    return "；".join(_translated(part) for part in sentence.split("; "))


@lru_cache(maxsize=4096)  # a report says the same of thousands of rows
def _translated(sentence: str) -> str:
    for pattern, words in _PATTERNS:
        found = pattern.fullmatch(sentence)
        if found:
            return found.expand(words)
    return sentence
