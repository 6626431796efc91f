"""The pages of the archive areas: in whose sight, overdue first, filtered, counted, exported, and the task."""

import datetime
import io

import numpy
import pytest
from django.conf import settings
from django.utils import timezone
from PIL import Image

from geo.roles import Role
from inspections.models import InspectionTask
from tests import factories
from tests.architecture.world import _write_raster as write_raster
from tests.factories import records
from tests.inspections.cases.sheets import column_of, rows_of

pytestmark = pytest.mark.django_db

LIST, EXPORT, CALENDAR = "/archive-areas/", "/archive-areas/export.xlsx", "/archive-areas/calendar/"
# Session, person, postings; count, rows, rule sets, totals, units.
QUERIES_OF_THE_TABLE = 8
READERS = [Role.INSPECTOR, Role.TOWNSHIP, Role.COUNTY, Role.CENTRE, Role.OFFICE, Role.PLANNER]


def sign_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def county(client, town):
    return sign_in(client, factories.make_user(Role.COUNTY, town.counties[0]))


@pytest.fixture
def areas(town):
    """Three areas of the first county: overdue by 3 days, due in 2, due in 40; one of the neighbour's."""
    today = timezone.localdate()
    made = {}
    for name, community, days in (("ahead", 0, 40), ("late", 1, -3), ("soon", 2, 2)):
        made[name] = factories.make_archive_area(
            town.communities[0][community],
            *town.spot(0, community),
            name=f"区域{name}",
            first_due=today + datetime.timedelta(days=days),
            kind="shanty_area" if name == "soon" else "urban_village",
        )
    made["foreign"] = factories.make_archive_area(
        town.communities[1][0], *town.spot(1, 0), name="邻县棚户区", first_due=today
    )
    return made


def names(response):
    return [row.archive_area.name for row in response.context["rows"]]


def test_the_longest_overdue_comes_first_in_words_and_the_neighbour_s_is_not_there(county, areas):
    response = county.get(LIST)
    assert names(response) == ["区域late", "区域soon", "区域ahead"]
    text = response.content.decode()
    assert "逾期 3 天" in text
    assert "还剩 2 天" in text
    assert "邻县" not in text
    assert (response.context["totals"].count, response.context["totals"].late) == (3, 1)


@pytest.mark.parametrize("role", READERS)
def test_each_reader_sees_their_own_units_areas_alone(client, town, areas, role):
    sign_in(client, factories.make_user(role, town.communities[0][1]))
    assert names(client.get(LIST)) == ["区域late"]
    assert client.get(f"{LIST}{areas['late'].pk}/").status_code == 200
    assert client.get(f"{LIST}{areas['ahead'].pk}/").status_code == 404
    assert client.get(f"{LIST}{areas['foreign'].pk}/").status_code == 404


@pytest.mark.parametrize("role", [Role.FINANCE, Role.HEALTH, Role.CENSUS])
def test_posts_that_have_nothing_to_do_with_it_are_turned_away(client, town, areas, role):
    sign_in(client, factories.make_user(role, town.city))
    assert client.get(LIST).status_code == 403
    assert "区域建档" not in client.get("/map/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("due=late", ["区域late"]),
        ("due=week", ["区域soon"]),
        ("due=month", ["区域soon"]),
        ("kind=shanty_area", ["区域soon"]),
        ("q=ahead", ["区域ahead"]),
        ("sort=-due", ["区域ahead", "区域soon", "区域late"]),
        ("kind=nonsense&due=nonsense&unit=1", ["区域late", "区域soon", "区域ahead"]),
    ],
)
def test_the_address_filters_and_sorts(county, areas, query, found):
    assert names(county.get(f"{LIST}?{query}")) == found


def test_the_table_of_a_unit_holds_what_touches_it(county, areas, town):
    assert names(county.get(f"{LIST}?unit={town.communities[0][2].code}")) == ["区域soon"]
    assert names(county.get(f"{LIST}?unit={town.communities[1][0].code}")) == ["区域late", "区域soon", "区域ahead"]


def test_the_number_of_queries_does_not_grow_with_the_rows(county, areas, town, django_assert_num_queries):
    with django_assert_num_queries(QUERIES_OF_THE_TABLE):
        county.get(LIST)
    for n in range(5):
        factories.make_archive_area(town.communities[0][0], *town.spot(0, 0, 0.001 * n, 0.001), interval_days=None)
    with django_assert_num_queries(QUERIES_OF_THE_TABLE):
        county.get(LIST)


def test_an_empty_table_says_what_will_be_there(county, town):
    assert "还没有建档区域" in county.get(LIST).content.decode()


def test_a_filter_that_finds_nothing_says_so(county, areas):
    assert "没有符合条件的区域" in county.get(f"{LIST}?q=不存在").content.decode()


