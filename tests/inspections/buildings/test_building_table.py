"""The table of the housing archive: what it keeps, in whose sight, how it is filtered and exported."""

import pytest

from geo.models import Building, Permit
from geo.roles import Role
from tests import factories
from tests.factories import records
from tests.inspections.cases.sheets import column_of, rows_of

LIST, EXPORT = "/buildings/", "/buildings/export.xlsx"
# Session, person, postings; the asked unit is not asked; totals; rows; permits and cases of the page; units.
QUERIES_OF_THE_TABLE = 8


def sign_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def county(client, town):
    return sign_in(client, factories.make_user(Role.COUNTY, town.counties[0]))


@pytest.fixture
def houses(town):
    """Four houses of the first county, one of the neighbour's."""
    south, north = town.communities[0][0], town.communities[0][2]
    lon, lat = town.spot(0, 0)
    made = {
        "brick": factories.make_building(
            south, lon, lat, code="B-1", use="residential", structure="brick_concrete", household="王秀英", storeys=2
        ),
        "shed": factories.make_building(
            south, lon + 0.001, lat, code="B-2", use="storage", structure="sheet_steel", name="仓棚", built_year=2019
        ),
        "gone": factories.make_building(south, lon + 0.002, lat, code="B-3", status="demolished", address="南关路7号"),
        "north": factories.make_building(north, *town.spot(0, 2), code="B-4", size=0.0004, no_compensation=True),
        "foreign": factories.make_building(
            town.communities[1][0], *town.spot(1, 0), code="B-9", household="邻县人", address="邻县路1号"
        ),
    }
    factories.make_permit(south, lon, lat, number="P-1")
    records.make_case(south, lon + 0.001, lat, number="SY-1", building=made["shed"])
    return made


def codes(response):
    return [row.building.code for row in response.context["rows"]]


def test_the_table_holds_the_own_county_and_nothing_of_the_neighbour(county, houses):
    response = county.get(LIST)
    assert codes(response) == ["B-1", "B-2", "B-3", "B-4"]
    assert response.context["totals"].count == 4
    assert "B-9" not in response.content.decode()
    assert "邻县" not in response.content.decode()


def test_the_neighbour_sees_only_the_own_house_in_table_and_export(client, town, houses):
    neighbour = sign_in(client, factories.make_user(Role.COUNTY, town.counties[1]))
    assert codes(neighbour.get(LIST)) == ["B-9"]
    rows = rows_of(neighbour.get(EXPORT).content)
    assert [row["A"] for row in rows[2:-1]] == ["B-9"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("use=storage", ["B-2"]),
        ("status=demolished", ["B-3"]),
        ("structure=sheet_steel", ["B-2"]),
        ("permit=yes", ["B-1"]),
        ("permit=no", ["B-2", "B-3", "B-4"]),
        ("case=open", ["B-2"]),
        ("case=barred", ["B-4"]),
        ("unit=419901001000", ["B-1", "B-2", "B-3"]),
        ("unit=419902000000", ["B-1", "B-2", "B-3", "B-4"]),  # not in sight: left out of account
        ("q=b-2", ["B-2"]),
        ("q=仓棚", ["B-2"]),
        ("q=南关路", ["B-3"]),
        ("q=秀英", ["B-1"]),
        ("q=邻县", []),
        ("use=residential&permit=yes&q=王", ["B-1"]),
        ("unit=%00&q=%00", ["B-1", "B-2", "B-3", "B-4"]),
        ("use=nonsense&status=x&permit=maybe&unit=%25&case=0&sort=--&page=99", ["B-1", "B-2", "B-3", "B-4"]),
    ],
)
def test_filters_come_from_the_address_and_hold_in_the_export(county, houses, query, expected):
    assert codes(county.get(f"{LIST}?{query}")) == expected
    rows = rows_of(county.get(f"{EXPORT}?{query}").content)
    assert [row["A"] for row in rows[2:-1]] == expected


@pytest.mark.parametrize(("sort", "first"), [("code", "B-1"), ("-code", "B-4"), ("-area", "B-4"), ("year", "B-2")])
def test_the_table_sorts_as_asked(county, houses, sort, first):
    assert codes(county.get(f"{LIST}?sort={sort}"))[0] == first


def test_a_permit_that_only_touches_a_wall_or_was_revoked_is_no_permit(county, town, houses):
    Building.objects.exclude(code="B-2").delete()
    lon, lat = town.spot(0, 0)
    south = town.communities[0][0]
    factories.make_permit(south, lon + 0.001197, lat)  # begins where the shed ends, but for 0.3 m of drawing
    factories.make_permit(south, lon + 0.001, lat, revoked=True)
    assert codes(county.get(f"{LIST}?permit=yes")) == []
    factories.make_permit(south, lon + 0.0011, lat)
    assert codes(county.get(f"{LIST}?permit=yes")) == ["B-2"]


