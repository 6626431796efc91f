"""Single cells: what is understood, and what is said of what is not."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.importers import cells
from geo.importers.cells import CellError
from geo.importers.reading import UndecodableCell


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "  ",
        "\u3000",
        "NULL",
        "<Null>",
        "nan",
        "无",
        "-",
        float("nan"),
        np.float64("nan"),
        np.datetime64("NaT"),
    ],
)
def test_what_people_write_for_nothing_is_nothing(value):
    assert cells.cleaned(value) is None


def test_text_loses_the_blanks_around_it():
    assert cells.cleaned(" 古槐社区\u3000") == "古槐社区"
    assert cells.cleaned(np.int64(7)) == 7


def test_text_in_another_encoding_shows_its_bytes():
    with pytest.raises(CellError, match="d7 a9 bb are no UTF-8 text"):
        cells.cleaned(UndecodableCell(b"\xd7\xa9\xbb", "UTF-8"))


@pytest.mark.parametrize(
    "value", ["419902001001", 419902001001, 419902001001.0, "４１９９０２００１００１", " 419902001001 "]
)
def test_a_code_is_the_same_however_it_is_stored(value):
    assert cells.code(12, r"\d{12}", "12 digits")(cells.cleaned(value)) == "419902001001"


def test_a_code_that_does_not_fit_is_shown_with_what_is_wanted():
    with pytest.raises(CellError, match="“41990” is not 12 digits"):
        cells.code(12, r"\d{12}", "12 digits")("41990")
    with pytest.raises(CellError, match="41 characters, at most 40"):
        cells.code(40)("x" * 41)


def test_text_that_is_too_long_or_holds_control_characters_is_refused():
    assert cells.text(4)("建业路1") == "建业路1"
    with pytest.raises(CellError, match="5 characters, at most 4"):
        cells.text(4)("建业路12")
    with pytest.raises(CellError, match="control"):
        cells.text(10)("a\x00b")


@pytest.mark.parametrize(("value", "expected"), [("3", 3), (3.0, 3), ("1,200", 1200), ("２", 2)])
def test_whole_numbers_are_read(value, expected):
    assert cells.integer(at_least=1)(value) == expected


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("三", "“三” is no number"),
        (2.5, "2.5 is no whole number"),
        (0, "0 is less than 1"),
        (99, "99 is more than 50"),
        ("inf", "no finite"),
    ],
)
def test_numbers_out_of_place_say_why(value, says):
    with pytest.raises(CellError, match=says):
        cells.integer(at_least=1, at_most=50)(value)


def test_an_area_must_be_above_zero():
    with pytest.raises(CellError, match="0 is not above 0"):
        cells.real(above=0.0)(0.0)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-18",
        "2026/3/18",
        "20260318",
        "2026年3月18日",
        "2026.03.18",
        "2026-03-18T08:30:00+08:00",
        datetime.date(2026, 3, 18),
        datetime.datetime(2026, 3, 18, 9, tzinfo=datetime.UTC),
        np.datetime64("2026-03-18"),
    ],
)
def test_a_day_is_read_in_every_form(value):
    assert cells.date(cells.cleaned(value)) == datetime.date(2026, 3, 18)


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)))
def test_every_day_comes_back_from_its_chinese_form(day):
    assert cells.date(f"{day.year}年{day.month}月{day.day}日") == day


@pytest.mark.parametrize(
    ("value", "says"), [("2026-02-30", "no day of the calendar"), ("18/03/2026", "no date"), ("soon", "no date")]
)
def test_what_is_no_day_says_so(value, says):
    with pytest.raises(CellError, match=says):
        cells.date(value)


def test_yes_and_no_in_both_languages():
    assert [cells.boolean(value) for value in ("是", 1, "Y", "否", 0.0, "false")] == [True] * 3 + [False] * 3
    with pytest.raises(CellError, match="neither yes nor no"):
        cells.boolean("maybe")


def test_a_choice_is_known_by_its_words_and_shows_them_all_when_it_is_not():
    parse = cells.choice({"frame": ("框架", "钢混"), "steel": ("钢结构",)})
    assert [parse(word) for word in ("frame", "FRAME", "框架", "钢混", "钢结构")] == ["frame"] * 4 + ["steel"]
    with pytest.raises(CellError, match=r"“竹” is none of frame \(框架\), steel \(钢结构\)"):
        parse("竹")
