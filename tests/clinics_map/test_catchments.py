"""Which communities a clinic serves: who says so, what it changes, and who stays out of it."""

import pytest
from django.db import IntegrityError

from clinics_map.actions.catchments import BeyondReach, set_catchment
from clinics_map.models import CatchmentCommunity
from geo.refusals import NotAllowed
from geo.roles import Role
from tests import factories
from tests.factories import records


def sign_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def planner(town):
    return factories.make_user(Role.PLANNER, town.counties[0], username="规划员甲")


@pytest.fixture
def clinic(town):
    return records.make_facility(town.communities[0][0], *town.spot(0, 0), code="WS-1")


@pytest.fixture
def beside(town):
    return town.communities[0][1]


def save(client, clinic, *communities):
    return client.post(f"/clinics/{clinic.pk}/catchment/", {"communities": [unit.pk for unit in communities]})


def test_a_planner_adds_a_community_and_its_people_count_as_served(client, planner, clinic, beside):
    sign_in(client, planner)
    assert [
        unit.pk for unit in client.get(f"/clinics/{clinic.pk}/").context["form"].fields["communities"].queryset
    ] == [beside.pk]
    assert client.get("/clinics/").context["coverage"].covered_people == 1500
    assert save(client, clinic, beside).status_code == 302
    coverage = client.get("/clinics/").context["coverage"]
    assert (coverage.covered_people, len(coverage.uncovered)) == (3000, 2)
    response = client.get(f"/clinics/{clinic.pk}/")
    assert response.context["clinic"].people == 3000
    assert {check.rule: check.required for check in response.context["checks"]} == {
        "R-701": "不小于 160.0 m²",
        "R-704": "东城区南关街道第1社区卫生室",
        "R-705": "至少 3 人",
    }
    looks = [shape["look"] for shape in response.context["site_map"]["shapes"]]
    assert looks == ["catchment", "catchment", "chosen"]
    north = response.context["site_map"]["bounds"][3]
    assert north == pytest.approx(beside.boundary.extent[3])  # the map opens on the whole catchment


def test_saving_again_replaces_the_choice_and_the_history_says_who(client, planner, clinic, beside):
    set_catchment(facility=clinic, communities=[beside], by=planner)
    set_catchment(facility=clinic, communities=[beside], by=planner)
    set_catchment(facility=clinic, communities=[], by=planner)
    assert not clinic.catchment.exists()
    events = CatchmentCommunity.pgh_event_model.objects.order_by("pgh_id").select_related("pgh_context")
    assert [(event.pgh_label, event.pgh_context.metadata["user"]) for event in events] == [
        ("insert", planner.pk),
        ("delete", planner.pk),
    ]


def test_a_community_of_another_township_cannot_be_served(client, town, planner, clinic):
    other = town.communities[0][2]
    with pytest.raises(BeyondReach, match="同一乡镇"):
        set_catchment(facility=clinic, communities=[other], by=planner)
    response = save(sign_in(client, planner), clinic, other)
    assert response.status_code == 400
    assert response.context["form"].errors
    assert not clinic.catchment.exists()


def test_only_those_who_draw_there_may_say_it(client, town, clinic, beside):
    health = factories.make_user(Role.HEALTH, town.counties[0])
    with pytest.raises(NotAllowed):
        set_catchment(facility=clinic, communities=[beside], by=health)
    assert save(sign_in(client, health), clinic, beside).status_code == 403
    assert client.get(f"/clinics/{clinic.pk}/").context["form"] is None
    neighbour = factories.make_user(Role.PLANNER, town.counties[1])
    with pytest.raises(NotAllowed):
        set_catchment(facility=clinic, communities=[beside], by=neighbour)
    assert save(sign_in(client, neighbour), clinic, beside).status_code == 404
    assert not clinic.catchment.exists()


def test_a_hospital_has_no_catchment_of_communities(client, town, planner):
    hospital = records.make_facility(town.communities[0][0], *town.spot(0, 0), kind="hospital")
    sign_in(client, planner)
    assert client.get(f"/clinics/{hospital.pk}/").context["form"] is None
    assert save(client, hospital, town.communities[0][1]).status_code == 404


def test_a_reader_of_one_community_is_told_no_name_of_another(client, town, planner, clinic, beside):
    set_catchment(facility=clinic, communities=[beside], by=planner)
    inspector = sign_in(client, factories.make_user(Role.INSPECTOR, town.communities[0][0]))
    response = inspector.get(f"/clinics/{clinic.pk}/")
    assert response.context["clinic"].people == 3000
    assert beside.name not in response.content.decode()


def test_a_community_that_a_clinic_beside_serves_is_covered_for_its_own_reader_too(
    client, town, planner, clinic, beside
):
    reader = sign_in(client, factories.make_user(Role.INSPECTOR, beside))
    assert reader.get("/clinics/").context["coverage"].uncovered
    set_catchment(facility=clinic, communities=[beside], by=planner)
    response = reader.get("/clinics/")
    assert not response.context["coverage"].uncovered
    assert "WS-1" not in response.content.decode()


def test_a_community_stands_once_in_a_catchment(clinic, beside):
    CatchmentCommunity.objects.create(facility=clinic, community=beside)
    with pytest.raises(IntegrityError, match="catchment_community_once_per_clinic"):
        CatchmentCommunity.objects.create(facility=clinic, community=beside)