def test_a_post_that_may_not_know_households_neither_reads_nor_finds_one(client, town, houses):
    health = sign_in(client, factories.make_user(Role.HEALTH, town.counties[0]))
    for address in (LIST, f"{LIST}?q=B-1"):
        assert "王秀英" not in health.get(address).content.decode()
    assert codes(health.get(f"{LIST}?q=秀英")) == []
    rows = rows_of(health.get(EXPORT).content)
    assert all("王秀英" not in row.values() for row in rows)


def test_a_post_that_may_not_see_cases_gets_none_by_the_filter(client, town, houses):
    planner = sign_in(client, factories.make_user(Role.PLANNER, town.counties[0]))
    assert codes(planner.get(f"{LIST}?case=open")) == []
    assert "SY-1" not in planner.get(LIST).content.decode()


def test_the_export_tells_permit_case_and_area(county, houses):
    rows = rows_of(county.get(f"{EXPORT}?q=B-").content)
    by_code = {row["A"]: row for row in rows[2:-1]}
    assert by_code["B-1"][column_of(rows, "许可")] == "有"
    assert by_code["B-2"][column_of(rows, "未结案件")] == "SY-1"
    assert by_code["B-4"][column_of(rows, "拆迁补偿")] == "不予补偿"
    area = column_of(rows, "基底面积(m²)")
    assert by_code["B-1"][area] == pytest.approx(houses["brick"].footprint_area_m2, abs=0.01)
    assert rows[-1][area] == pytest.approx(sum(row[area] for row in rows[2:-1]))


def test_too_many_rows_are_not_exported_but_said_so_and_the_filter_is_kept(county, houses, monkeypatch):
    monkeypatch.setattr("inspections.views.buildings.MOST_EXPORTED", 2)
    assert len(rows_of(county.get(f"{EXPORT}?use=other").content)) == 5  # title, heads, two houses, sum
    monkeypatch.setattr("inspections.views.buildings.MOST_EXPORTED", 1)
    response = county.get(f"{EXPORT}?use=other", follow=True)
    assert response.redirect_chain == [(f"{LIST}?use=other", 302)]
    assert "没有导出：共 2 栋" in response.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_buildings(county, town, houses, django_assert_num_queries):
    with django_assert_num_queries(QUERIES_OF_THE_TABLE):
        county.get(LIST)
    for n in range(12):
        unit = town.communities[0][n % 4]
        lon, lat = town.spot(0, n % 4, dx=0.001 + n * 0.0003)
        building = factories.make_building(unit, lon, lat)
        factories.make_permit(unit, lon, lat)
        records.make_case(unit, lon, lat, building=building)
    with django_assert_num_queries(QUERIES_OF_THE_TABLE):
        county.get(LIST)


def test_the_table_has_pages_and_totals_over_all_of_them(county, houses, monkeypatch):
    monkeypatch.setattr("inspections.views.buildings.BUILDINGS_A_PAGE", 3)
    response = county.get(f"{LIST}?page=2")
    assert codes(response) == ["B-4"]
    assert response.context["totals"].count == 4


def test_an_empty_archive_says_what_will_be_here_and_a_filter_without_hits_offers_a_way_back(county, town):
    assert "档案里还没有建筑" in county.get(LIST).content.decode()
    assert "没有符合条件的建筑" in county.get(f"{LIST}?q=没有").content.decode()


def test_the_unit_choice_leads_down_from_the_own_area(county, town):
    def offered(query):
        selects = county.get(f"{LIST}?{query}").context["selects"]
        return [code for code, _name in next(choices for name, _label, choices, _chosen in selects if name == "unit")]

    assert offered("") == ["419901000000", "419901001000", "419901002000"]
    assert offered("unit=419901001000") == ["419901000000", "419901001000", "419901001001", "419901001002"]


def test_somebody_who_may_not_see_the_map_is_told_who_may(client, db):
    response = sign_in(client, factories.make_user()).get(LIST)
    assert response.status_code == 403


def test_an_administrator_sees_all_jurisdictions(client, houses):
    sign_in(client, factories.make_user(is_superuser=True))
    assert codes(client.get(LIST)) == ["B-1", "B-2", "B-3", "B-4", "B-9"]
    assert codes(client.get(f"{LIST}?permit=no&q=邻县人")) == ["B-9"]


def test_the_post_of_a_special_area_sees_what_lies_in_it_and_no_more(client, town, houses):
    area = factories.make_special_area(town)
    Building.objects.filter(code__in=["B-1", "B-9"]).update(special_area=area)
    sign_in(client, factories.make_user(Role.SUPERVISOR, special_area=area))
    assert codes(client.get(LIST)) == ["B-1", "B-9"]
    assert client.get(f"/buildings/{houses['north'].pk}/").status_code == 404
    assert client.get(f"/buildings/{houses['foreign'].pk}/").status_code == 200


def test_no_building_stands_on_the_ground_of_nothing(town, houses):
    assert Building.objects.keys_on_ground_of(Permit.objects.none()) == []
