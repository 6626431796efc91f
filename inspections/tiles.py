"""The map layer of cases, told by their state; a case with a stage past its time is told as overdue."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import ChangeFlag, FlagState, User
from geo.roles import Act
from geo.templatetags.formatting import area_text, listed, moment_text
from geo.tiles.layers import page_of
from geo.tiles.registry import Description, Layer, SelectionAct, register_layer, register_selection_act
from inspections.actions.batches import MOST
from inspections.case_table import filtered, lateness, with_figures
from inspections.models import Case as UnauthorisedCase
from inspections.models import Determination, DeterminationOutcome, Ground

# What the last determination found unauthorised; nothing before there is one.
_DETERMINED_M2 = Subquery(
    Determination.objects.filter(case=OuterRef("pk"), superseded_by=None, outcome=DeterminationOutcome.UNAUTHORISED)
    .order_by("-pk")
    .values("area_m2")[:1]
)


def describe_case(case: Any, user: User) -> Description:
    """Tell a case in words; the person in charge only to those who may know."""
    knows_names = user.can_at(Act.SEE_HOUSEHOLDS, unit=case.unit, special_area_id=case.special_area_id)
    determinations = sorted(case.determinations.all(), key=lambda item: item.determined_at)
    latest = determinations[-1] if determinations else None
    area = area_text(latest.area_m2) if latest and latest.area_m2 is not None else ""
    return Description(
        title=case.title or case.number,
        state="overdue" if case.overdue else case.state,
        state_label=_("%(state)s · 已逾期") % {"state": case.get_state_display()}
        if case.overdue
        else case.get_state_display(),
        facts=[
            (_("案件编号"), case.number),
            (_("地点"), case.address),
            (_("事由"), listed(Ground(ground).label for ground in case.grounds)),
            (_("认定面积"), area),
            (_("当事人"), case.person_in_charge if knows_names else ""),
            (_("重点区域"), case.control_area.name if case.control_area else ""),
            (_("所属单位"), case.unit.name),
            (_("立案时间"), moment_text(case.opened_at)),
        ],
        url=page_of("case-detail", case_number=case.number),
        url_label=_("打开案件"),
    )


def _narrow(cases: QuerySet[UnauthorisedCase], asked: QueryDict) -> QuerySet[UnauthorisedCase]:
    """The cases that the table shows for the same address; by key, so that no join of its filters is drawn twice."""
    now = timezone.now()
    wanted = filtered(with_figures(UnauthorisedCase.objects.all(), now=now), asked, now=now)
    return cases.filter(pk__in=wanted.order_by().values("pk"))


register_layer(
    Layer(
        name="cases",
        label=gettext_lazy("案件"),
        act=Act.SEE_CASES,
        rows=lambda user: (
            UnauthorisedCase.objects.for_user(user)
            .select_related("unit", "control_area")
            .prefetch_related("determinations")
            .annotate(overdue=lateness(Now()))
        ),
        geometry="location",
        outline="footprint",
        describe=describe_case,
        attributes={"number": "number", "state": "state", "overdue": F("overdue")},
        label_attribute="number",
        labels_from_zoom=17,
        clustered_below_zoom=14,
        cluster_hot=Count("pk", filter=Q(overdue=True)),
        order_by=("-opened_at", "-pk"),
        stored_area=_DETERMINED_M2,
        narrow=_narrow,
        filters=frozenset({"state", "due", "unit", "source", "q"}),
        position=60,
    )
)


def _reject_many(flags: Sequence[ChangeFlag]) -> str:
    """The grid of many flags with those of the chosen ones that wait; one page of it at most."""
    waiting = [str(flag.pk) for flag in flags if flag.state == FlagState.PENDING][:MOST]
    return f"{reverse('review-batch')}?{urlencode({'flags': ','.join(waiting)})}" if waiting else ""


register_selection_act(
    SelectionAct("flags", Act.REVIEW_FLAGS, gettext_lazy("批量排除待审核的图斑"), of_all=_reject_many)
)
for layer, key, value in (("flags", "flag", "pk"), ("cases", "case", "number"), ("buildings", "building", "pk")):
    register_selection_act(
        SelectionAct(
            layer,
            Act.ASSIGN_INSPECTIONS,
            gettext_lazy("派巡查"),
            of_one=lambda row, key=key, value=value: f"{reverse('task-new')}?{urlencode({key: getattr(row, value)})}",
        )
    )
