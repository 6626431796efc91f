"""Drawing on a sheet: snapped, refused with its place, counted, saved as versions, never over another's work."""

import pytest
from shapely.geometry import shape

from geo.measure import area_m2
from geo.models import CensusZone
from geo.roles import Role
from tests.factories import make_control_area, make_user
from tests.geo.drawing.conftest import Page, change_of
from tests.geo.drawing.scene import HALF, HIGH, make_scene, make_zone

pytestmark = pytest.mark.django_db
METRE = 1 / 111_132.0


def nodes(geometry: dict) -> set[tuple[float, float]]:
    return {(x, y) for part in shape(geometry).geoms for x, y in part.exterior.coords}


def square_metres(text: str) -> float:
    return float(text.removesuffix(" m²").replace(",", ""))


def new(scene, x, y, width, height, number="003", **fields) -> dict:
    return {
        "key": "n1",
        "id": None,
        "code": scene.unit.code + number,
        "geometry": scene.box(x, y, width, height),
        **fields,
    }


def test_a_sheet_tells_its_zones_their_areas_and_what_stands_in_them(planner, scene):
    data = planner.data()

    west = data["zones"][0]
    assert (west["code"], west["inside"]) == (scene.west.code, {"buildings": 2, "households": 2, "people": None})
    assert west["areaText"].startswith(f"{round(scene.west.boundary_area_m2, 1):,}")
    assert data["freeCodes"][0] == f"{scene.unit.code}003"


def test_what_the_zones_leave_of_their_parent_is_told_with_its_area(planner, scene):
    [gap] = planner.data()["gaps"]

    rest = area_m2(shape(scene.box(0, HIGH, 0.01, 0.01 - HIGH))).area_m2
    assert square_metres(gap["areaText"]) == pytest.approx(rest, rel=1e-4)


def test_a_zone_drawn_roughly_along_others_gets_their_nodes_and_they_get_its_own(planner, scene):
    rough = 0.6 * METRE
    answer = planner.save(new(scene, 0.002, HIGH + rough, 0.006, 0.001))

    assert answer.status_code == 200
    drawn = nodes(planner.zone("003")["geometry"])
    west, east = (nodes(planner.zone(end)["geometry"]) for end in ("001", "002"))
    assert len(drawn & west) == 2  # its own corner on their side, and the corner that the two share
    assert len(drawn & east) == 2


def test_an_overlap_is_refused_and_shown_where_it_is_with_its_area(planner, scene):
    answer = planner.save(new(scene, 0.002, HIGH - 0.001, 0.002, 0.002))

    assert answer.status_code == 422
    [fault] = answer.json()["faults"]
    assert fault["kind"] == "overlap"
    assert "西区" in fault["text"]
    shared = area_m2(shape(fault["geometry"])).area_m2
    assert fault["areaText"] == f"{shared:,.1f} m²"
    assert shared == pytest.approx(area_m2(shape(scene.box(0.002, HIGH - 0.001, 0.002, 0.001))).area_m2, rel=1e-3)
    assert CensusZone.objects.count() == 2


def test_a_part_outside_the_parent_is_refused_and_shown(planner, scene):
    answer = planner.save(new(scene, 0.008, 0.008, 0.004, 0.001))

    [fault] = answer.json()["faults"]
    assert fault["kind"] == "outside"
    assert shape(fault["geometry"]).bounds[2] == pytest.approx(scene.lon + 0.012)
    assert CensusZone.objects.count() == 2


def test_a_bow_tie_is_refused_in_words(planner, scene):
    ring = [(0.001, 0.007), (0.003, 0.009), (0.003, 0.007), (0.001, 0.009), (0.001, 0.007)]
    bow = {"type": "Polygon", "coordinates": [[[scene.lon + x, scene.lat + y] for x, y in ring]]}
    answer = planner.save({**new(scene, 0, 0, 1, 1), "geometry": bow})

    assert answer.status_code == 422
    assert [fault["kind"] for fault in answer.json()["faults"]] == ["invalid"]


def test_checking_writes_nothing_and_tells_area_people_and_gaps(planner, scene):
    events = CensusZone.pgh_event_models["insert"].objects.count()
    answer = planner.post("check", {"changes": [new(scene, 0, HIGH, 0.01, 0.01 - HIGH)]}).json()

    assert answer["faults"] == []
    assert answer["gaps"] == []
    assert answer["zones"][0]["inside"] == {"buildings": 0, "households": 0, "people": None}
    assert (CensusZone.objects.count(), CensusZone.pgh_event_models["insert"].objects.count()) == (2, events)


