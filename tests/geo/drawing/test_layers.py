"""Archive areas, buildings, permits and control areas are drawn with what is written beside them, by import's rules."""

import datetime

import pytest

from geo.actions import drawing
from geo.models import ArchiveArea, Building, ControlArea, Permit
from geo.roles import Role
from tests import factories
from tests.factories import make_user
from tests.geo.drawing.conftest import Page, change_of

pytestmark = pytest.mark.django_db

AREA_FIELDS = {"kind": "urban_village", "interval_days": "90", "first_due": "2026-12-01"}
BUILDING_FIELDS = {"use": "residential", "structure": "frame", "status": "standing", "storeys": "3"}
PERMIT_FIELDS = {"kind": "planning", "valid_from": "2026-01-01", "valid_until": "", "revoked": "0"}
SHEETS = {
    "archive_area": ("archive_area", AREA_FIELDS, "DA77"),
    "building": ("building", BUILDING_FIELDS, "FW77"),
    "permit": ("permit", PERMIT_FIELDS, "建字第77号"),
    "control_area": ("control_area", {"min_area_m2": "25"}, "KZ77"),
}
EACH = pytest.mark.parametrize("kind", list(SHEETS))


@pytest.fixture
def pages(scene, town):
    """The sheet of each layer as the planner of the first county opens it."""
    planner = make_user(Role.PLANNER, town.counties[0])

    def page(kind: str, unit=None) -> Page:
        own = town.counties[0] if kind.endswith("_area") else scene.unit
        return Page(planner, f"/drawing/{kind}/{(unit or own).code}/")

    return page


def drawn(scene, kind: str, *, x: float = 0.002, y: float = 0.002, size: float = 0.001, **changes) -> dict:
    _kind, fields, code = SHEETS[kind]
    sent = {"key": "n1", "id": None, "token": None, "code": code, "name": "新画的", "households": None}
    sent |= {"fields": {**fields, **changes.pop("fields", {})}, "geometry": scene.box(x, y, size, size)}
    return {**sent, **changes}


def faults(answer) -> list[str]:
    return [fault["text"] for fault in answer.json()["faults"]]


MODELS = {"archive_area": ArchiveArea, "building": Building, "permit": Permit, "control_area": ControlArea}


@EACH
def test_what_is_drawn_is_measured_and_placed(pages, scene, kind):
    page, before = pages(kind), MODELS[kind].objects.count()
    checked = page.post("check", {"changes": [drawn(scene, kind)]}).json()
    assert checked["faults"] == []
    assert checked["zones"][0]["areaText"].endswith("m²")
    assert page.save(drawn(scene, kind)).status_code == 200
    assert MODELS[kind].objects.count() == before + 1
    row = MODELS[kind].objects.latest("pk")
    if kind != "control_area":
        assert row.unit == scene.unit
        area_m2 = getattr(row, "footprint_area_m2", None) or row.boundary_area_m2
        assert area_m2 == pytest.approx(10_150, rel=0.01)
    if kind.endswith("_area"):
        assert scene.unit in row.units.all()


def test_what_was_written_beside_is_stored(pages, scene):
    pages("archive_area").save(drawn(scene, "archive_area"))
    area = ArchiveArea.objects.get()
    assert (area.kind, area.interval_days, area.name) == ("urban_village", 90, "新画的")
    assert area.first_due == area.next_due == datetime.date(2026, 12, 1)
    pages("building").save(drawn(scene, "building", fields={"household": "王秀英", "built_year": "1998"}))
    house = Building.objects.get(code="FW77")
    assert (house.storeys, house.structure, house.household, house.built_year) == (3, "frame", "王秀英", 1998)
    pages("permit").save(drawn(scene, "permit", fields={"permitted_area_m2": "120.5", "holder": "某公司"}))
    permit = Permit.objects.get()
    assert (permit.permitted_area_m2, permit.holder, permit.valid_until) == (120.5, "某公司", None)
    pages("control_area").save(drawn(scene, "control_area"))
    assert ControlArea.objects.get().min_area_m2 == 25


