"""What stands beside a flag on the desk: permits, buildings with their history, earlier flags, cases at the place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from geo.models import Building, BuildingStatus, ChangeFlag, Permit, User
from geo.templatetags.formatting import area_text
from inspections.models import Case, ChangeReview

# The desk shows the latest few; the map shows all.
SHOWN = 6


@dataclass(frozen=True)
class Past:
    """An earlier flag at the place and what was decided about it, if anything."""

    flag: ChangeFlag
    review: ChangeReview | None


def beside(flag: ChangeFlag, *, user: User) -> dict[str, Any]:
    """The rows that touch the flag's outline, as far as this person sees them."""
    permits = Permit.objects.for_user(user).filter(footprint__intersects=flag.geometry).order_by("-valid_from")
    cases = Case.objects.for_user(user).filter(footprint__intersects=flag.geometry).order_by("-opened_at")
    valid = set(
        permits.valid_between(flag.run.before.captured_on, flag.run.after.captured_on).values_list("pk", flat=True)
    )
    return {
        "permits_here": [(row, row.pk in valid) for row in permits[:SHOWN]],
        "buildings_here": _buildings(flag, user=user),
        "flags_here": _past(flag, user=user),
        "cases_here": list(cases[:SHOWN]),
    }


def _past(flag: ChangeFlag, *, user: User) -> list[Past]:
    there = ChangeFlag.objects.for_user(user).filter(geometry__intersects=flag.geometry).exclude(pk=flag.pk)
    flags = list(there.select_related("run__before", "run__after").order_by("-pk")[:SHOWN])
    standing = ChangeReview.objects.standing().filter(flag__in=flags).select_related("reviewed_by")
    reviews = {review.flag_id: review for review in standing}
    return [Past(row, reviews.get(row.pk)) for row in flags]


def _buildings(flag: ChangeFlag, *, user: User) -> list[dict[str, Any]]:
    rows = list(Building.objects.for_user(user).filter(footprint__intersects=flag.geometry).order_by("code")[:SHOWN])
    history: dict[int, list[tuple[datetime, str]]] = {row.pk: [] for row in rows}
    events = apps.get_model("geo", "BuildingEvent").objects.filter(pgh_obj_id__in=history).order_by("pgh_created_at")
    said: dict[int, str] = {}
    for event in events:
        words = " · ".join(
            part
            for part in (
                str(BuildingStatus(event.status).label),
                _("%(count)s 层") % {"count": event.storeys} if event.storeys else "",
                area_text(event.footprint_area_m2),
            )
            if part
        )
        if said.get(event.pgh_obj_id) != words:  # a corrected name or source is no history of the building
            history[event.pgh_obj_id].append((event.pgh_created_at, words))
        said[event.pgh_obj_id] = words
    return [{"row": row, "history": history[row.pk][-SHOWN:]} for row in rows]
