"""Cases and tasks as boards and tables: the same filters everywhere, nothing of the neighbour, few queries."""

import math
from datetime import timedelta

import pytest
from django.utils import timezone

from geo.roles import Role
from inspections.models import TaskState
from tests.factories import make_run, make_user
from tests.factories.records import make_source, make_task
from tests.inspections.cases.scene import determined_case, found_case
from tests.inspections.cases.sheets import column_of, rows_of

CASES, TASKS = "/cases/board/", "/tasks/board/"


def ago(**duration):
    return timezone.now() - timedelta(**duration)


@pytest.fixture
def county(client, people):
    client.force_login(people.county)
    return client


@pytest.fixture
def task_at(town):
    """A function that gives a task in the first county's first community, unless told otherwise."""
    inspector = make_user(Role.INSPECTOR, town.communities[0][0], username="walker")

    def make(county=0, **fields):
        return make_task(town.communities[county][0], *town.spot(county), assigned_to=inspector, **fields)

    return make


def cards(response):
    return {column.state: [card.pk for card in column.cards] for column in response.context["columns"]}


def test_a_case_stands_in_the_column_of_its_state_and_what_is_late_comes_first(town, people, county):
    found = found_case(town, people)
    recent = determined_case(town, people, at=ago(hours=1), dx=0.003)
    late = determined_case(town, people, at=ago(days=5), dx=0.007)
    response = county.get(CASES)
    shown = cards(response)
    assert shown["found"] == [found.pk]
    assert shown["determined"] == [late.pk, recent.pk]
    assert shown["routed"] == []
    assert shown["demolishing"] == []
    assert "closed" not in shown, "a column for what is over appears when there is something in it"
    text = response.content.decode()
    assert "逾期" in text
    assert late.number in text
    assert late.unit.name in text
    assert "128.4 m²" in text


def test_a_column_shows_its_first_cards_and_counts_the_others(town, people, county, monkeypatch):
    monkeypatch.setattr("inspections.board.CARDS_A_COLUMN", 2)
    run = make_run(town)
    for n in range(3):
        found_case(town, people, run=run, dx=0.002 + n * 0.001)
    response = county.get(f"{CASES}?q=图斑&q=")
    column = response.context["columns"][0]
    assert (column.count, len(column.cards), column.unshown) == (3, 2, 1)
    assert "还有 1 件" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "states"),
    [("state=found", {"found"}), ("due=overdue", {"determined"}), ("source=aerial", {"found", "determined"})],
)
def test_the_board_the_table_the_ledger_and_the_map_keep_to_one_filter(town, people, county, query, states):
    found_case(town, people)
    case = determined_case(town, people, at=ago(days=9), dx=0.007)
    make_source(case, "aerial", note="再次发现")  # two sources of a kind are one card all the same
    board, table = county.get(f"{CASES}?{query}"), county.get(f"/cases/?{query}")
    on_board = {pk for column in cards(board).values() for pk in column}
    assert on_board == {row.pk for row in table.context["page"]}
    assert {state for state, pks in cards(board).items() if pks} == states
    ledger = rows_of(county.get(f"/cases/export.xlsx?{query}").content)
    assert len([row for row in ledger[2:] if row.get("A") not in (None, "合计")]) == len(on_board)
    assert county.get(f"/map/?layer=cases&{query}").context["narrowed"]["count"] == len(on_board)
    assert sum(len(pks) for pks in cards(board).values()) == len(on_board)


def test_the_tiles_of_the_map_hold_the_filtered_cases_alone(town, people, county):
    case = found_case(town, people)
    z, lon, lat = 17, case.location.x, case.location.y
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z)
    tile = f"/tiles/v/cases/{z}/{x}/{y}.mvt"
    assert county.get(f"{tile}?state=found").status_code == 200
    assert county.get(f"{tile}?state=closed").status_code == 204
    assert county.get(f"{tile}?due=overdue").status_code == 204


