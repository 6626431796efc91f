"""The demo town comes in through the real importers, once."""

import pytest
from django.core.management import CommandError

from geo.models import Building, ImportRun, Permit, Posting, SpecialArea, Unit, User
from geo.roles import Role
from inspections.demo.people import PEOPLE
from inspections.models import ChecklistTemplate, RuleSet

pytestmark = pytest.mark.django_db


def test_loading_gives_units_registers_rules_and_people_of_every_role(demo_folder, run):
    run("load_demo", demo_folder)

    assert Unit.objects.count() == 28
    assert Building.objects.count() > 60
    assert Permit.objects.exists()
    assert SpecialArea.objects.get().units.filter(level="county").count() >= 2
    assert set(Posting.objects.values_list("role", flat=True)) == set(Role.values)
    assert ChecklistTemplate.objects.count() == 4
    assert RuleSet.objects.get().unit.name == "嵩阳市"


def test_loading_again_adds_nothing_and_keeps_a_changed_password(demo_folder, run):
    run("load_demo", demo_folder)
    counts = [model.objects.count() for model in (Unit, Building, User, Posting, ImportRun)]
    user = User.objects.get(username="xunchayuan")
    user.set_password("my own")
    user.save()

    out = run("load_demo", demo_folder)

    assert [model.objects.count() for model in (Unit, Building, User, Posting, ImportRun)] == counts
    assert "buildings: already in" in out
    assert User.objects.get(username="xunchayuan").check_password("my own")


def test_a_given_password_is_set_for_everybody(demo_folder, run):
    run("load_demo", demo_folder)
    run("load_demo", demo_folder, "--password", "spring festival")

    assert all(User.objects.get(username=person.username).check_password("spring festival") for person in PEOPLE)


def test_supervisors_of_two_counties_do_not_see_each_others_units(demo_folder, run):
    run("load_demo", demo_folder)
    one, other = (User.objects.get(username=name) for name in ("shenheyuan", "shenheyuan2"))

    own, neighbours = (set(Unit.objects.for_user(user).values_list("code", flat=True)) for user in (one, other))
    assert own
    assert neighbours
    assert own.isdisjoint(neighbours)


def test_the_sign_ins_name_everybody_and_the_password(db, run):
    out = run("load_demo", "--sign-ins", "--password", "spring festival")

    assert "spring festival" in out
    assert all(person.username in out for person in PEOPLE)


def test_a_folder_with_a_missing_layer_is_refused_by_the_layers_name(demo_folder, tmp_path, run):
    (tmp_path / "snapshots.json").write_text("{}")

    with pytest.raises(CommandError, match=r"units\.gpkg"):
        run("load_demo", tmp_path)
