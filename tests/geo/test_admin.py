"""The administrators' interface: who sees which rows, what can be written, and that areas are measured."""

import datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from geo.admin.base import AddOnlyAdmin, ReadOnlyAdmin, ScopedAdmin, outline
from geo.models import Building, ControlArea, Unit, User
from geo.roles import Role
from tests.factories import (
    PASSWORD,
    make_building,
    make_control_area,
    make_flag,
    make_run,
    make_snapshot,
    make_user,
    measured_m2,
    multi,
    square,
)

OURS = ("geo", "inspections", "clinics_map")
SITES = {model: site for model, site in admin.site._registry.items() if model._meta.app_label in OURS}


def address(model, what, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def case_of(model):
    return model._meta.label


@pytest.fixture
def administrator(client, db):
    user = User.objects.create_superuser(username="root", password=PASSWORD)
    client.force_login(user)
    return user


@pytest.fixture
def reader(client, town):
    """Somebody of the first community who may look at buildings in the admin, and no more."""
    user = make_user(Role.PLANNER, town.communities[0][0], is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="geo"))
    client.force_login(user)
    return user


def test_every_model_that_people_made_rows_of_has_a_page():
    own = {
        model
        for app in OURS
        for model in apps.get_app_config(app).get_models()
        if not hasattr(model, "pgh_tracked_model") and not model._meta.auto_created and model._meta.managed
    }

    assert {case_of(model) for model in own - set(SITES)} == set()


def test_every_page_is_scoped():
    assert [case_of(model) for model, site in SITES.items() if not isinstance(site, ScopedAdmin)] == []


@pytest.mark.parametrize("model", SITES, ids=case_of)
def test_an_administrator_opens_every_list_and_searches_it(client, administrator, model):
    assert client.get(address(model, "changelist"), {"q": "1"}).status_code == 200


@pytest.mark.parametrize("model", [m for m, s in SITES.items() if not isinstance(s, ReadOnlyAdmin)], ids=case_of)
def test_an_administrator_opens_every_form_for_a_new_row(client, administrator, model):
    assert client.get(address(model, "add")).status_code == 200


@pytest.mark.parametrize("model", [m for m, s in SITES.items() if isinstance(s, ReadOnlyAdmin)], ids=case_of)
def test_nobody_adds_what_only_actions_write(client, administrator, model):
    assert client.post(address(model, "add"), {}).status_code == 403


def test_a_row_of_an_action_is_shown_and_not_changed(client, administrator, town):
    flag = make_flag(make_run(town), town.communities[0][0], *town.spot())
    page = client.get(address(type(flag), "change", flag.pk))
    answer = client.post(address(type(flag), "change", flag.pk), {"state": "rejected"})
    gone = client.post(address(type(flag), "delete", flag.pk), {"post": "yes"})

    assert (page.status_code, answer.status_code, gone.status_code) == (200, 403, 403)
    assert "<svg" in page.content.decode()
    flag.refresh_from_db()
    assert flag.state == "pending"


def test_what_stands_once_made_is_never_changed():
    kept = {case_of(model) for model, site in SITES.items() if isinstance(site, AddOnlyAdmin)}

    assert {"inspections.RuleSet", "inspections.Determination", "inspections.AccountEntry"} <= kept


def test_staff_see_the_rows_of_their_own_area_alone(client, reader, town):
    own = make_building(town.communities[0][0], *town.spot(), household="李四")
    other = make_building(town.communities[1][0], *town.spot(county=1))

    listing = client.get(address(Building, "changelist")).content.decode()

    assert own.code in listing
    assert other.code not in listing
    assert client.get(address(Building, "change", other.pk)).status_code == 302
    assert client.get(address(Building, "history", other.pk)).status_code == 404


def test_staff_change_nothing_and_learn_no_names(client, reader, town):
    own = make_building(town.communities[0][0], *town.spot(), household="李四")
    page = client.get(address(Building, "change", own.pk))

    assert page.status_code == 200
    assert "李四" not in page.content.decode()
    assert own.code not in client.get(address(Building, "changelist"), {"q": "李四"}).content.decode()
    assert client.post(address(Building, "change", own.pk), {"name": "x"}).status_code == 403
    assert client.get(address(Building, "add")).status_code == 403


def test_people_without_staff_rights_are_sent_away(client, town):
    client.force_login(make_user(Role.OFFICE, town.city))

    assert client.get(address(Building, "changelist")).status_code == 302


