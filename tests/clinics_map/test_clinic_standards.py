"""The standards as data (R-701, R-705): whose figures hold where and from when, and the staff by its three numbers."""

import datetime

import pytest
from django.db import ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone

from clinics_map.models import StandardSet
from geo.roles import Role
from tests import factories
from tests.clinics_map.test_import_clinics import CLINIC, run
from tests.factories import records

pytestmark = pytest.mark.django_db
YESTERDAY, TOMORROW = -1, 1


@pytest.fixture
def clinic(town):
    return records.make_facility(
        town.communities[0][0],
        *town.spot(0, 0),
        registered_population=3001,
        other_residents=2001,
        staff=5,
        population_served=1500,
    )


@pytest.fixture
def health(client, town):
    client.force_login(
        factories.make_user(Role.HEALTH, town.counties[0]), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def hold(unit, days: int, **values) -> StandardSet:
    day = timezone.localdate() + datetime.timedelta(days=days)
    return StandardSet.objects.create(unit=unit, effective_from=day, values=values, note="卫字〔2026〕7号")


def page_of(client, clinic):
    response = client.get(f"/clinics/{clinic.pk}/")
    return {check.rule: check for check in response.context["checks"]}, response.content.decode()


def test_the_staff_is_counted_by_registered_people_other_residents_and_who_works_there(health, clinic):
    checks, text = page_of(health, clinic)

    # 2, and 2 for the 1,001 above 2,000, and 2 for 2,001 others
    assert (checks["R-705"].required, checks["R-705"].found) == ("至少 6 人", "在岗 5 人")
    assert checks["R-705"].told.result == "not_met"
    assert "户籍人口 3,001；常住非户籍人口 2,001" in text
    clinic.staff = 6
    clinic.save()
    assert page_of(health, clinic)[0]["R-705"].told.result == "met"


def test_the_list_tells_needed_and_present_staff(health, clinic):
    text = health.get("/clinics/").content.decode()

    assert 'data-label="应配人员">6<' in text
    assert 'data-label="在岗人员">5<' in text


def test_without_a_number_of_its_own_nothing_is_told_of_the_staff(health, clinic):
    clinic.staff = clinic.other_residents = None
    clinic.save()
    checks, text = page_of(health, clinic)

    assert checks["R-705"].told.result == "unknown"
    assert "常住非户籍人口未登记，按 0 计" in text


def test_a_set_holds_from_its_day_and_says_where_it_comes_from(health, clinic, town):
    hold(town.city, TOMORROW, staff_base=9)
    assert page_of(health, clinic)[0]["R-705"].required == "至少 6 人"
    hold(town.city, YESTERDAY, staff_base=3, premises_middle_m2=140)
    checks, text = page_of(health, clinic)

    assert checks["R-705"].required == "至少 7 人"
    assert checks["R-701"].required == "不小于 140.0 m²"
    assert "卫字〔2026〕7号" in text


def test_the_nearest_unit_s_set_holds_and_a_neighbour_s_does_not(health, clinic, town):
    hold(town.counties[0], YESTERDAY, staff_base=4)
    hold(town.city, YESTERDAY, staff_base=3)
    hold(town.counties[1], YESTERDAY, staff_base=9)

    assert page_of(health, clinic)[0]["R-705"].required == "至少 8 人"


def test_a_slip_is_put_right_by_another_set_of_the_same_day(health, clinic, town):
    hold(town.city, YESTERDAY, staff_base=30)
    hold(town.city, YESTERDAY, staff_base=3)

    assert page_of(health, clinic)[0]["R-705"].required == "至少 7 人"


def test_a_set_is_never_changed_or_taken_away(town):
    made = hold(town.city, YESTERDAY)
    for write in (made.delete, lambda: StandardSet.objects.update(note="改")):
        with pytest.raises(ProgrammingError, match=r"Cannot update or delete"), transaction.atomic():
            write()


def test_an_administrator_adds_a_set_and_is_refused_a_misspelt_figure(client, town):
    boss = factories.make_user(is_superuser=True, is_staff=True)
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:clinics_map_standardset_add")
    body = {"unit": town.city.pk, "effective_from": "2026-01-01", "note": "x"}
    refused = client.post(address, {**body, "values": '{"staff_bass": 3}'})
    assert "unknown key" in refused.content.decode()
    assert client.post(address, {**body, "values": '{"staff_base": 3}'}).status_code == 302

    assert StandardSet.objects.get().made_by == boss


def test_the_numbers_of_a_clinic_are_imported_under_their_chinese_names(town, tmp_path):
    row = {**CLINIC, "parent_code": "", "户籍人口": 1700, "常住非户籍人口": 140, "在岗人数": 3}
    run(tmp_path, [row])
    stored = records.Facility.objects.get(code="K1")

    assert (stored.registered_population, stored.other_residents, stored.staff) == (1700, 140, 3)
