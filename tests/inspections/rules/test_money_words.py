from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.rules.errors import InvalidAmount
from inspections.rules.money_words import amount_in_words

WORDS = [
    ("0", "零元整"),
    ("0.01", "壹分"),
    ("0.10", "壹角整"),
    ("0.55", "伍角伍分"),
    ("1", "壹元整"),
    ("10", "壹拾元整"),
    ("15", "壹拾伍元整"),
    ("100", "壹佰元整"),
    ("101", "壹佰零壹元整"),
    ("110", "壹佰壹拾元整"),
    ("1001", "壹仟零壹元整"),
    ("1010", "壹仟零壹拾元整"),
    ("1100", "壹仟壹佰元整"),
    ("1409.50", "壹仟肆佰零玖元伍角整"),
    ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
    ("6007.14", "陆仟零柒元壹角肆分"),
    ("10000", "壹万元整"),
    ("10001", "壹万零壹元整"),
    ("10010.05", "壹万零壹拾元零伍分"),
    ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
    ("38520.00", "叁万捌仟伍佰贰拾元整"),
    ("100000", "壹拾万元整"),
    ("100001", "壹拾万零壹元整"),
    ("107000.53", "壹拾万柒仟元伍角叁分"),
    ("1000000", "壹佰万元整"),
    ("10000000", "壹仟万元整"),
    ("10001000", "壹仟万壹仟元整"),
    ("10000100", "壹仟万零壹佰元整"),
    ("100000000.00", "壹亿元整"),
    ("100000001", "壹亿零壹元整"),
    ("100010000", "壹亿零壹万元整"),
    ("100100000", "壹亿零壹拾万元整"),
    ("110000000", "壹亿壹仟万元整"),
    ("100001000", "壹亿零壹仟元整"),
    ("100011000", "壹亿零壹万壹仟元整"),
    ("2000000005000", "贰万亿零伍仟元整"),
    ("1000000000000", "壹万亿元整"),
    ("1000100000000", "壹万零壹亿元整"),
    ("1200000000000", "壹万贰仟亿元整"),
    ("9999999999999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
]


@pytest.mark.parametrize(("amount", "words"), WORDS)
def test_an_amount_reads_as_a_bank_writes_it(amount, words):
    assert amount_in_words(Decimal(amount)) == "人民币" + words


def test_a_refund_begins_with_minus():
    assert amount_in_words(Decimal("-3000.00")) == "人民币负叁仟元整"
    assert amount_in_words(Decimal("-3000.00"), prefix="") == "负叁仟元整"


def test_trailing_zeros_beyond_the_fen_change_nothing():
    assert amount_in_words(Decimal("12.3400")) == "人民币壹拾贰元叁角肆分"


@pytest.mark.parametrize("amount", ["0.001", "12.345", "1E+16", "NaN", "Infinity"])
def test_what_cannot_be_paid_cannot_be_written(amount):
    with pytest.raises(InvalidAmount):
        amount_in_words(Decimal(amount))


def read_back(words):
    """The amount in fen that a reader understands: digits and units, 零 and 整 skipped. Independent of the writer."""
    digits = {word: value for value, word in enumerate("零壹贰叁肆伍陆柒捌玖")}
    total = section = digit = 0
    for word in words:
        if word in digits:
            digit = digits[word]
        elif word in "拾佰仟":
            section += digit * {"拾": 10, "佰": 100, "仟": 1000}[word]
            digit = 0
        elif word in "万亿":
            total = (
                (total + section + digit) * {"万": 10**4, "亿": 10**8}[word]
                if word == "亿"
                else (total + (section + digit) * 10**4)
            )
            section = digit = 0
        elif word == "元":
            total = (total + section + digit) * 100
            section = digit = 0
        elif word == "角":
            total += digit * 10
            digit = 0
        elif word == "分":
            total += digit
            digit = 0
    return total


@given(
    st.integers(0, 10**18 - 1)
    | st.integers(0, 10**9)
    | st.lists(st.sampled_from("00019"), max_size=18).map(lambda figures: int("".join(figures) or "0"))
)
def test_every_amount_reads_back_as_itself_and_never_doubles_a_zero(fen):
    words = amount_in_words(Decimal(fen) / 100, prefix="")
    assert read_back(words) == fen
    assert "零零" not in words
    assert words.endswith(("整", "分"))
