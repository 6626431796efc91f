"""Find by one word among everything that a person may see: units, buildings, clinics, permits, flags and cases."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from geo.map_link import map_link
from geo.models import Building, ChangeFlag, Permit, Unit, User
from geo.roles import Act
from geo.tiles.registry import layer_named, layer_names
from inspections.models import Case

MOST_PER_GROUP = 10  # more than fits a screen: one writes another letter instead
FLAG_NUMBER = re.compile(r"TB(\d{1,9})-(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """One answer; `state` is what its badge shows, empty when it has none."""

    title: str
    text: str
    url: str
    state: str = ""
    state_label: str = ""


@dataclass(frozen=True)
class Group:
    label: str | Promise
    results: list[Found]


def search(words: str, *, user: User) -> list[Group]:
    """Return what matches, by kind, without the kinds in which nothing does."""
    words = words.strip().replace("\x00", "")
    if not words:
        return []
    groups = [
        Group(_("案件"), [_case(row) for row in _cases(words, user)[:MOST_PER_GROUP]]),
        Group(_("图斑"), [_flag(row) for row in _flags(words, user)[:MOST_PER_GROUP]]),
        Group(_("建筑"), [_building(row) for row in _buildings(words, user)[:MOST_PER_GROUP]]),
        _registered("clinics", words, user),
        Group(_("许可"), [_permit(row) for row in _permits(words, user)[:MOST_PER_GROUP]]),
        Group(_("单位"), [_unit(row) for row in _units(words, user)[:MOST_PER_GROUP]]),
    ]
    return [group for group in groups if group.results]


def _named(model: Any, field: str, words: str, user: User) -> Q:
    """Match a person's name only where the asker may know it: a hit alone would give it away."""
    known = model.objects.for_user(user, Act.SEE_HOUSEHOLDS).filter(**{f"{field}__icontains": words})
    return Q(pk__in=known.order_by().values("pk"))


def _cases(words: str, user: User) -> QuerySet[Case]:
    found = Q(number__icontains=words) | Q(title__icontains=words) | Q(address__icontains=words)
    return Case.objects.for_user(user).filter(found | _named(Case, "person_in_charge", words, user))


def _flags(words: str, user: User) -> QuerySet[ChangeFlag]:
    number = FLAG_NUMBER.fullmatch(words)
    if number is None:
        return ChangeFlag.objects.none()
    return ChangeFlag.objects.for_user(user).filter(run_id=int(number[1]), index=int(number[2])).select_related("unit")


def _buildings(words: str, user: User) -> QuerySet[Building]:
    found = Q(code__icontains=words) | Q(name__icontains=words) | Q(address__icontains=words)
    return Building.objects.for_user(user).filter(found | _named(Building, "household", words, user))


def _permits(words: str, user: User) -> QuerySet[Permit]:
    return Permit.objects.for_user(user).filter(Q(number__icontains=words) | _named(Permit, "holder", words, user))


def _units(words: str, user: User) -> QuerySet[Unit]:
    return Unit.objects.for_user(user).filter(Q(name__icontains=words) | Q(code__startswith=words)).order_by("path")


def _registered(layer_name: str, words: str, user: User) -> Group:
    """Find in a layer of the map that another app has registered, by code and name; told as on the map."""
    if layer_name not in layer_names() or not layer_named(layer_name).is_for(user):
        return Group("", [])
    layer = layer_named(layer_name)
    found = Q(code__icontains=words) | Q(name__icontains=words)
    told = [(row, layer.describe(row, user)) for row in layer.rows(user).filter(found)[:MOST_PER_GROUP]]
    return Group(layer.label, [Found(str(description.title), row.code, description.url) for row, description in told])


def _on_map(geometry: Any) -> str:
    return map_link(geometry.point_on_surface if geometry.geom_type != "Point" else geometry)


def _case(row: Case) -> Found:
    url = reverse("case-detail", args=[row.number])
    return Found(row.number, row.title, url, row.state, row.get_state_display())


def _flag(row: ChangeFlag) -> Found:
    return Found(row.number, row.unit.name, _on_map(row.geometry), row.state, row.get_state_display())


def _building(row: Building) -> Found:
    url = reverse("building-detail", args=[row.pk])
    return Found(row.code, row.name or row.address, url, row.status, row.get_status_display())


def _permit(row: Permit) -> Found:
    return Found(row.number, row.get_kind_display(), _on_map(row.footprint))


def _unit(row: Unit) -> Found:
    return Found(row.name, row.code, _on_map(row.boundary))
