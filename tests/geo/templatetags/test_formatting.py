"""How areas, money, dates and deadlines are written."""

import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.paginator import Paginator
from django.forms import CharField, Form
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from geo.roles import Role
from geo.templatetags import formatting
from geo.templatetags.chengkan import ICONS
from geo.templatetags.tones import LOOKS
from tests.factories import make_user

OFFICE = ZoneInfo("Asia/Shanghai")
NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=OFFICE)


def written(text: str, **context) -> str:
    """Render a template that has our tags."""
    request = RequestFactory().get("/list/", context.pop("query", {}))
    return Template("{% load chengkan %}" + text).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("area", "uncertainty", "text"),
    [
        (128.4, 6.1, "128.4 ± 6.1 m²"),
        (128.44999, 6.05, "128.4 ± 6.1 m²"),
        (Decimal("128.45"), None, "128.5 m²"),
        (12345.0, 100.0, "12,345.0 ± 100.0 m²"),
    ],
)
def test_an_area_is_written_with_its_uncertainty(area, uncertainty, text):
    assert formatting.area_text(area, uncertainty) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(Decimal("38520"), "¥38,520.00"), (Decimal("0.005"), "¥0.01"), (Decimal("-1234567.8"), "-¥1,234,567.80")],
)
def test_money_is_written_in_yuan_and_cents(amount, text):
    assert formatting.money_text(amount) == text


def test_a_date_is_written_in_the_language_of_the_page():
    with translation.override("zh-hans"):
        assert formatting.date_text(datetime.date(2026, 11, 2)) == "2026年11月2日"
    with translation.override("en"):
        assert formatting.date_text(datetime.date(2026, 11, 2)) == "2 Nov 2026"


def test_a_moment_is_told_in_office_time():
    late = datetime.datetime(2026, 11, 21, 17, 30, tzinfo=datetime.UTC)
    with translation.override("zh-hans"):
        assert formatting.moment_text(late) == "2026年11月22日 01:30"


@pytest.mark.parametrize(
    ("hours", "text", "tone"),
    [
        (50, "还剩 2 天", "ahead"),
        (47, "还剩 1 天", "soon"),
        (23, "还剩 23 小时", "soon"),
        (0.2, "还剩 1 小时", "soon"),
        (-0.2, "逾期 1 小时", "overdue"),
        (-23, "逾期 23 小时", "overdue"),
        (-74, "逾期 3 天", "overdue"),
    ],
)
def test_a_deadline_is_told_in_whole_days_and_on_the_last_day_in_hours(hours, text, tone):
    with translation.override("zh-hans"):
        said = formatting.deadline_text(NOON + datetime.timedelta(hours=hours), NOON)
    assert (said.text, said.tone) == (text, tone)


@pytest.mark.parametrize(
    ("language", "words", "sentences"),
    [("zh-hans", "规划部门、国土部门", "没有照片；未填"), ("en", "规划部门, 国土部门", "没有照片; 未填")],
)
def test_lists_and_sentences_are_parted_as_the_language_of_the_page_does(language, words, sentences):
    with translation.override(language):
        assert formatting.listed(["规划部门", "国土部门"]) == words
        assert formatting.joined(["没有照片", "", "未填"]) == sentences


def test_a_state_has_a_colour_an_icon_and_its_word():
    badge = written("{% state_badge 'determined' '已认定' %}")
    assert "tone-determined" in badge
    assert "<svg" in badge
    assert "已认定" in badge


def test_every_look_has_an_icon_that_is_drawn():
    assert {look.icon for look in LOOKS.values()} <= ICONS.keys()


def test_words_from_users_are_escaped():
    assert "<script>" not in written("{% state_badge 'found' word %}", word="<script>")
    assert "<script>" not in written("{% page_header title=word %}{% end_page_header %}", word="<script>")


def test_a_chip_keeps_the_other_filters_and_goes_back_to_the_first_page():
    page = written(
        "{% filter_chips '状态' 'state' choices '全部' %}",
        choices=[("open", "在办", 3), ("closed", "已结", 9)],
        query={"unit": "41", "state": "open", "page": "4"},
    )
    assert 'href="?unit=41&amp;state=closed"' in page
    assert 'href="?unit=41"' in page
    assert page.count('aria-current="true"') == 1


def test_a_sorted_head_turns_round():
    head = written("{% sort_head 'area' '面积' number=True %}", query={"sort": "area"})
    assert 'aria-sort="ascending"' in head
    assert 'href="?sort=-area"' in head


def test_a_field_with_a_fault_is_tied_to_its_words():
    class Sample(Form):
        name = CharField(label="名称", help_text="写全称")

    page = written("{% error_summary form %}{% form_field form.name %}", form=Sample({}))
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_name-help id_name-error"' in page
    assert 'href="#id_name"' in page


def test_a_table_tells_where_it_is():
    text = written("{% pagination page %}", page=Paginator(range(95), 20).page(2), query={"state": "open"})
    assert "第 21–40 条，共 95 条" in text
    assert "?state=open&amp;page=3" in text


def test_the_navigation_has_the_places_of_the_post(town):
    def places(role) -> str:
        request = RequestFactory().get("/map/")
        request.user = make_user(role, town.city)
        return Template("{% load chengkan %}{% site_nav %}").render(Context({"request": request}))

    assert "/review/" in places(Role.SUPERVISOR)
    assert "/review/" not in places(Role.PLANNER)
    assert 'href="/map/" aria-current="page"' in places(Role.PLANNER)
