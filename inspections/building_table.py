"""The table of the housing archive 居民住房管理档案 (R-108): filters from the address, marks, and its ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils import translation

from geo.map_link import map_link
from geo.models import (
    Building,
    BuildingStatus,
    BuildingStructure,
    BuildingUse,
    Permit,
    User,
)
from geo.roles import Act
from geo.unit_choices import unit_asked
from inspections.models import Case
from inspections.papers import LedgerColumn, ledger_xlsx

MAP_ZOOM = 19  # one house fills the middle of the screen
FILTERS = ("unit", "use", "status", "structure", "permit", "case", "q")
SORTS = {
    "code": ["code"],
    "-code": ["-code"],
    "area": ["footprint_area_m2", "pk"],
    "-area": ["-footprint_area_m2", "-pk"],
    "storeys": [F("storeys").asc(nulls_last=True), "pk"],
    "-storeys": [F("storeys").desc(nulls_last=True), "-pk"],
    "year": [F("built_year").asc(nulls_last=True), "pk"],
    "-year": [F("built_year").desc(nulls_last=True), "-pk"],
}


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures over all pages of the table."""

    count: int
    footprint_m2: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the building, what may be told of it to this person, and where it leads."""

    building: Building
    household: str
    has_permit: bool
    case_numbers: list[str]
    map_url: str


def filtered(buildings: QuerySet[Building], asked: QueryDict, *, user: User) -> QuerySet[Building]:
    """Keep the buildings that the address asks for; what it asks for wrongly is left out of account."""
    for name, known in (("use", BuildingUse), ("status", BuildingStatus), ("structure", BuildingStructure)):
        if asked.get(name, "") in known.values:
            buildings = buildings.filter(**{name: asked[name]})
    unit = unit_asked(user, asked.get("unit", ""))
    if unit is not None:
        buildings = buildings.filter(unit__path__startswith=unit.path)
    if asked.get("permit") in ("yes", "no"):
        keys = RawSQL("SELECT unnest(%s::bigint[])", [permitted_keys(user)])
        buildings = buildings.filter(pk__in=keys) if asked["permit"] == "yes" else buildings.exclude(pk__in=keys)
    if asked.get("case") == "open":
        buildings = buildings.filter(pk__in=_open_cases(user).values("building"))
    elif asked.get("case") == "barred":
        buildings = buildings.filter(no_compensation=True)
    for word in asked.get("q", "").replace("\x00", "").split():
        buildings = buildings.filter(_matching(word, user=user))
    return buildings


def permitted_keys(user: User, among: list[int] | None = None) -> list[int]:
    """The buildings on whose ground a permit lies that was not revoked: one that ran out allowed what was built."""
    return Building.objects.keys_on_ground_of(Permit.objects.for_user(user).filter(revoked=False), among)


def _matching(word: str, *, user: User) -> Q:
    found = Q(code__icontains=word) | Q(name__icontains=word) | Q(address__icontains=word)
    # A hit alone would give a name away: names are searched where the asker may know them.
    known = user.scope(Act.SEE_HOUSEHOLDS)
    if known.everything:
        return found | Q(household__icontains=word)
    if known.empty:
        return found
    return found | (Q(household__icontains=word) & Building.objects.in_scope(known))


def _open_cases(user: User) -> QuerySet[Case]:
    return Case.objects.for_user(user).open().exclude(building=None).order_by()


def sorted_as_asked(buildings: QuerySet[Building], asked: QueryDict) -> QuerySet[Building]:
    """Order by `?sort=`, by the number of the archive when it is missing or unknown."""
    return buildings.order_by(*SORTS.get(asked.get("sort", ""), ["code"]))


def totals_of(buildings: QuerySet[Building]) -> Totals:
    """Count and ground of all the buildings, in one query."""
    sums = buildings.order_by().aggregate(count=Count("pk"), footprint_m2=Sum("footprint_area_m2"))
    return Totals(sums["count"], sums["footprint_m2"] or 0.0)


def told(buildings: list[Building], *, user: User) -> list[Row]:
    """The lines of one page: two queries for any number of buildings."""
    keys = [building.pk for building in buildings]
    permitted = set(permitted_keys(user, keys))
    numbers = _case_numbers(_open_cases(user).filter(building__in=keys))
    return [
        Row(
            building=building,
            household=building.household if knows_household(user, building) else "",
            has_permit=building.pk in permitted,
            case_numbers=numbers.get(building.pk, []),
            map_url=map_url(building),
        )
        for building in buildings
    ]


def _case_numbers(cases: QuerySet[Case]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for key, number in cases.values_list("building", "number"):
        found.setdefault(key, []).append(number)
    return found


def knows_household(user: User, building: Building) -> bool:
    """Whether this person may read who lives in a building."""
    return user.can_at(Act.SEE_HOUSEHOLDS, unit=building.unit, special_area_id=building.special_area_id)


def map_url(building: Building) -> str:
    """The map at a building, with what lies there told."""
    return map_link(building.footprint.point_on_surface, zoom=MAP_ZOOM)


LEDGER_COLUMNS = [
    LedgerColumn("建筑编号", 24),
    LedgerColumn("名称", 20),
    LedgerColumn("地址", 30),
    LedgerColumn("所属单位", 24),
    LedgerColumn("户主/产权人", 16),
    LedgerColumn("用途", 10),
    LedgerColumn("结构", 10),
    LedgerColumn("层数", 8, "whole"),
    LedgerColumn("基底面积(m²)", 14, "area"),
    LedgerColumn("建成年份", 10, "whole"),
    LedgerColumn("状态", 10),
    LedgerColumn("许可", 10),
    LedgerColumn("未结案件", 20),
    LedgerColumn("拆迁补偿", 12),
    LedgerColumn("来源", 20),
]
EXPORT_BATCH = 1_000


def building_ledger(buildings: QuerySet[Building], *, user: User, as_of: datetime) -> bytes:
    """The archive as XLSX. A ledger is an official paper and Chinese in every language."""
    return ledger_xlsx(
        title="居民住房管理档案", columns=LEDGER_COLUMNS, rows=_ledger_rows(buildings, user=user), as_of=as_of
    )


def _ledger_rows(buildings: QuerySet[Building], *, user: User) -> Iterator[list[object]]:
    permitted = set(permitted_keys(user))
    numbers = _case_numbers(_open_cases(user))
    with translation.override("zh-hans"):
        # Said once: looking a word up for each of 5,000 rows took longer than reading and writing them.
        uses, structures, states = (
            {value: str(label) for value, label in choices.choices}
            for choices in (BuildingUse, BuildingStructure, BuildingStatus)
        )
        rows = buildings.select_related("unit").defer("footprint", "unit__boundary")
        for building in rows.iterator(chunk_size=EXPORT_BATCH):
            yield [
                building.code,
                building.name,
                building.address,
                building.unit.name,
                building.household if knows_household(user, building) else "",
                uses[building.use],
                structures[building.structure],
                building.storeys,
                Decimal(str(round(building.footprint_area_m2, 2))),
                building.built_year,
                states[building.status],
                "有" if building.pk in permitted else "无",
                "、".join(numbers.get(building.pk, [])),
                "不予补偿" if building.no_compensation else "",
                building.source,
            ]