def test_a_cut_tiles_the_zone_and_shares_its_households_out_by_who_lives_where(planner, scene):
    west = planner.zone("001")
    line = scene.line((-0.001, 0.004), (HALF + 0.001, 0.004))
    pieces = planner.post("split", {"geometry": west["geometry"], "line": line, "households": 80}).json()["pieces"]

    assert [piece["households"] for piece in pieces] == [40, 40]
    total = sum(area_m2(shape(piece["geometry"])).area_m2 for piece in pieces)
    assert total == pytest.approx(scene.west.boundary_area_m2, rel=1e-6)

    answer = planner.save(
        change_of(west, geometry=pieces[0]["geometry"], households=40),
        {**new(scene, 0, 0, 1, 1), "geometry": pieces[1]["geometry"], "households": 40},
    )
    assert answer.status_code == 200
    east = nodes(planner.zone("002")["geometry"])
    assert len(nodes(planner.zone("003")["geometry"]) & nodes(planner.zone("001")["geometry"]) & east) == 1


def test_a_cut_that_misses_is_refused_in_words(planner, scene):
    line = scene.line((0.001, 0.001), (0.002, 0.002))
    answer = planner.post("split", {"geometry": planner.zone("001")["geometry"], "line": line})

    assert answer.status_code == 422
    assert "切开" in answer.json()["detail"]


def test_merging_saves_the_union_and_takes_the_other_zone_away(planner, scene):
    west, east = planner.zone("001"), planner.zone("002")
    union = planner.post("merge", {"geometries": [west["geometry"], east["geometry"]]}).json()["geometry"]
    answer = planner.save(
        change_of(west, geometry=union, households=170),
        {"key": "gone", "id": east["id"], "token": east["token"], "removed": True},
    )

    assert answer.status_code == 200
    [zone] = CensusZone.objects.all()
    assert zone.boundary_area_m2 == pytest.approx(scene.west.boundary_area_m2 + scene.east.boundary_area_m2, rel=1e-6)


def test_zones_without_a_common_side_do_not_merge(planner, scene):
    answer = planner.post("merge", {"geometries": [scene.box(0, 0, 0.001, 0.001), scene.box(0.005, 0, 0.001, 0.001)]})

    assert answer.status_code == 422


def test_every_save_is_a_version_with_who_that_can_be_looked_at_and_restored(planner, second, scene):
    before = planner.zone("001")
    narrow = scene.box(0, 0, HALF, 0.004)
    assert second.save(change_of(second.zone("001"), geometry=narrow)).status_code == 200

    newest, first = planner.get("versions/").json()["versions"][:2]
    assert newest["by"] == "普查员老王"
    assert newest["changed"] == [scene.west.code, scene.east.code]  # the neighbour took a node of the new corner
    then = planner.get(f"versions/{first['number']}/").json()["zones"]
    old = next(zone for zone in then if zone["id"] == before["id"])
    assert old["geometry"] == before["geometry"]

    assert planner.save(change_of(planner.zone("001"), geometry=old["geometry"])).status_code == 200
    assert planner.zone("001")["areaText"] == before["areaText"]
    assert len(planner.get("versions/").json()["versions"]) == 3


def test_a_zone_taken_away_is_in_the_versions_and_comes_back_under_its_code(planner, scene):
    east = planner.zone("002")
    number = planner.get("versions/").json()["versions"][0]["number"]
    planner.save({"key": "gone", "id": east["id"], "token": east["token"], "removed": True})

    newest = planner.get("versions/").json()["versions"][0]
    assert newest["removed"] == [east["code"]]
    assert east["code"] not in planner.data()["freeCodes"]
    [old] = [zone for zone in planner.get(f"versions/{number}/").json()["zones"] if zone["code"] == east["code"]]
    assert planner.save({**old, "key": "n1", "id": None}).status_code == 200
    assert shape(planner.zone("002")["geometry"]).equals_exact(shape(east["geometry"]), 1e-9)


def test_who_comes_second_is_told_whose_version_it_is_and_nothing_is_written(planner, second, scene):
    mine = planner.zone("001")
    second.save(change_of(second.zone("001"), name="王改的"))
    answer = planner.save(change_of(mine, name="我改的"))

    assert answer.status_code == 409
    [conflict] = answer.json()["conflicts"]
    assert (conflict["by"], conflict["theirs"]["name"]) == ("普查员老王", "王改的")
    assert CensusZone.objects.get(pk=scene.west.pk).name == "王改的"

    knowingly = change_of(mine, name="我改的", token=conflict["theirs"]["token"])
    assert planner.save(knowingly).status_code == 200
    assert CensusZone.objects.get(pk=scene.west.pk).name == "我改的"


def test_a_zone_that_somebody_took_away_meanwhile_is_a_conflict_without_theirs(planner, second, scene):
    mine, there = planner.zone("002"), second.zone("002")
    second.save({"key": "gone", "id": there["id"], "token": there["token"], "removed": True})
    answer = planner.save(change_of(mine, name="我改的"))

    assert answer.status_code == 409
    [conflict] = answer.json()["conflicts"]
    assert conflict["theirs"] is None
    assert conflict["by"] == "普查员老王"