def test_the_neighbour_county_is_on_neither_board(town, people, client, task_at):
    found_case(town, people)
    task_at()
    client.force_login(make_user(Role.COUNTY, town.counties[1]))
    assert all(not column for column in cards(client.get(CASES)).values() or [[]])
    assert all(not column for column in cards(client.get(TASKS)).values() or [[]])
    assert client.get("/tasks/").context["totals"].count == 0


# Session, person, postings; counts by state and totals for the figures; states, counties, townships; cards.
QUERIES_OF_THE_CASE_BOARD = 8
# Session, person, postings; figures; states; units; people; counts by state; cards.
QUERIES_OF_THE_TASK_BOARD = 9
# Session, person, postings; filters; figures; states; units; people; count; rows; cases.
QUERIES_OF_THE_TASK_TABLE = 11


def test_the_boards_ask_as_often_for_many_as_for_few(town, people, county, task_at, django_assert_num_queries):
    run = make_run(town)
    for n in range(4):
        for dx in (0.001, 0.004):
            case = determined_case(town, people, run=run, dx=dx + n * 0.0003)
            task_at(case=case)
        with django_assert_num_queries(QUERIES_OF_THE_CASE_BOARD):
            county.get(CASES)
        with django_assert_num_queries(QUERIES_OF_THE_TASK_BOARD):
            county.get(TASKS)
        with django_assert_num_queries(QUERIES_OF_THE_TASK_TABLE):
            county.get("/tasks/")


def test_empty_boards_say_what_will_be_here(people, county):
    assert "还没有案件" in county.get(CASES).content.decode()
    assert "还没有巡查任务" in county.get(TASKS).content.decode()
    assert "还没有巡查任务" in county.get("/tasks/").content.decode()


# --- tasks ----------------------------------------------------------------------------------------------------------
def test_the_table_of_tasks_puts_what_is_late_first_and_what_is_over_last(town, county, task_at):
    done = task_at(state=TaskState.DONE, due_at=ago(days=9))
    ahead, late, undated = task_at(due_at=ago(days=-3)), task_at(due_at=ago(days=1)), task_at(due_at=None)
    response = county.get("/tasks/")
    assert [task.pk for task in response.context["page"]] == [late.pk, ahead.pk, undated.pk, done.pk]
    assert (response.context["totals"].count, response.context["totals"].waiting) == (4, 3)
    assert response.context["totals"].overdue == 1, "what was done late is not late any more"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=done", 1),
        ("due=overdue", 1),
        ("due=soon", 1),
        ("person={walker}", 3),
        ("person=0", 0),
        ("unit=419901001000", 3),
        ("unit=419901002000", 0),
        ("q=围墙", 1),
        ("state=x&due=x&unit=%25&sort=x", 3),
    ],
)
def test_tasks_are_filtered_by_the_address_alike_in_table_board_and_ledger(town, county, task_at, query, expected):
    query = query.replace("{walker}", str(task_at(state=TaskState.DONE).assigned_to_id))
    task_at(due_at=ago(days=2))
    task_at(due_at=ago(days=-1), title="围墙外")
    assert len(county.get(f"/tasks/?{query}").context["page"].object_list) == expected
    assert sum(len(pks) for pks in cards(county.get(f"/tasks/board/?{query}")).values()) == expected
    rows = rows_of(county.get(f"/tasks/export.xlsx?{query}").content)
    assert len([row for row in rows[2:] if row.get("A") not in (None, "合计")]) == expected


def test_the_number_of_a_case_is_told_only_to_those_who_see_the_case(town, people, county, client, task_at):
    case = found_case(town, people)
    task_at(case=case, title="核查")
    rows = rows_of(county.get("/tasks/export.xlsx").content)
    assert rows[2][column_of(rows, "案件编号")] == case.number
    client.force_login(make_user(Role.INSPECTOR, town.communities[0][0]))
    assert case.number not in client.get("/tasks/").content.decode()
    rows = rows_of(client.get("/tasks/export.xlsx").content)
    assert not rows[2][column_of(rows, "案件编号")]