def form_of(building, **changes):
    values = {
        "code": building.code,
        "name": building.name,
        "use": building.use,
        "structure": building.structure,
        "status": building.status,
        "footprint": building.footprint.geojson,
    }
    return {**values, **changes}


def test_a_drawn_footprint_is_measured_and_placed(client, administrator, town):
    drawn = multi(square(*town.spot(county=1, community=2), 0.0003))
    template = Building(code="B-new", use="residence", structure="brick", status="standing", footprint=drawn)
    choices = {name: Building._meta.get_field(name).choices[0][0] for name in ("use", "structure", "status")}
    answer = client.post(address(Building, "add"), form_of(template, **choices))

    assert answer.status_code == 302, answer.context["errors"]
    made = Building.objects.get(code="B-new")
    assert made.footprint_area_m2 == pytest.approx(measured_m2(drawn), rel=1e-9)
    assert made.unit == town.communities[1][2]


def test_a_footprint_outside_every_unit_is_refused(client, administrator, town):
    building = make_building(town.communities[0][0], *town.spot())
    answer = client.post(
        address(Building, "change", building.pk), form_of(building, footprint=multi(square(120, 30, 0.001)).geojson)
    )

    assert answer.status_code == 200
    assert "footprint" in answer.context["adminform"].form.errors


def test_a_crossed_footprint_is_refused(client, administrator, town):
    building = make_building(town.communities[0][0], *town.spot())
    lon, lat = town.spot()
    ring = [[lon, lat], [lon + 0.001, lat + 0.001], [lon + 0.001, lat], [lon, lat + 0.001], [lon, lat]]
    bow_tie = f'{{"type": "MultiPolygon", "coordinates": [[{ring}]]}}'
    answer = client.post(address(Building, "change", building.pk), form_of(building, footprint=bow_tie))

    assert "footprint" in answer.context["adminform"].form.errors


def test_an_untouched_geometry_stays_to_the_last_digit(client, administrator, town):
    building = make_building(town.communities[0][0], 113.6012345678901234, 34.7012345678901234)
    before = building.footprint.wkb
    answer = client.post(address(Building, "change", building.pk), form_of(building, name="村委会"))

    assert answer.status_code == 302
    building.refresh_from_db()
    assert (building.name, building.footprint.wkb) == ("村委会", before)


def test_the_history_shows_what_changed_and_who_did_it(client, administrator, town):
    building = make_building(town.communities[0][0], *town.spot())
    client.post(address(Building, "change", building.pk), form_of(building, name="村委会"))

    newest, oldest = client.get(address(Building, "history", building.pk)).context["events"]

    assert (oldest.what, oldest.changes) == ("新建", [])
    assert (newest.what, newest.who) == ("修改", str(administrator))
    assert ("名称", "", "村委会") in newest.changes


def test_the_newest_snapshots_lie_under_the_drawing(client, administrator, town):
    snapshot = make_snapshot(town, datetime.date(2026, 6, 20))
    page = client.get(address(Building, "add")).content.decode()

    assert f"/tiles/r/{snapshot.pk}/{{z}}/{{x}}/{{y}}.webp" in page


def test_areas_are_shown_with_one_decimal(client, administrator, town):
    building = make_building(town.communities[0][0], *town.spot())

    assert f"{building.footprint_area_m2:,.1f}<" in client.get(address(Building, "changelist")).content.decode()


def test_a_redrawn_control_area_knows_the_units_that_it_touches(client, administrator, town):
    area = make_control_area(town)
    small = multi(square(*town.spot(), 0.001))
    answer = client.post(
        address(ControlArea, "change", area.pk),
        {"code": area.code, "name": area.name, "min_area_m2": "10", "boundary": small.geojson},
    )

    assert answer.status_code == 302
    assert set(area.units.all()) == {
        town.city,
        town.counties[0],
        town.townships[0][0],
        town.communities[0][0],
    }


def test_the_code_of_a_unit_stays_because_everything_below_carries_it(client, administrator, town):
    county = town.counties[0]
    client.post(
        address(Unit, "change", county.pk),
        {"code": "419909000000", "name": "新名", "boundary": county.boundary.geojson},
    )
    county.refresh_from_db()

    assert (county.code, county.name) == ("419901000000", "新名")


def test_an_outline_is_drawn_north_up():
    drawing = str(outline(multi(square(113.6, 34.7, 0.002, 0.001))))

    # The south-west corner comes first: far left, at the bottom.
    assert 'd="M0.0 ' in drawing
    assert "M0.0 0.0" not in drawing
