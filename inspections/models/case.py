"""Cases of unauthorised building 私搭乱建: one per structure, with all its sources."""

from typing import Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from geo.crs import STORAGE_SRID
from geo.models import Building, ChangeFlag, ControlArea, Located, ScopedQuerySet, Unit
from geo.models.words import word_index
from geo.roles import Act, Bureau


class CaseState(models.TextChoices):
    FOUND = "found", _("已发现")
    ROUTED = "routed", _("认定中")
    DETERMINED = "determined", _("已认定")
    DEMOLISHING = "demolishing", _("拆除中")
    CLOSED = "closed", _("已拆除结案")
    AUTHORISED = "authorised", _("许可合法")
    WITHDRAWN = "withdrawn", _("已撤销")


class Ground(models.TextChoices):
    """Grounds of R-201; each is routed to its bureau."""

    NO_PLANNING_PERMIT = "no_planning_permit", _("未取得建设工程规划许可")
    ILLEGAL_LAND_USE = "illegal_land_use", _("违法用地")
    NO_CONSTRUCTION_PERMIT = "no_construction_permit", _("未取得施工许可")
    HARMS_CITY_LOOK = "harms_city_look", _("影响市容")


class CaseQuerySet(ScopedQuerySet):
    see_act = Act.SEE_CASES

    def open(self) -> Self:
        return self.filter(state__in=Case.OPEN)


@pghistory.track()
class Case(ConcurrentTransitionMixin, Located):
    """One structure and everything that people did about it."""

    OPEN = [CaseState.FOUND, CaseState.ROUTED, CaseState.DETERMINED, CaseState.DEMOLISHING]

    number = models.CharField(_("案件编号"), max_length=30, unique=True)
    county = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("县(区)"))
    title = models.CharField(_("标题"), max_length=120)
    address = models.CharField(_("地点"), max_length=200, blank=True)
    location = models.PointField(_("位置"), srid=STORAGE_SRID)
    footprint = models.MultiPolygonField(_("轮廓"), srid=STORAGE_SRID, null=True, blank=True)
    building = models.ForeignKey(
        Building, models.PROTECT, related_name="cases", null=True, blank=True, verbose_name=_("对应建筑")
    )
    control_area = models.ForeignKey(
        ControlArea, models.SET_NULL, related_name="+", null=True, blank=True, verbose_name=_("重点区域")
    )
    person_in_charge = models.CharField(_("当事人"), max_length=80, blank=True)
    grounds = ArrayField(
        models.CharField(max_length=24, choices=Ground), verbose_name=_("事由"), default=list, blank=True
    )
    state = FSMField(_("状态"), max_length=12, choices=CaseState.choices, default=CaseState.FOUND, protected=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    opened_at = models.DateTimeField(_("立案时间"), auto_now_add=True)
    closed_at = models.DateTimeField(_("结案时间"), null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("案件")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="case_one_open_per_building",
                fields=["building"],
                condition=models.Q(building__isnull=False, state__in=["found", "routed", "determined", "demolishing"]),
            ),
            models.CheckConstraint(
                name="case_closed_has_time",
                condition=~models.Q(state=CaseState.CLOSED) | models.Q(closed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "county"], name="case_by_state_and_county"),
            word_index("number", "title", "address", "person_in_charge", name="case_words"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    # The states change only here; what must hold and what else is written is in inspections.actions.
    @transition(state, source=[CaseState.FOUND, CaseState.ROUTED], target=CaseState.ROUTED)
    def route(self) -> None:
        """Handed to the determining bureaux."""

    @transition(state, source=CaseState.ROUTED, target=CaseState.DETERMINED)
    def determine_unauthorised(self) -> None:
        """A bureau found it unauthorised: deadlines and penalties run from here."""

    @transition(state, source=[CaseState.FOUND, CaseState.ROUTED], target=CaseState.AUTHORISED)
    def determine_authorised(self) -> None:
        """A permit covers it."""

    @transition(
        state,
        source=[CaseState.FOUND, CaseState.ROUTED, CaseState.DETERMINED, CaseState.DEMOLISHING],
        target=CaseState.WITHDRAWN,
    )
    def withdraw(self) -> None:
        """Exempt, or opened by mistake."""

    @transition(state, source=[CaseState.WITHDRAWN, CaseState.AUTHORISED], target=CaseState.FOUND)
    def reopen(self) -> None:
        """Withdrawn or found lawful too early: the same case comes back with all its records."""

    @transition(state, source=[CaseState.DETERMINED, CaseState.DEMOLISHING], target=CaseState.ROUTED)
    def await_bureaux(self) -> None:
        """The only finding was taken back, and a bureau that was asked has not spoken."""

    @transition(state, source=[CaseState.DETERMINED, CaseState.DEMOLISHING], target=CaseState.DEMOLISHING)
    def demolish_part(self) -> None:
        """Part of it is down; what remains still counts."""

    @transition(state, source=[CaseState.DETERMINED, CaseState.DEMOLISHING], target=CaseState.CLOSED)
    def close(self) -> None:
        """Gone, with photos to show it."""


class SourceKind(models.TextChoices):
    """Sources of a report (R-101)."""

    PATROL = "patrol", _("巡查")
    AERIAL = "aerial", _("影像比对")
    CENTRE = "centre", _("数字城管采集")
    BRIGADE = "brigade", _("暗访")
    PUBLIC = "public", _("公众举报")
    MEDIA = "media", _("媒体")


class OfCaseQuerySet(ScopedQuerySet):
    """Rows that are seen by those who see their case."""

    see_act = Act.SEE_CASES
    unit_lookup = "case__unit"
    special_area_lookup = "case__special_area"


class CaseSourceQuerySet(OfCaseQuerySet):
    def standing(self) -> Self:
        """Return the reports that nobody has taken back."""
        return self.filter(left_at=None)


class CaseSource(models.Model):
    """One report of the structure. A second report joins the case. Kept for ever: one taken back is marked as left."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="sources", verbose_name=_("案件"))
    kind = models.CharField(_("来源"), max_length=8, choices=SourceKind)
    flag = models.ForeignKey(
        ChangeFlag, models.PROTECT, related_name="case_sources", null=True, blank=True, verbose_name=_("图斑")
    )
    inspection = models.OneToOneField(
        "inspections.Inspection",
        models.PROTECT,
        related_name="case_source",
        null=True,
        blank=True,
        verbose_name=_("巡查"),
    )
    note = models.TextField(_("说明"), blank=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    reported_at = models.DateTimeField(_("时间"), auto_now_add=True)
    left_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    left_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    left_reason = models.TextField(_("撤回理由"), blank=True)

    objects = CaseSourceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("案件来源")
        ordering = ["reported_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="case_source_one_case_per_flag", fields=["flag"], condition=models.Q(left_at=None)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="case_source_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="case_source_is_fixed", exclude=["left_at", "left_by", "left_reason"]),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_kind_display()}"


class CaseRouting(models.Model):
    """The case was put before one bureau on one ground (R-201)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="routings", verbose_name=_("案件"))
    ground = models.CharField(_("事由"), max_length=24, choices=Ground)
    bureau = models.CharField(_("认定部门"), max_length=16, choices=Bureau)
    routed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    routed_at = models.DateTimeField(_("移交时间"), auto_now_add=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("移交认定")
        ordering = ["routed_at", "pk"]
        constraints = [models.UniqueConstraint(name="case_routing_once_per_ground", fields=["case", "ground"])]
        triggers = [pgtrigger.Protect(name="case_routing_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.case} → {self.get_bureau_display()}"