def test_a_permit_without_a_permitted_area_permits_its_whole_footprint_as_in_a_file(pages, scene):
    pages("permit").save(drawn(scene, "permit"))
    permit = Permit.objects.get()
    assert permit.permitted_area_m2 == permit.footprint_area_m2


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("archive_area", {"kind": ""}, "请填写“类型”"),
        ("archive_area", {"kind": "villa"}, "“类型”不能是“villa”"),
        ("archive_area", {"interval_days": "0"}, "“拍摄周期(天)”不能是“0”"),
        ("archive_area", {"first_due": "明年"}, "“首次建档期限”不能是“明年”"),
        ("building", {"storeys": "0"}, "“层数”不能是“0”"),
        ("building", {"built_year": "98"}, "“建成年份”不能是“98”"),
        ("permit", {"valid_from": ""}, "请填写“有效期起”"),
        ("permit", {"valid_until": "2025-01-01"}, "“有效期止”与其他资料矛盾"),
        ("permit", {"permitted_area_m2": "-1"}, "“许可基底面积(m²)”不能是“-1”"),
        ("control_area", {"min_area_m2": "0"}, "“最小图斑面积(m²)”不能是“0”"),
    ],
)
def test_what_a_file_could_not_bring_in_is_refused_beside_the_outline(pages, scene, kind, fields, told):
    before = MODELS[kind].objects.count()
    answer = pages(kind).save(drawn(scene, kind, fields=fields))
    assert answer.status_code == 422
    assert [text.split("：")[1] for text in faults(answer)] == [told]
    assert MODELS[kind].objects.count() == before


@EACH
def test_a_part_outside_the_jurisdiction_is_refused_and_shown(pages, scene, kind):
    """The first county ends 0.01° east of the scene's corner; the neighbour county begins there."""
    answer = pages(kind).save(drawn(scene, kind, x=0.0091, size=0.0015))
    assert answer.status_code == 422
    [fault] = [fault for fault in answer.json()["faults"] if fault["kind"] == "outside"]
    assert fault["geometry"]["type"] == "MultiPolygon"
    west = min(lon for lon, _lat in fault["geometry"]["coordinates"][0][0])
    assert west == pytest.approx(scene.lon + 0.01, abs=1e-9)
    assert "m²" in fault["areaText"]


def test_a_house_may_cross_to_the_next_community_but_its_middle_is_on_the_sheet(pages, scene):
    assert pages("building").save(drawn(scene, "building", y=0.0094, size=0.001)).status_code == 200
    answer = pages("building").save(drawn(scene, "building", y=0.0098, code="FW78"))
    assert [fault["kind"] for fault in answer.json()["faults"]] == ["elsewhere"]


def test_a_code_that_another_community_has_is_refused(pages, scene, town):
    factories.make_building(town.communities[1][0], *town.spot(1, 0), code="FW77")
    answer = pages("building").save(drawn(scene, "building"))
    assert answer.status_code == 422
    assert "FW77" in faults(answer)[0]


def test_a_permit_needs_the_number_of_its_paper(pages, scene):
    page = pages("permit")
    assert page.data()["freeCodes"] == []
    assert page.save(drawn(scene, "permit", code="")).status_code == 422


def test_walls_are_stored_as_they_were_drawn_and_give_no_nodes(pages, scene):
    """A house 0.4 m beside another is another house: nothing snaps."""
    page = pages("building")
    page.save(drawn(scene, "building"))
    first = Building.objects.get(code="FW77").footprint.wkt
    page.save(drawn(scene, "building", x=0.003_004, y=0.0023, size=0.0004, code="FW78"))
    second = Building.objects.get(code="FW78")
    assert second.footprint.extent[0] == pytest.approx(scene.lon + 0.003_004, abs=1e-12)
    assert Building.objects.get(code="FW77").footprint.wkt == first


def only(page: Page, code: str) -> dict:
    return next(zone for zone in page.data()["zones"] if zone["code"] == code)


@EACH
def test_it_has_versions_that_can_be_compared_and_a_second_one_meets_a_conflict(pages, scene, kind):
    page = pages(kind)
    page.save(drawn(scene, kind))
    stored = only(page, SHEETS[kind][2])
    assert page.save(change_of(stored, geometry=scene.box(0.002, 0.002, 0.002, 0.001))).status_code == 200
    saves = page.get("versions/").json()["versions"]
    assert [(len(save["added"]), len(save["changed"])) for save in saves[:2]] == [(0, 1), (1, 0)]
    before = page.get(f"versions/{saves[1]['number']}/").json()["zones"]
    [old] = [zone for zone in before if zone["code"] == stored["code"]]
    assert old["fields"] == stored["fields"]
    assert old["areaText"] == stored["areaText"]
    late = page.save(change_of(stored, geometry=scene.box(0.002, 0.002, 0.003, 0.001)))
    assert late.status_code == 409
    assert late.json()["conflicts"][0]["theirs"]["code"] == stored["code"]
    again = only(page, stored["code"])
    assert page.save(change_of(again, geometry=old["geometry"], fields=old["fields"])).status_code == 200
    assert only(page, stored["code"])["areaText"] == stored["areaText"]


