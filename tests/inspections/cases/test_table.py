from datetime import timedelta

import pytest
from django.utils import timezone

from inspections.models import Case
from tests.factories import make_run
from tests.inspections.cases.scene import (
    demolish,
    determine,
    determined_case,
    found_case,
    fresh,
)
from tests.inspections.cases.sheets import column_of, rows_of

LIST, EXPORT = "/cases/", "/cases/export.xlsx"


def ago(**duration):
    return timezone.now() - timedelta(**duration)


@pytest.fixture
def county(client, people):
    client.force_login(people.county)
    return client


def numbers(response):
    return [case.number for case in response.context["page"]]


def test_the_table_puts_what_is_due_first_on_top(town, people, county):
    found = found_case(town, people)
    recent = determined_case(town, people, at=ago(hours=1), dx=0.003)
    overdue = determined_case(town, people, at=ago(days=5), dx=0.007)
    response = county.get(LIST)
    assert numbers(response) == [overdue.number, recent.number, found.number]
    assert (response.context["totals"].count, response.context["totals"].overdue) == (3, 1)
    # The township's two days are gone: late, and the county has until the end of the fifth.
    assert [case.is_late for case in response.context["page"]] == [True, False, False]
    assert "县(区)督查拆除" in response.content.decode()


def test_the_table_and_the_page_of_a_case_tell_the_same_deadline(town, people, county):
    for days, dx in ((0, 0.002), (3, 0.005), (6, 0.006), (40, 0.007)):
        case = determined_case(town, people, at=ago(days=days), dx=dx)
        row = next(row for row in county.get(LIST).context["page"] if row.pk == case.pk)
        page = county.get(f"{LIST}{case.number}/").context
        running = next(stage["stage"] for stage in page["stages"] if stage["is_running"])
        assert (row.due_at, row.stage_kind, row.is_late) == (running.due_at, running.kind, page["is_overdue"])


@pytest.mark.parametrize("address", [LIST, f"{LIST}board/"])
def test_a_case_says_whether_its_own_stage_has_run_out_or_an_earlier_one(town, people, county, address):
    determined_case(town, people, at=ago(days=3))
    assert county.get(address).content.decode().count("前一阶段逾期") == 1

    determined_case(town, people, at=ago(days=40), dx=0.007)
    assert county.get(address).content.decode().count("前一阶段逾期") == 1
    assert county.get(address).content.decode().count("已逾期</span>") == 1


def test_the_standing_area_in_the_table_follows_demolition_and_redetermination(town, people, county):
    case = determined_case(town, people, at=ago(days=2))
    demolish(case, people, at=ago(days=1), remaining="40")
    assert county.get(LIST).context["page"][0].standing_m2 == 40
    determine(fresh(case), people, at=ago(hours=2), area="55.5", reason="复测")
    response = county.get(LIST)
    assert response.context["page"][0].standing_m2 == pytest.approx(55.5)
    assert response.context["totals"].standing_m2 == pytest.approx(55.5)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=found", ["found"]),
        ("state=open", ["found", "determined"]),
        ("due=overdue", ["determined"]),
        ("source=public", []),
        ("source=aerial", ["found", "determined"]),
        ("unit=419901001000", ["found", "determined"]),
        ("unit=419901002000", []),
        ("q=南关", ["found", "determined"]),
        ("q=没有", []),
        ("state=nonsense&due=x&unit=%25&sort=--", ["found", "determined"]),
    ],
)
def test_filters_come_from_the_address(town, people, county, query, expected):
    found_case(town, people)
    determined_case(town, people, at=ago(days=9), dx=0.007)
    assert sorted(case.state for case in county.get(f"{LIST}?{query}").context["page"]) == sorted(expected)


@pytest.mark.parametrize(("sort", "first"), [("area", 0), ("-area", 1), ("-number", 1), ("number", 0)])
def test_the_table_sorts_as_asked(town, people, county, sort, first):
    cases = [
        determined_case(town, people, at=ago(hours=3), area="50"),
        determined_case(town, people, at=ago(hours=2), area="90", dx=0.007),
    ]
    assert numbers(county.get(f"{LIST}?sort={sort}"))[0] == cases[first].number


def test_the_table_has_pages_and_totals_over_all_of_them(town, people, county, monkeypatch):
    monkeypatch.setattr("inspections.views.cases.CASES_A_PAGE", 2)
    run = make_run(town)
    for n in range(3):
        found_case(town, people, run=run, dx=0.002 + n * 0.001)
    response = county.get(f"{LIST}?page=2")
    assert len(response.context["page"].object_list) == 1
    assert response.context["totals"].count == 3


def test_the_number_of_queries_does_not_grow_with_the_cases(town, people, county, django_assert_num_queries):
    run = make_run(town)
    for n in range(2):
        determined_case(town, people, run=run, dx=0.001 + n * 0.0003)
    with django_assert_num_queries(QUERIES_OF_THE_TABLE):
        county.get(LIST)
    for n in range(6):
        determined_case(town, people, run=run, dx=0.004 + n * 0.0003)
    with django_assert_num_queries(QUERIES_OF_THE_TABLE):
        county.get(LIST)


# Session, person, postings; saved filters; states; counties, townships; count; rows; totals.
QUERIES_OF_THE_TABLE = 9


def test_an_empty_table_says_what_will_be_here(people, county):
    assert "还没有案件" in county.get(LIST).content.decode()


def test_a_filter_without_hits_offers_a_way_back(town, people, county):
    found_case(town, people)
    assert "没有符合条件的案件" in county.get(f"{LIST}?state=closed").content.decode()


def test_the_ledger_holds_the_filtered_cases_with_their_sums(town, people, county):
    determined_case(town, people, at=ago(days=1), area="50.25")
    determined_case(town, people, at=ago(days=1), area="10.50", dx=0.007)
    found_case(town, people, dx=0.003)
    response = county.get(f"{EXPORT}?state=determined")
    rows = rows_of(response.content)
    area = column_of(rows, "现存面积(m²)")
    assert [row[area] for row in rows[2:]] == pytest.approx([10.5, 50.25, 60.75])
    assert rows[2][column_of(rows, "事由")] == "未取得建设工程规划许可"
    assert rows[2][column_of(rows, "来源")] == "影像比对"


def test_a_title_that_looks_like_a_formula_stays_text_in_the_ledger(town, people, county):
    case = found_case(town, people)
    Case.objects.filter(pk=case.pk).update(title="=1+1")
    rows = rows_of(county.get(EXPORT).content)
    assert rows[2][column_of(rows, "标题")] == "=1+1"
