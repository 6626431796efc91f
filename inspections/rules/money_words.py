"""Amounts in formal Chinese figures (大写), as the banking rules for bills (正确填写票据和结算凭证的基本规定) ask.

One 零 stands for any run of inner zeros; 元 and 角 close with 整, 分 does not; a missing 角 before 分 is read 零.
Between two groups of four digits 零 is written only when the lower group does not fill its thousands.
"""

from decimal import Decimal

from inspections.rules.errors import InvalidAmount

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
LIMIT = Decimal(10) ** 16


def amount_in_words(amount_yuan: Decimal, *, prefix: str = "人民币") -> str:
    """`10010.05` → `人民币壹万零壹拾元零伍分`. A negative amount begins with 负 after the prefix.

    Raises InvalidAmount for fractions of a fen and from 10 quadrillion (10^16) yuan on.
    """
    if not amount_yuan.is_finite() or abs(amount_yuan) >= LIMIT:
        raise InvalidAmount(f"{amount_yuan} yuan cannot be written in words; the limit is below {LIMIT}")
    fen_in_all = abs(amount_yuan) * 100
    if fen_in_all != fen_in_all.to_integral_value():
        raise InvalidAmount(f"{amount_yuan} yuan is finer than a fen")
    yuan, rest = divmod(int(fen_in_all), 100)
    jiao, fen = divmod(rest, 10)
    sign = "负" if amount_yuan < 0 else ""
    words = _whole(yuan) + "元" if yuan else ""
    if jiao:
        words += DIGITS[jiao] + "角"
    elif fen and yuan:
        words += "零"
    if fen:
        words += DIGITS[fen] + "分"
    else:
        words = (words or "零元") + "整"
    return prefix + sign + words


def _whole(number: int) -> str:
    """A whole number above 0 in formal figures."""
    groups: list[int] = []
    while number:
        number, group = divmod(number, 10000)
        groups.append(group)
    words, gap = "", False
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if group == 0:
            gap = True
            continue
        if words and (gap or group < 1000):
            words += DIGITS[0]
        words += _group(group) + _group_word(index, groups)
        gap = False
    return words


def _group_word(index: int, groups: list[int]) -> str:
    """万亿 for the top group only when no 亿 follows it: 壹万贰仟亿 has 万, then 亿."""
    return "万" if index == 3 and groups[2] else GROUPS[index]


def _group(number: int) -> str:
    """1…9999 with single inner zeros and none at the end."""
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += (DIGITS[0] if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return words