def test_a_foreign_zone_slipped_into_a_proposal_is_neither_written_nor_told(planner, town):
    there = make_scene(town, 1, 0)
    there.west.name = "别处的区"
    there.west.save()
    answer = planner.save({"key": "x", "id": there.west.pk, "token": 0, "removed": True})

    assert answer.status_code == 409
    assert answer.json()["conflicts"] == [{"key": "x", "theirs": None, "by": "", "at": ""}]
    assert CensusZone.objects.filter(pk=there.west.pk).exists()


@pytest.mark.parametrize("part", ["", "data/", "versions/"])
def test_a_neighbour_county_s_planner_finds_no_such_sheet(scene, town, part):
    neighbour = Page(make_user(Role.PLANNER, town.counties[1]), scene.address)

    assert neighbour.get(part).status_code == 404


@pytest.mark.parametrize("act", ["check", "split", "merge", "save"])
def test_a_neighbour_county_s_planner_writes_nothing(scene, town, act):
    neighbour = Page(make_user(Role.PLANNER, town.counties[1]), scene.address)

    assert neighbour.post(act, {"changes": []}).status_code == 404


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.COUNTY, Role.SUPERVISOR, Role.HEALTH])
def test_only_planners_and_the_census_office_draw(scene, town, role):
    page = Page(make_user(role, town.counties[0]), scene.address)

    assert page.get("").status_code == 403
    assert page.save().status_code == 403


def test_the_census_office_draws_no_control_areas(scene, town, second):
    page = Page(second.user, f"/drawing/control_area/{town.townships[0][0].code}/")

    assert page.get().status_code == 404


def test_a_version_number_of_another_sheet_is_unknown(planner, town):
    there = make_scene(town, 1, 0)
    number = there.west.events.latest("pgh_id").pgh_id

    assert planner.get(f"versions/{number}/").status_code == 404


def test_a_code_of_another_community_or_a_taken_one_is_refused(planner, scene, town):
    elsewhere = town.communities[0][1].code + "001"
    for code in (elsewhere, scene.west.code, ""):
        answer = planner.save({**new(scene, 0, HIGH, 0.01, 0.001), "code": code})
        assert [fault["kind"] for fault in answer.json()["faults"]] == ["code"], code


def test_blocks_of_an_earlier_census_stay_as_they_are(planner, scene):
    make_zone(scene.unit, 9, scene.lon, scene.lat, 0.01, 0.01).__class__.objects.filter(code__endswith="009").update(
        version="2020"
    )

    assert planner.save(change_of(planner.zone("001"), name="新名")).status_code == 200
    assert [zone["code"][-3:] for zone in planner.get("data/?version=2020").json()["zones"]] == ["009"]


def test_a_control_area_is_drawn_inside_the_jurisdiction_and_linked_to_its_units(planner, town):
    page = Page(planner.user, f"/drawing/control_area/{town.counties[0].code}/")
    lon, lat = town.spot(0, 0, 0, 0)
    inside = {
        "type": "Polygon",
        "coordinates": [[[lon, lat], [lon + 0.01, lat], [lon + 0.01, lat + 0.02], [lon, lat + 0.02], [lon, lat]]],
    }
    wide = {
        "type": "Polygon",
        "coordinates": [[[lon, lat], [lon + 0.02, lat], [lon + 0.02, lat + 0.02], [lon, lat + 0.02], [lon, lat]]],
    }
    change = {"key": "n1", "id": None, "code": "KZ77", "name": "老城", "geometry": inside}

    assert [fault["kind"] for fault in page.save({**change, "geometry": wide}).json()["faults"]] == ["outside"]
    assert page.save(change).status_code == 200
    [area] = page.data()["zones"]
    assert (area["code"], page.data()["gaps"]) == ("KZ77", [])


def test_a_control_area_beyond_the_county_is_not_on_its_sheet(planner, town):
    make_control_area(town, name="全市控制区")
    page = Page(planner.user, f"/drawing/control_area/{town.counties[0].code}/")

    assert page.data()["zones"] == []


def test_the_list_names_the_sheets_of_a_person_and_no_others(planner, town, scene, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        text = planner.client.get("/drawing/").content.decode()

    assert scene.address in text
    assert town.communities[1][0].code not in text


def test_the_sheet_s_data_takes_the_same_number_of_queries_however_many_zones(
    planner, scene, django_assert_max_num_queries
):
    for number in range(3, 12):
        make_zone(scene.unit, number, scene.lon + 0.001 * (number - 3), scene.lat + 0.007, 0.001, 0.001)
    with django_assert_max_num_queries(22):
        planner.data()


def test_nonsense_is_refused_in_words(planner, scene):
    for body in ({"changes": 5}, {"changes": ["x"]}, {"changes": [{"key": "n1", "geometry": {"type": "Point"}}]}):
        answer = planner.post("save", body)
        assert answer.status_code == 422
        assert answer.json()["detail"]
    raw = planner.client.post(f"{scene.address}save/", b"\xff{", content_type="application/json")
    assert raw.status_code == 422
