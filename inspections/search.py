"""Find by one word among everything that a person may see: by number, name, address, and whom they may know.

What is looked through by the hundred thousand has trigram indexes (the migrations `search_indexes`), which serve words
of three characters and more; shorter ones read the table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case as Choose
from django.db.models import IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from geo.map_link import map_link
from geo.models import Building, ChangeFlag, Permit, Snapshot, Unit, User
from geo.roles import Act
from geo.templatetags.formatting import date_text
from geo.tiles.registry import layer_named, layer_names
from inspections.models import Case, InspectionTask

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
    """The answers of one kind; `more` when there were others."""

    label: str | Promise
    results: list[Found]
    more: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of thing: its code first, then what else it is known by. `person` names somebody (SEE_HOUSEHOLDS)."""

    label: str | Promise
    rows: Callable[[User], "QuerySet[Any]"]
    code: str
    others: tuple[str, ...]
    told: Callable[[Any], Found]
    person: str = ""


def search(words: str, *, user: User, most: int = MOST_PER_GROUP) -> list[Group]:
    """Return what matches, by kind, without the kinds in which nothing does; the best matches of each first."""
    words = words.strip().replace("\x00", "")
    if not words:
        return []
    groups = [
        _group(CASES, words, user, most),
        Group(_("图斑"), [_flag(row) for row in _flags(words, user)[:most]]),
        *(_group(kind, words, user, most) for kind in (TASKS, BUILDINGS)),
        _registered("clinics", words, user, most),
        *(_group(kind, words, user, most) for kind in (PERMITS, UNITS)),
        *(_registered(name, words, user, most) for name in ("census_zones", "control_areas", "archive_areas")),
        _group(SNAPSHOTS, words, user, most),
    ]
    return [group for group in groups if group.results]


def _group(kind: Kind, words: str, user: User, most: int) -> Group:
    names = (kind.code, *kind.others) if kind.code else kind.others
    found = Q()
    for name in names:
        found |= Q(**{f"{name}__icontains": words})
    rows = kind.rows(user)
    if kind.person:
        # Only where the asker may know it: a hit alone would give a person away.
        known = rows.model._default_manager.for_user(user, Act.SEE_HOUSEHOLDS)
        known = known.filter(**{f"{kind.person}__icontains": words})
        found |= Q(pk__in=known.order_by().values("pk"))
    ranked = rows.filter(found).annotate(closeness=_closeness(kind.code, kind.others, words))
    return _cut(kind.label, ranked.order_by("closeness", *names[:1], "pk"), kind.told, most)


def _closeness(code: str, others: tuple[str, ...], words: str) -> Choose:
    """0 the code itself, 1 codes that begin so, 2 names that begin so, 3 what holds the words anywhere."""
    cases = [When(**{f"{code}__iexact": words}, then=Value(0)), When(**{f"{code}__istartswith": words}, then=Value(1))]
    begins = [When(**{f"{name}__istartswith": words}, then=Value(2)) for name in others]
    return Choose(*(cases if code else []), *begins, default=Value(3), output_field=IntegerField())


def _cut(label: str | Promise, rows: "QuerySet[Any]", told: Callable[[Any], Found], most: int) -> Group:
    found = [told(row) for row in rows[: most + 1]]
    return Group(label, found[:most], more=len(found) > most)


def _flags(words: str, user: User) -> QuerySet[ChangeFlag]:
    number = FLAG_NUMBER.fullmatch(words)
    if number is None:
        return ChangeFlag.objects.none()
    return ChangeFlag.objects.for_user(user).filter(run_id=int(number[1]), index=int(number[2])).select_related("unit")


def _registered(layer_name: str, words: str, user: User, most: int) -> Group:
    """Find in a layer of the map, whichever app registered it, by code and name; told as on the map."""
    if layer_name not in layer_names() or not layer_named(layer_name).is_for(user):
        return Group("", [])
    layer = layer_named(layer_name)
    found = Q(code__icontains=words) | Q(name__icontains=words)
    rows = layer.rows(user).filter(found).annotate(closeness=_closeness("code", ("name",), words))

    def told(row: Any) -> Found:
        description = layer.describe(row, user)
        url = description.url if layer_name not in DRAWN_LAYERS else _on_map(row.boundary)
        return Found(str(description.title), row.code, url or _on_map(getattr(row, layer.geometry)))

    return _cut(layer.label, rows.order_by("closeness", "code", "pk"), told, most)


# Their page in the layer's words is the sheet on which they are drawn: who looks for one wants to see it.
DRAWN_LAYERS = {"census_zones", "control_areas"}


def _tasks(user: User) -> QuerySet[InspectionTask]:
    """The tasks of those who give them out; an inspector's own are on the phone's first page."""
    return InspectionTask.objects.for_user(user, Act.ASSIGN_INSPECTIONS).select_related("assigned_to")


def _on_map(geometry: Any) -> str:
    return map_link(geometry.point_on_surface if geometry.geom_type != "Point" else geometry)


def _case(row: Case) -> Found:
    url = reverse("case-detail", args=[row.number])
    return Found(row.number, row.title, url, row.state, row.get_state_display())


def _task(row: InspectionTask) -> Found:
    url = f"{reverse('task-list')}?{urlencode({'q': row.title})}"
    return Found(row.title, str(row.assigned_to), url, row.state, row.get_state_display())


def _flag(row: ChangeFlag) -> Found:
    return Found(row.number, row.unit.name, _on_map(row.geometry), row.state, row.get_state_display())


def _building(row: Building) -> Found:
    url = reverse("building-detail", args=[row.pk])
    return Found(row.code, row.name or row.address, url, row.status, row.get_status_display())


def _permit(row: Permit) -> Found:
    return Found(row.number, str(row.get_kind_display()), _on_map(row.footprint))


def _unit(row: Unit) -> Found:
    return Found(row.name, row.code, _on_map(row.boundary))


def _snapshot(row: Snapshot) -> Found:
    url = reverse("snapshot-detail", args=[row.pk])
    return Found(row.title, date_text(row.captured_on), url, row.state, row.get_state_display())


CASES = Kind(_("案件"), Case.objects.for_user, "number", ("title", "address"), _case, person="person_in_charge")
TASKS = Kind(_("任务"), _tasks, "", ("title",), _task)
BUILDINGS = Kind(_("建筑"), Building.objects.for_user, "code", ("name", "address"), _building, person="household")
PERMITS = Kind(_("许可"), Permit.objects.for_user, "number", (), _permit, person="holder")
UNITS = Kind(_("单位"), Unit.objects.for_user, "code", ("name",), _unit)
SNAPSHOTS = Kind(_("航拍影像"), Snapshot.objects.for_user, "", ("title",), _snapshot)
