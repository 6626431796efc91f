"""Change flags 变化图斑: what a diff run found, to be decided by a supervisor."""

from typing import Self

import pghistory
from django.conf import settings
from django.contrib.gis.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models.building import Building
from geo.models.control_area import ControlArea
from geo.models.diff_run import DiffRun
from geo.models.permit import Permit
from geo.models.scoped import Located, ScopedQuerySet
from geo.roles import Act


class ChangeKind(models.TextChoices):
    NEW = "new", _("新增")
    ENLARGED = "enlarged", _("扩建")
    REBUILT = "rebuilt", _("翻建")
    STOREY_ADDED = "storey_added", _("加层")
    DEMOLISHED = "demolished", _("拆除")
    UNCLEAR = "unclear", _("待辨")


class FlagState(models.TextChoices):
    PENDING = "pending", _("待审核")
    CONFIRMED = "confirmed", _("已确认")
    REJECTED = "rejected", _("已排除")
    AUTHORISED = "authorised", _("许可范围内")
    BAD_IMAGE = "bad_image", _("影像问题")
    SUPERSEDED = "superseded", _("已被新比对取代")


class LaterLook(models.TextChoices):
    """What the pictures flown after a flag's own say of it together. A person's decision is the state, not this."""

    OPEN = "", _("后续影像尚无结论")
    CONFIRMED = "confirmed", _("后续影像仍可见")
    CLEARED = "cleared", _("后续影像中未见")
    KEPT = "kept", _("人工放回队列")


class ChangeFlagQuerySet(ScopedQuerySet):
    see_act = Act.SEE_FLAGS

    def pending(self) -> Self:
        """Return the flags that wait for a decision; what is below its area's limit is kept, not asked about."""
        return self.filter(state=FlagState.PENDING, below_limit=False)

    def standing(self) -> Self:
        """Return the flags that no newer run has replaced."""
        return self.exclude(state=FlagState.SUPERSEDED)

    def free_for(self, user) -> Self:
        """Return the flags that nobody else has on the desk just now."""
        return self.filter(models.Q(taken_by=None) | models.Q(taken_by=user) | models.Q(taken_until__lt=timezone.now()))

    def in_review_order(self) -> Self:
        """Inside control areas first, then by confidence and size; what later pictures cleared comes at the end."""
        cleared = models.Case(models.When(later_look=LaterLook.CLEARED, then=1), default=0)
        return self.order_by(cleared, models.F("control_area").asc(nulls_last=True), "-confidence", "-area_m2", "pk")


@pghistory.track()
class ChangeFlag(Located):
    """A changed structure as a polygon with its measured area."""

    run = models.ForeignKey(DiffRun, models.CASCADE, related_name="flags", verbose_name=_("比对"))
    index = models.PositiveIntegerField(_("序号"))
    geometry = models.PolygonField(_("轮廓"), srid=STORAGE_SRID)
    area_m2 = models.FloatField(_("面积(m²)"))
    area_uncertainty_m2 = models.FloatField(_("面积误差(m²)"))
    confidence = models.FloatField(_("置信度"))
    kind = models.CharField(_("类型"), max_length=14, choices=ChangeKind)
    height_change_m = models.FloatField(_("高度变化(m)"), null=True, blank=True)
    evidence = models.JSONField(default=dict, blank=True)

    control_area = models.ForeignKey(
        ControlArea, models.SET_NULL, related_name="flags", null=True, blank=True, verbose_name=_("重点区域")
    )
    permit = models.ForeignKey(
        Permit, models.SET_NULL, related_name="flags", null=True, blank=True, verbose_name=_("许可")
    )
    permitted_m2 = models.FloatField(_("许可覆盖面积(m²)"), default=0.0)
    building = models.ForeignKey(
        Building, models.SET_NULL, related_name="flags", null=True, blank=True, verbose_name=_("对应建筑")
    )
    earlier = models.ForeignKey(
        "self", models.SET_NULL, related_name="later", null=True, blank=True, verbose_name=_("此前图斑")
    )

    below_limit = models.BooleanField(_("小于区域最小面积"), default=False)
    # With its reasons, picture by picture, in evidence["later"].
    later_look = models.CharField(
        _("后续影像"), max_length=9, choices=LaterLook, default=LaterLook.OPEN, blank=True, db_default=""
    )

    state = models.CharField(_("状态"), max_length=10, choices=FlagState, default=FlagState.PENDING)
    superseded_by = models.ForeignKey(DiffRun, models.SET_NULL, related_name="superseded_flags", null=True, blank=True)
    chip_before_path = models.CharField(max_length=300, blank=True)
    chip_after_path = models.CharField(max_length=300, blank=True)
    chip_info = models.JSONField(default=dict, blank=True)  # bounds and outline in pixels of the chips

    # One supervisor at a time.
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    taken_until = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField(_("发现时间"), auto_now_add=True)

    objects = ChangeFlagQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("变化图斑")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="change_flag_index_once_per_run", fields=["run", "index"]),
            models.CheckConstraint(name="change_flag_area_positive", condition=models.Q(area_m2__gt=0)),
            models.CheckConstraint(
                name="change_flag_uncertainty_not_negative", condition=models.Q(area_uncertainty_m2__gte=0)
            ),
            models.CheckConstraint(
                name="change_flag_confidence_is_share", condition=models.Q(confidence__range=(0.0, 1.0))
            ),
            models.CheckConstraint(
                name="change_flag_taken_pair",
                condition=models.Q(taken_by=None, taken_until=None)
                | models.Q(taken_by__isnull=False, taken_until__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "unit"], name="change_flag_queue")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people say: run and index."""
        return f"TB{self.run_id:04d}-{self.index:04d}"

    @property
    def beyond_permit_m2(self) -> float:
        """The part that no permit covers."""
        return max(0.0, self.area_m2 - self.permitted_m2)