def test_a_photo_in_the_area_makes_no_conflict(pages, scene):
    """The computed dates are no version: what a planner has open stays good."""
    page = pages("archive_area")
    page.save(drawn(scene, "archive_area"))
    stored = only(page, "DA77")
    ArchiveArea.objects.update(next_due=datetime.date(2027, 1, 1))
    assert page.save(change_of(stored, name="改名")).status_code == 200
    assert ArchiveArea.objects.get().next_due == datetime.date(2027, 1, 1)


@EACH
def test_nothing_is_taken_away_here(pages, scene, kind):
    page = pages(kind)
    page.save(drawn(scene, kind))
    stored = only(page, SHEETS[kind][2])
    gone = {"key": "z", "id": stored["id"], "token": stored["token"], "code": stored["code"], "removed": True}
    assert page.save(gone).status_code == 422
    assert MODELS[kind].objects.filter(pk=stored["id"]).exists()


@EACH
def test_the_code_of_what_is_stored_does_not_change(pages, scene, kind):
    page = pages(kind)
    page.save(drawn(scene, kind))
    stored = only(page, SHEETS[kind][2])
    assert page.save(change_of(stored, code="ANDERS")).status_code == 200
    assert only(page, SHEETS[kind][2])["id"] == stored["id"]


@EACH
@pytest.mark.parametrize("role", [Role.CENSUS, Role.COUNTY, Role.OFFICE])
def test_only_planners_draw_them(scene, town, kind, role):
    person = make_user(role, town.counties[0])
    unit = town.counties[0] if kind.endswith("_area") else scene.unit
    page = Page(person, f"/drawing/{kind}/{unit.code}/")
    assert page.get("data/").status_code in {403, 404}
    assert page.save(drawn(scene, kind)).status_code in {403, 404}


@EACH
def test_the_neighbour_s_sheet_and_rows_are_out_of_reach(pages, scene, town, kind):
    foreign = town.counties[1] if kind.endswith("_area") else town.communities[1][0]
    assert pages(kind, foreign).get("data/").status_code == 404
    lon, lat = town.spot(1, 0)
    house = factories.make_building(town.communities[1][0], lon, lat)
    permit = factories.make_permit(town.communities[1][0], lon, lat)
    area = factories.make_archive_area(town.communities[1][0], lon, lat)
    rows = {"building": house, "permit": permit, "archive_area": area}
    if kind in rows:
        assert rows[kind].pk not in [zone["id"] for zone in pages(kind).data()["zones"]]
        theft = drawn(scene, kind, id=rows[kind].pk, token=0)
        assert pages(kind).save(theft).status_code == 409  # to this sheet it was taken away
        rows[kind].refresh_from_db()
        assert rows[kind].unit == town.communities[1][0]


def test_the_number_of_queries_of_a_sheet_does_not_grow(pages, scene, town, django_assert_max_num_queries):
    page = pages("building")
    with django_assert_max_num_queries(14):
        page.data()
    for n in range(6):
        factories.make_building(scene.unit, scene.lon + 0.001 * n, scene.lat + 0.008)
    with django_assert_max_num_queries(14):
        assert len(page.data()["zones"]) == 9


@pytest.mark.parametrize("fields", [[], {"kind": 1}, {"kind": "x" * 201}, {str(n): "" for n in range(21)}])
def test_fields_that_no_form_sends_are_refused(pages, scene, fields):
    answer = pages("archive_area").save({**drawn(scene, "archive_area"), "fields": fields})
    assert answer.status_code == 422
    assert not ArchiveArea.objects.exists()


def test_the_page_is_told_the_fields_of_its_layer(pages):
    config = pages("archive_area").get("").context["config"]
    assert [(field["name"], field["kind"], field["required"]) for field in config["fields"]] == [
        ("kind", "choice", True),
        ("interval_days", "whole", False),
        ("first_due", "date", True),
    ]
    assert pages("permit").get("").context["config"]["named"] is False


def test_a_code_that_another_sheet_used_first_meanwhile_is_refused_in_words(pages, scene, town, monkeypatch):
    """Two sheets of two communities are saved under two locks: both find the code free, the database lets one in."""
    check = drawing.check_proposal

    def checked_just_before_the_other(sheet, changes, **options):
        found = check(sheet, changes, **options)
        factories.make_building(town.communities[0][1], *town.spot(0, 1), code="FW77")
        return found

    monkeypatch.setattr(drawing, "check_proposal", checked_just_before_the_other)
    answer = pages("building").save(drawn(scene, "building"))
    assert answer.status_code == 422
    assert "有编号刚被别处先用了" in answer.json()["detail"]
    assert not Building.objects.filter(name="新画的").exists()
