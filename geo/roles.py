"""Who may do what: the roles of the domain and the acts each is posted for.

A role gives acts; a posting (`geo.models.Posting`) gives the area in which they hold. Both are needed for anything.
"""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """A post in local government, as the domain page lists them."""

    INSPECTOR = "inspector", _("巡查员")
    TOWNSHIP = "township", _("乡镇办")
    COUNTY = "county", _("县(区)")
    CENTRE = "centre", _("市数字化城市管理中心")
    BUREAU = "bureau", _("认定部门")
    BRIGADE = "brigade", _("市规划监察支队")
    PLANNER = "planner", _("规划员")
    SUPERVISOR = "supervisor", _("审核员")
    OFFICE = "office", _("市制止私搭乱建领导小组办公室")
    FINANCE = "finance", _("财政局")
    HEALTH = "health", _("卫生局")
    CENSUS = "census", _("普查办")


class Bureau(TextChoices):
    """The determining bureaux (R-201)."""

    PLANNING = "planning", _("规划部门")
    LAND = "land", _("国土部门")
    HOUSING = "housing", _("住建部门")
    CITY_MANAGEMENT = "city_management", _("城管部门")


class Act(StrEnum):
    """One thing that a person may be allowed to do within an area."""

    SEE_MAP = "see_map"  # units, control areas, buildings, permits, zones, clinics
    SEE_HOUSEHOLDS = "see_households"  # who lives in a building, who holds a permit
    SEE_ARCHIVE_AREAS = "see_archive_areas"  # R-107; drawn with EDIT_MAP
    EDIT_MAP = "edit_map"
    DRAW_ZONES = "draw_zones"  # census areas and blocks
    SEE_SNAPSHOTS = "see_snapshots"
    LOAD_SNAPSHOTS = "load_snapshots"
    RUN_DIFFS = "run_diffs"
    SEE_FLAGS = "see_flags"
    REVIEW_FLAGS = "review_flags"
    SEE_INSPECTIONS = "see_inspections"
    ASSIGN_INSPECTIONS = "assign_inspections"
    INSPECT = "inspect"
    SEE_ORIGINAL_PHOTOS = "see_original_photos"
    SEE_CASES = "see_cases"
    REPORT_CASES = "report_cases"
    ROUTE_CASES = "route_cases"
    MEASURE_CASES = "measure_cases"
    DETERMINE_CASES = "determine_cases"
    DEMOLISH = "demolish"
    SEE_PENALTIES = "see_penalties"
    DRAFT_PENALTIES = "draft_penalties"
    ISSUE_PENALTIES = "issue_penalties"
    DEDUCT_PENALTIES = "deduct_penalties"
    SEE_ACCOUNT = "see_account"
    SEE_CLINICS = "see_clinics"
    EDIT_CLINICS = "edit_clinics"


_LOOKING = {Act.SEE_MAP, Act.SEE_CLINICS, Act.SEE_SNAPSHOTS}
_CASE_READING = _LOOKING | {Act.SEE_FLAGS, Act.SEE_INSPECTIONS, Act.SEE_CASES}

ACTS_BY_ROLE: dict[str, frozenset[Act]] = {
    Role.INSPECTOR: frozenset({Act.SEE_MAP, Act.SEE_ARCHIVE_AREAS, Act.SEE_CLINICS, Act.SEE_INSPECTIONS, Act.INSPECT}),
    Role.TOWNSHIP: frozenset(
        _CASE_READING
        | {
            Act.SEE_ARCHIVE_AREAS,
            Act.SEE_HOUSEHOLDS,
            Act.ASSIGN_INSPECTIONS,
            Act.INSPECT,
            Act.REPORT_CASES,
            Act.DEMOLISH,
            Act.SEE_ORIGINAL_PHOTOS,
        }
    ),
    Role.COUNTY: frozenset(
        _CASE_READING
        | {
            Act.SEE_ARCHIVE_AREAS,
            Act.SEE_HOUSEHOLDS,
            Act.ASSIGN_INSPECTIONS,
            Act.REPORT_CASES,
            Act.ROUTE_CASES,
            Act.DEMOLISH,
            Act.SEE_PENALTIES,
            Act.SEE_ORIGINAL_PHOTOS,
        }
    ),
    Role.CENTRE: frozenset(
        _CASE_READING
        | {
            Act.SEE_ARCHIVE_AREAS,
            Act.LOAD_SNAPSHOTS,
            Act.RUN_DIFFS,
            Act.ASSIGN_INSPECTIONS,
            Act.REPORT_CASES,
            Act.ROUTE_CASES,
        }
    ),
    Role.BUREAU: frozenset(_CASE_READING | {Act.SEE_HOUSEHOLDS, Act.DETERMINE_CASES, Act.SEE_ORIGINAL_PHOTOS}),
    Role.BRIGADE: frozenset(_CASE_READING | {Act.INSPECT, Act.MEASURE_CASES, Act.SEE_ORIGINAL_PHOTOS}),
    Role.PLANNER: frozenset(_LOOKING | {Act.SEE_ARCHIVE_AREAS, Act.EDIT_MAP, Act.DRAW_ZONES, Act.SEE_HOUSEHOLDS}),
    Role.SUPERVISOR: frozenset(
        _CASE_READING | {Act.REVIEW_FLAGS, Act.ASSIGN_INSPECTIONS, Act.REPORT_CASES, Act.ROUTE_CASES}
    ),
    Role.OFFICE: frozenset(
        _CASE_READING
        | {
            Act.SEE_ARCHIVE_AREAS,
            Act.SEE_HOUSEHOLDS,
            Act.SEE_PENALTIES,
            Act.DRAFT_PENALTIES,
            Act.ISSUE_PENALTIES,
            Act.SEE_ACCOUNT,
            Act.ROUTE_CASES,
            Act.SEE_ORIGINAL_PHOTOS,
        }
    ),
    Role.FINANCE: frozenset({Act.SEE_MAP, Act.SEE_PENALTIES, Act.DEDUCT_PENALTIES, Act.SEE_ACCOUNT}),
    Role.HEALTH: frozenset({Act.SEE_MAP, Act.SEE_CLINICS, Act.EDIT_CLINICS}),
    Role.CENSUS: frozenset({Act.SEE_MAP, Act.SEE_HOUSEHOLDS, Act.DRAW_ZONES}),
}


# Who writes some layer may send files of it.
IMPORTS = (Act.EDIT_MAP, Act.DRAW_ZONES, Act.EDIT_CLINICS)


def roles_with(act: Act) -> list[str]:
    """Return the roles that give `act`, in the order of the domain page."""
    return [role for role in Role.values if act in ACTS_BY_ROLE[role]]
