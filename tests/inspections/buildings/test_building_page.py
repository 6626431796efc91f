"""The archive page of one building: what it gathers, for whom, and that it tells nobody else's."""

import datetime

import pghistory
import pytest
from django.utils import timezone

from geo.roles import Role
from tests import factories
from tests.factories import records

# Session, person, postings; building; permits, cases; photos (cases, inspections of it; photos); flags; history with
# people and units; snapshots of the place. Nothing of it grows with what is shown.
QUERIES_OF_THE_PAGE = 14


def sign_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def south(town):
    return town.communities[0][0]


@pytest.fixture
def spot(town):
    return town.spot(0, 0)


@pytest.fixture
def house(south, spot):
    """About 18 m by 22 m."""
    return factories.make_building(
        south, *spot, code="B-1", household="王秀英", storeys=3, built_year=1998, source="2025年普查", use="residential"
    )


@pytest.fixture
def township(client, town):
    return sign_in(client, factories.make_user(Role.TOWNSHIP, town.townships[0][0]))


def page_of(client, house):
    return client.get(f"/buildings/{house.pk}/")


def photo_ids(response):
    return [int(photo["url"].split("/")[3]) for _day, photos in response.context["photo_days"] for photo in photos]


def test_the_page_tells_the_entry_and_how_its_area_was_measured(township, house):
    response = page_of(township, house)
    text = response.content.decode()
    for words in ("B-1", "王秀英", "住宅", "1998", "2025年普查", "按档案轮廓在椭球面上量算", "基底面积 × 层数推算"):
        assert words in text
    assert response.context["floor_m2"] == pytest.approx(3 * house.footprint_area_m2)
    assert "拆迁不予补偿：" not in text


def test_the_neighbour_and_the_sibling_township_get_404(client, town, house):
    for unit in (town.counties[1], town.townships[0][1]):
        assert page_of(sign_in(client, factories.make_user(Role.TOWNSHIP, unit)), house).status_code == 404


def test_a_post_that_may_not_know_households_reads_neither_household_nor_holder(client, town, south, spot, house):
    factories.make_permit(south, *spot, holder="李建国")
    house.household = "王秀兰"
    house.save()
    text = page_of(sign_in(client, factories.make_user(Role.HEALTH, town.counties[0])), house).content.decode()
    for words in ("王秀英", "王秀兰", "李建国"):
        assert words not in text
    assert "您的岗位不能查看现场照片" in text
    assert "您的岗位不能查看案件" in text


def test_a_structure_determined_as_unauthorised_says_that_nothing_is_paid_for_it(township, house):
    house.no_compensation = True
    house.save()
    assert "拆迁不予补偿：" in page_of(township, house).content.decode()


def test_permits_are_told_with_what_they_cover_and_whether_they_hold(township, town, south, spot, house):
    lon, lat = spot
    whole = factories.make_permit(south, lon, lat, number="P-whole", holder="李建国")
    half = factories.make_permit(south, lon + 0.0001, lat, number="P-half", revoked=True)
    past = factories.make_permit(
        south, lon, lat, number="P-past", valid_from=datetime.date(2020, 1, 1), valid_until=datetime.date(2021, 1, 1)
    )
    factories.make_permit(south, lon + 0.0002, lat, number="P-beside")
    response = page_of(township, house)
    told = {item["permit"].pk: item for item in response.context["permits"]}
    assert set(told) == {whole.pk, half.pk, past.pk}
    assert told[whole.pk]["covered_m2"] == pytest.approx(house.footprint_area_m2, rel=1e-6)
    assert told[half.pk]["covered_m2"] == pytest.approx(house.footprint_area_m2 / 2, rel=1e-3)
    assert [told[key]["state_label"] for key in (whole.pk, half.pk, past.pk)] == ["有效", "已撤销", "已到期"]
    assert response.context["beyond_m2"] == pytest.approx(0, abs=0.01)
    assert "李建国" in response.content.decode()


def test_what_no_standing_permit_covers_is_measured(township, south, spot, house):
    lon, lat = spot
    factories.make_permit(south, lon + 0.0001, lat)
    factories.make_permit(south, lon, lat, revoked=True)
    assert page_of(township, house).context["beyond_m2"] == pytest.approx(house.footprint_area_m2 / 2, rel=1e-3)


def test_cases_of_the_building_and_on_its_ground_are_listed_but_not_those_beside(township, south, spot, house):
    lon, lat = spot
    own = records.make_case(south, lon + 0.001, lat, building=house)
    ground = records.make_case(south, lon + 0.0001, lat + 0.0001)
    records.make_case(south, lon + 0.0005, lat)
    reaching_in = records.make_case(south, lon - 0.0001, lat)
    records.make_case(south, lon - 0.000148, lat)  # leans on the wall, but for 0.2 m of drawing
    told = {case.pk for case in page_of(township, house).context["cases"]}
    assert told == {own.pk, ground.pk, reaching_in.pk}