def test_the_ledger_holds_the_filtered_rows(county, areas):
    rows = rows_of(county.get(f"{EXPORT}?due=late").content)
    assert [row[column_of(rows, "名称")] for row in rows[2:3]] == ["区域late"]
    assert rows[2][column_of(rows, "期限")] == "逾期 3 天"
    assert len(rows) == 4  # title, heads, the area, sum


def test_the_calendar_tells_a_month_s_areas_on_their_days(county, areas):
    due = areas["soon"].next_due
    response = county.get(f"{CALENDAR}?month={due:%Y-%m}")
    days = {day.day: [area.name for area in day.areas] for week in response.context["weeks"] for day in week}
    assert days[due] == ["区域soon"]
    assert "邻县" not in response.content.decode()
    assert all(len(week) == 7 for week in response.context["weeks"])


@pytest.mark.parametrize("month", ["", "2026-13", "x", "0000-01", "9999-12", "0001-01"])
def test_any_month_of_an_address_is_answered(county, areas, month):
    assert county.get(f"{CALENDAR}?month={month}").status_code == 200


def test_the_page_tells_what_was_taken_when(county, areas, town):
    area, inspector = areas["late"], factories.make_user(Role.INSPECTOR, areas["late"].unit)
    lon, lat = town.spot(0, 1)
    factories.make_snapshot(town, datetime.date(2026, 3, 1))
    records.make_photo(area.unit, lon + 0.0005, lat + 0.0005, by=inspector)
    records.make_photo(town.communities[0][0], *town.spot(0, 0), by=inspector)  # elsewhere
    response = county.get(f"{LIST}{area.pk}/")
    taken = response.context["taken"]
    assert [(one.flight is not None, len(one.photos)) for one in taken] == [(False, 1), (True, 0)]
    assert "覆盖区域的 100%" in response.content.decode()


def test_who_may_not_see_snapshots_is_told_so(client, areas, town):
    factories.make_snapshot(town, datetime.date(2026, 3, 1))
    sign_in(client, factories.make_user(Role.INSPECTOR, areas["late"].unit))
    response = client.get(f"{LIST}{areas['late'].pk}/")
    assert response.context["taken"] == []
    assert "您的岗位不能查看航拍影像。" in response.content.decode()


def test_the_task_for_the_photos_leads_to_the_area(client, areas, town):
    area = areas["late"]
    inspector = factories.make_user(Role.INSPECTOR, area.unit)
    sign_in(client, factories.make_user(Role.TOWNSHIP, town.townships[0][0]))
    assert f"/tasks/new/?archive_area={area.pk}" in client.get(LIST).content.decode()
    answer = client.post(f"/tasks/new/?archive_area={area.pk}", {"to": inspector.pk})
    assert answer.headers["Location"] == f"{LIST}{area.pk}/"
    task = InspectionTask.objects.get()
    assert task.archive_area == area
    assert task.title == "拍摄建档：区域late"
    assert area.boundary.contains(task.location)
    assert [item["code"] for item in task.checklist.items] == ["overview", "streets", "new_building", "remarks"]
    assert str(inspector) in client.get(f"{LIST}{area.pk}/").content.decode()
    sign_in(client, inspector)
    assert client.get(f"/field/{task.pk}/").status_code == 200


def test_nobody_sends_somebody_to_a_neighbour_s_area(county, areas):
    assert county.get(f"/tasks/new/?archive_area={areas['foreign'].pk}").status_code == 404


def test_the_picture_is_cut_to_the_reader_s_own_ground(client, town):
    """Half of an area on the border between two communities."""
    lon, lat = town.spot(0, 0, 0.004, 0.0095)
    area = factories.make_archive_area(town.communities[0][0], lon, lat)
    area.units.add(town.communities[0][1])
    snapshot = factories.make_snapshot(town, datetime.date(2026, 3, 1))
    write_raster(snapshot.web_path, town.city.boundary.extent)
    address = f"{LIST}{area.pk}/pictures/{snapshot.pk}.webp"

    def shown(user) -> float:
        answer = sign_in(client, user).get(address)
        assert answer.status_code == 200
        alpha = Image.open(io.BytesIO(answer.content)).convert("RGBA").getchannel("A")
        return float((numpy.asarray(alpha) > 0).mean())

    assert shown(factories.make_user(Role.COUNTY, town.counties[0])) == 1.0
    assert shown(factories.make_user(Role.TOWNSHIP, town.communities[0][1])) == pytest.approx(0.5, abs=0.03)
    assert sign_in(client, factories.make_user(Role.COUNTY, town.counties[1])).get(address).status_code == 404
    (settings.PRIVATE_ROOT / snapshot.web_path).unlink()
    assert sign_in(client, factories.make_user(Role.COUNTY, town.counties[0])).get(address).status_code == 404
