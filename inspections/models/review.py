"""What supervisors decided about change flags."""

import pghistory
from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models import ChangeFlag, ScopedQuerySet
from geo.roles import Act


class ReviewOutcome(models.TextChoices):
    CONFIRMED = "confirmed", _("确认变化")
    REJECTED = "rejected", _("排除")
    AUTHORISED = "authorised", _("许可范围内")
    BAD_IMAGE = "bad_image", _("影像问题")


class RejectReason(models.TextChoices):
    """Short codes that the change engine can learn from."""

    SHADOW = "shadow", _("阴影")
    VEHICLE = "vehicle", _("车辆")
    VEGETATION = "vegetation", _("植被/农作物")
    WATER = "water", _("水面")
    GREENHOUSE = "greenhouse", _("大棚")
    TARPAULIN = "tarpaulin", _("篷布/防尘网")
    CONTAINER = "container", _("集装箱/临时堆放")
    GROUND = "ground", _("地面铺装")
    LEAN = "lean", _("高楼倾斜")
    MISALIGNED = "misaligned", _("配准偏差")
    REPAINTED = "repainted", _("屋顶翻新")
    UNCHANGED = "unchanged", _("无变化")
    OTHER = "other", _("其他")


class ChangeReviewQuerySet(ScopedQuerySet):
    see_act = Act.SEE_FLAGS
    unit_lookup = "flag__unit"
    special_area_lookup = "flag__special_area"

    def standing(self) -> "ChangeReviewQuerySet":
        return self.filter(undone_at=None)


@pghistory.track()
class ChangeReview(models.Model):
    """One decision about one flag. An undone decision stays on record."""

    flag = models.ForeignKey(ChangeFlag, models.PROTECT, related_name="reviews", verbose_name=_("图斑"))
    outcome = models.CharField(_("结论"), max_length=10, choices=ReviewOutcome)
    reason = models.CharField(_("原因"), max_length=12, choices=RejectReason, blank=True)
    note = models.TextField(_("备注"), blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    reviewed_at = models.DateTimeField(_("审核时间"), auto_now_add=True)
    # The outline as the reviewer corrected it; the machine's own stays on the flag.
    outline = models.PolygonField(_("确认的轮廓"), srid=STORAGE_SRID, null=True, blank=True)
    outline_area_m2 = models.FloatField(_("确认的面积(m²)"), null=True, blank=True)
    outline_uncertainty_m2 = models.FloatField(_("确认的面积误差(m²)"), null=True, blank=True)
    batch = models.UUIDField(_("批次"), null=True, blank=True, db_index=True)  # decided and undone together
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)

    objects = ChangeReviewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("图斑审核")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="change_review_one_standing_per_flag", fields=["flag"], condition=models.Q(undone_at=None)
            ),
            models.CheckConstraint(
                name="change_review_rejection_has_reason",
                condition=~models.Q(outcome=ReviewOutcome.REJECTED) | ~models.Q(reason=""),
            ),
            models.CheckConstraint(
                name="change_review_outline_is_measured",
                condition=models.Q(outline=None, outline_area_m2=None, outline_uncertainty_m2=None)
                | models.Q(
                    outline__isnull=False,
                    outline_area_m2__isnull=False,
                    outline_area_m2__gt=0,
                    outline_uncertainty_m2__isnull=False,
                    outline_uncertainty_m2__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="change_review_undone_pair",
                condition=models.Q(undone_by=None, undone_at=None)
                | models.Q(undone_by__isnull=False, undone_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag}: {self.get_outcome_display()}"