def test_photos_of_the_building_stand_by_day_newest_first(township, south, spot, house):
    lon, lat = spot
    by = factories.make_user()
    now = timezone.now()
    case = records.make_case(south, lon, lat, building=house)
    task = records.make_task(south, lon, lat, assigned_to=by, building=house)
    inspection = records.make_inspection(south, lon, lat, by=by, task=task)
    far = (lon + 0.004, lat)  # belongs by its record, wherever the phone thought it was
    of_case = records.make_photo(south, *far, by=by, case=case, taken_at=now)
    of_task = records.make_photo(south, *far, by=by, inspection=inspection, taken_at=now - datetime.timedelta(days=9))
    inside = records.make_photo(south, lon + 0.0001, lat + 0.0001, by=by, taken_at=now - datetime.timedelta(days=3))
    before_the_door = records.make_photo(
        south, lon + 0.0001, lat - 0.00007, by=by, taken_at=now - datetime.timedelta(days=5)
    )  # 8 m
    records.make_photo(south, lon + 0.0001, lat - 0.0002, by=by)  # 22 m: across the street
    records.make_photo(south, lon - 0.0001, lat - 0.00008, by=by)  # in the corner of the frame, 13 m off
    records.make_photo(south, *far, by=by, inspection=records.make_inspection(south, *far, by=by))
    response = page_of(township, house)
    assert photo_ids(response) == [of_case.pk, inside.pk, before_the_door.pk, of_task.pk]
    assert len(response.context["photo_days"]) == 4
    text = response.content.decode()
    assert "轮廓内" in text
    assert "距轮廓 8 m" in text


def test_a_corrected_place_counts_before_the_phones(township, south, spot, house):
    lon, lat = spot
    by = factories.make_user()
    moved_away = factories.point(lon + 0.003, lat)
    records.make_photo(south, lon + 0.0001, lat + 0.0001, by=by, corrected_position=moved_away)
    moved_here = records.make_photo(
        south, lon + 0.003, lat, by=by, corrected_position=factories.point(lon + 0.0001, lat + 0.0001)
    )
    assert photo_ids(page_of(township, house)) == [moved_here.pk]


def test_photos_cases_permits_and_flags_of_another_jurisdiction_on_the_same_ground_stay_unseen(
    client, township, town, south, spot, house
):
    foreign, by = town.communities[1][0], factories.make_user()
    lon, lat = spot
    case = records.make_case(foreign, lon, lat, building=house, title="邻县案件")
    photo = records.make_photo(foreign, lon + 0.0001, lat + 0.0001, by=by, case=case)
    factories.make_permit(foreign, lon, lat, number="P-foreign")
    factories.make_flag(factories.make_run(town), foreign, lon, lat, building=house)
    response = page_of(township, house)
    for name in ("photo_days", "cases", "permits", "flags"):
        assert not response.context[name], name
    assert township.get(f"/files/photo/{photo.pk}/thumbnail").status_code == 404


def test_older_photos_beyond_the_sheet_are_counted(township, south, spot, house, monkeypatch):
    monkeypatch.setattr("inspections.building_evidence.MOST_PHOTOS", 1)
    by = factories.make_user()
    for days in range(3):
        records.make_photo(south, *spot, by=by, taken_at=timezone.now() - datetime.timedelta(days=days))
    assert "另有 2 张更早的照片未显示" in page_of(township, house).content.decode()


def test_what_was_seen_from_the_air_stands_newest_flight_first(township, town, south, spot, house):
    first = factories.make_flag(factories.make_run(town), south, *spot, building=house)
    later_run = factories.make_run(
        town,
        before=factories.make_snapshot(town, datetime.date(2026, 6, 20)),
        after=factories.make_snapshot(town, datetime.date(2026, 10, 2)),
    )
    later = factories.make_flag(later_run, south, *spot)
    factories.make_flag(later_run, south, spot[0] + 0.001, spot[1])
    factories.make_flag(later_run, south, *spot, state="superseded")
    assert [flag.pk for flag in page_of(township, house).context["flags"]] == [later.pk, first.pk]


def test_the_history_says_who_changed_what_in_words(township, town, house):
    planner = factories.make_user(Role.PLANNER, town.city, username="规划员甲")
    with pghistory.context(user=planner.pk, file="buildings.shp"):
        house.use, house.storeys, house.household = "commercial", 4, "张三"
        house.save()
    told = page_of(township, house).context["history"]
    assert [event.title for event in told] == ["修改", "建档"]
    assert told[0].by == "规划员甲"
    assert told[0].text == "用途 住宅 → 商业；层数 3 → 4；户主/产权人 王秀英 → 张三；导入自 buildings.shp"


def test_a_write_that_changed_nothing_is_no_line_of_history(township, house):
    house.save()
    assert len(page_of(township, house).context["history"]) == 1


def test_the_number_of_queries_does_not_grow_with_what_is_shown(
    township, town, south, spot, house, django_assert_num_queries
):
    def fill(n):
        lon, lat = spot
        by = factories.make_user()
        factories.make_permit(south, lon, lat)
        case = records.make_case(south, lon, lat)
        records.make_photo(south, lon, lat, by=by, case=case)
        factories.make_flag(factories.make_run(town), south, lon, lat, building=house)
        with pghistory.context(user=by.pk):
            house.storeys = n
            house.save()

    fill(1)
    with django_assert_num_queries(QUERIES_OF_THE_PAGE):
        page_of(township, house)
    for n in range(2, 6):
        fill(n)
    with django_assert_num_queries(QUERIES_OF_THE_PAGE):
        page_of(township, house)


def test_map_and_search_lead_to_the_page(township, spot, house):
    lon, lat = spot
    place = {"lon": lon + 0.0001, "lat": lat + 0.0001, "zoom": 18, "layers": "buildings"}
    told = township.get("/api/identify/", place).json()["results"]
    assert [item["url"] for item in told] == [f"/buildings/{house.pk}/"]
    assert f'href="/buildings/{house.pk}/"' in township.get("/search/?q=B-1").content.decode()


def test_a_case_leads_to_its_building_unless_that_lies_outside_the_readers_area(township, town, south, spot, house):
    case = records.make_case(south, *spot, building=house)
    link = f'href="/buildings/{house.pk}/"'
    assert link in township.get(f"/cases/{case.number}/").content.decode()
    house.unit = town.communities[1][0]
    house.save()
    assert link not in township.get(f"/cases/{case.number}/").content.decode()
