"""Determinations 认定 and what follows from them: stages of demolition (R-2xx, R-3xx)."""

from typing import Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geo.models import Permit, Unit
from geo.roles import Bureau
from inspections.models.case import Case, Ground, OfCaseQuerySet
from inspections.models.measurement import Measurement
from inspections.models.rule_set import RuleSet


class DeterminationOutcome(models.TextChoices):
    UNAUTHORISED = "unauthorised", _("认定为私搭乱建")
    AUTHORISED = "authorised", _("许可合法")
    WITHDRAWN = "withdrawn", _("豁免/撤销")


class DeterminationQuerySet(OfCaseQuerySet):
    def last_words(self) -> Self:
        """Return of each bureau what it said last in a case."""
        later = Determination.objects.filter(
            case=models.OuterRef("case"), bureau=models.OuterRef("bureau"), pk__gt=models.OuterRef("pk")
        )
        return self.filter(~models.Exists(later))


class Determination(models.Model):
    """A bureau's finding, with its reason, person and time (R-202). Never edited: a later one supersedes it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="determinations", verbose_name=_("案件"))
    outcome = models.CharField(_("结论"), max_length=12, choices=DeterminationOutcome)
    grounds = ArrayField(
        models.CharField(max_length=24, choices=Ground), verbose_name=_("事由"), default=list, blank=True
    )
    bureau = models.CharField(_("认定部门"), max_length=16, choices=Bureau)
    area_m2 = models.DecimalField(_("认定面积(m²)"), max_digits=12, decimal_places=2, null=True, blank=True)
    measurement = models.ForeignKey(
        Measurement, models.PROTECT, related_name="determinations", null=True, blank=True, verbose_name=_("依据的量算")
    )
    permit = models.ForeignKey(Permit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("许可"))
    reason = models.TextField(_("理由"))
    rule_set = models.ForeignKey(RuleSet, models.PROTECT, related_name="+", null=True, blank=True)
    determined_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    determined_at = models.DateTimeField(_("认定时间"))
    # The number of the paper on which it was found before the case was put before the bureau here (补录).
    document = models.CharField(_("原认定文号"), max_length=60, blank=True)
    recorded_at = models.DateTimeField(_("录入时间"), default=timezone.now, editable=False)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, related_name="superseded_by", null=True, blank=True, verbose_name=_("取代")
    )

    objects = DeterminationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("认定")
        ordering = ["determined_at", "pk"]
        constraints = [
            models.CheckConstraint(name="determination_has_reason", condition=~models.Q(reason="")),
            models.CheckConstraint(
                name="determination_unauthorised_has_measured_area",
                condition=~models.Q(outcome=DeterminationOutcome.UNAUTHORISED)
                | models.Q(area_m2__gt=0, measurement__isnull=False, rule_set__isnull=False),
            ),
            # One chain per case: a determination either is the first or supersedes another.
            models.UniqueConstraint(
                name="determination_one_first_per_case", fields=["case"], condition=models.Q(supersedes=None)
            ),
        ]
        triggers = [pgtrigger.Protect(name="determination_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_outcome_display()}"


class StageKind(models.TextChoices):
    TOWNSHIP = "township", _("乡镇办自行拆除")
    SUPERVISED = "supervised", _("县(区)督查拆除")
    COLLECTIVE = "collective", _("县(区)集中拆除")


@pghistory.track()
class DemolitionStage(models.Model):
    """One stage with its owner and due time (R-304). Whether it is overdue follows from the clock."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="stages", verbose_name=_("案件"))
    determination = models.ForeignKey(Determination, models.PROTECT, related_name="stages")
    kind = models.CharField(_("阶段"), max_length=10, choices=StageKind)
    owner = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("责任单位"))
    starts_at = models.DateTimeField(_("开始"))
    due_at = models.DateTimeField(_("期限"))
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("拆除阶段")
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(name="demolition_stage_once", fields=["determination", "kind"]),
            models.CheckConstraint(
                name="demolition_stage_due_after_start", condition=models.Q(due_at__gt=models.F("starts_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.get_kind_display()}"


class DemolitionRecord(models.Model):
    """What was found standing after a demolition, with photos from the place (R-305)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="demolitions", verbose_name=_("案件"))
    remaining_m2 = models.DecimalField(_("剩余面积(m²)"), max_digits=12, decimal_places=2)
    note = models.TextField(_("说明"), blank=True)
    photos = models.ManyToManyField("inspections.Photo", related_name="demolitions", verbose_name=_("照片"))
    demolished_at = models.DateTimeField(_("拆除时间"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("拆除记录")
        ordering = ["demolished_at", "pk"]
        constraints = [
            models.CheckConstraint(name="demolition_remaining_not_negative", condition=models.Q(remaining_m2__gte=0)),
        ]
        triggers = [pgtrigger.Protect(name="demolition_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.case}: {self.remaining_m2} m²"


@pghistory.track()
class DemolitionPlan(models.Model):
    """A demolition plan 预案 (R-306); a collective demolition needs one."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="plans", verbose_name=_("案件"))
    planned_on = models.DateField(_("计划日期"))
    forces = models.TextField(_("力量部署"))
    risks = models.TextField(_("风险评估"))
    stability_measures = models.TextField(_("维稳措施"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("拆除预案")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.case}: {self.planned_on:%Y-%m-%d}"
