"""Clinics with what the standards say of each: the building it stands in, the people it serves, item by item."""

from dataclasses import dataclass

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinics_map.catchments import CLINIC_KINDS, people_of
from clinics_map.coverage import Community, Coverage, coverage_of
from clinics_map.models import Catchment, CatchmentCommunity, Facility, FacilityKind, StandardSet
from clinics_map.standards import (
    DEFAULT_STANDARDS,
    Basis,
    Premises,
    Result,
    Standards,
    check_name,
    check_premises,
    check_staff,
    expected_name,
    staff_needed,
)
from geo.models import Building, Unit, UnitLevel, User
from geo.roles import Act

RESULT_WORDS: dict[Result, str | Promise] = {
    Result.MET: _("达标"),
    Result.NOT_MET: _("不达标"),
    Result.CHECK: _("待现场核实"),
    Result.UNKNOWN: _("无法判定"),
}
# Looks of tones.py: a result differs by word and icon as well as by colour.
RESULT_STATES = {
    Result.MET: "done",
    Result.NOT_MET: "failed",
    Result.CHECK: "pending",
    Result.UNKNOWN: "unknown",
}
BASIS_WORDS: dict[Basis, str | Promise] = {
    Basis.MEASURED: _("量算：建筑基底面积 × 层数（整栋）"),
    Basis.MEASURED_GROUND: _("量算：建筑基底面积（层数未登记，按一层）"),
    Basis.REGISTERED: _("登记面积，未量测"),
    Basis.NOTHING: _("没有面积"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A result as it is shown."""

    result: Result

    @property
    def state(self) -> str:
        return RESULT_STATES[self.result]

    @property
    def label(self) -> str:
        return str(RESULT_WORDS[self.result])


@dataclass(frozen=True, slots=True)
class CheckedClinic:
    """A facility, the building that it stands in as far as the reader may see it, and the results."""

    facility: Facility
    building: Building | None
    building_is_linked: bool  # False: found by the place of the facility
    catchment: list[Unit]  # the communities that it serves, its own first; of a drawn one those with people in it
    drawn: Catchment | None
    people: int | None
    people_are_registered: bool  # False: the people of its catchment stand in for a number of its own
    premises: Premises
    name_result: Result
    name_expected: str
    staff: int | None
    staff_result: Result
    registered: int | None
    registered_is_own: bool  # False: the registered people of its catchment stand in for a number of its own
    standards_from: StandardSet | None  # None: the figures of the domain page

    @property
    def is_clinic(self) -> bool:
        return self.facility.kind in CLINIC_KINDS

    @property
    def size(self) -> Told:
        return Told(self.premises.result)

    @property
    def naming(self) -> Told:
        return Told(self.name_result)

    @property
    def staffing(self) -> Told:
        return Told(self.staff_result)

    @property
    def basis_words(self) -> str:
        return str(BASIS_WORDS[self.premises.basis])


def checked(facilities: QuerySet[Facility], *, user: User) -> list[CheckedClinic]:
    """Check facilities: four queries for any number of them, four more where catchments were drawn."""
    sight = Building.objects.for_user(user)
    here = sight.standing().filter(footprint__intersects=OuterRef("location")).order_by("-footprint_area_m2")
    others = CatchmentCommunity.objects.select_related("community").order_by("community__code")
    rows = list(
        facilities.select_related("unit__parent", "drawn")
        .prefetch_related(Prefetch("catchment", others))
        .annotate(stands_in=Coalesce("building_id", Subquery(here.values("pk")[:1])))
    )
    buildings = sight.defer("household").in_bulk({row.stands_in for row in rows if row.stands_in})
    sets = {found.unit.code: found for found in StandardSet.objects.in_force(timezone.localdate())}
    living = people_of(row.drawn for row in rows if hasattr(row, "drawn"))
    units = Unit.objects.in_bulk({key for people in living.values() for key in people})
    return [
        _checked(
            row,
            buildings.get(row.stands_in),
            _nearest(sets, row.unit),
            {units[key]: people for key, people in living.get(row.pk, {}).items()},
        )
        for row in rows
    ]


def _nearest(sets: dict[str, StandardSet], unit: Unit) -> StandardSet | None:
    """The set of the unit itself, or of the nearest unit above it that has one."""
    return next((sets[code] for code in (unit.code, *reversed(unit.ancestor_codes)) if code in sets), None)


def _checked(
    facility: Facility, building: Building | None, standards_from: StandardSet | None, living: dict[Unit, float]
) -> CheckedClinic:
    unit, drawn = facility.unit, getattr(facility, "drawn", None)
    standards = DEFAULT_STANDARDS if standards_from is None else Standards.from_dict(standards_from.values)
    community = unit if unit.level == UnitLevel.COMMUNITY else None
    own = [community] if community is not None and facility.kind in CLINIC_KINDS else []
    catchment = [*own, *(row.community for row in facility.catchment.all())]
    numbers: list[float] = [unit.population for unit in catchment if unit.population is not None]
    if drawn is not None:
        catchment = sorted(living, key=lambda unit: (unit != community, -living[unit]))
        numbers = list(living.values())
    counted = round(sum(numbers)) if numbers else None
    people = facility.population_served if facility.population_served is not None else counted
    own_number = facility.registered_population
    registered = own_number if own_number is not None else counted if counted is not None else people
    staff = None
    if registered is not None:
        staff = staff_needed(registered=registered, others=facility.other_residents or 0, standards=standards)
    township = unit.parent.name if community is not None and unit.parent is not None else ""
    place = {"township": township, "community": community.name if community is not None else ""}
    named = check_name(facility.name, **place) if facility.kind == FacilityKind.CLINIC else Result.UNKNOWN
    return CheckedClinic(
        facility=facility,
        building=building,
        building_is_linked=building is not None and facility.building_id == building.pk,
        catchment=catchment,
        drawn=drawn,
        people=people,
        people_are_registered=facility.population_served is not None,
        premises=check_premises(
            people=people,
            footprint_m2=building.footprint_area_m2 if building is not None else None,
            storeys=building.storeys if building is not None else None,
            registered_m2=facility.building_area_m2,
            standards=standards,
        ),
        name_result=named,
        name_expected=expected_name(**place) if township else "",
        staff=staff,
        staff_result=check_staff(needed=staff, found=facility.staff),
        registered=registered,
        registered_is_own=own_number is not None,
        standards_from=standards_from,
    )


def communities_in(user: User, *, within: Unit | None = None) -> QuerySet[Unit]:
    """The communities in which this person looks after clinics."""
    rows = Unit.objects.for_user(user, Act.SEE_CLINICS).filter(level=UnitLevel.COMMUNITY)
    return rows.under(within) if within is not None else rows


def coverage_in(communities: QuerySet[Unit], *, covered: dict[int, float]) -> Coverage:
    """R-706 over these communities; `covered` is the share of each that lies in catchments."""
    rows = communities.order_by("code").values_list("pk", "name", "population")
    return coverage_of([Community(*row) for row in rows], covered=covered)
