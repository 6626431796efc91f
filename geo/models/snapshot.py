"""Aerial snapshots: the original kept untouched for measuring, a web-optimised copy for looking."""

from pathlib import Path
from typing import Self

import pghistory
from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models.scoped import CrossingQuerySet
from geo.models.unit import Unit
from geo.roles import Act


class SnapshotQuerySet(CrossingQuerySet):
    """A snapshot is seen by everyone whose area it covers; its tiles are cut to that area."""

    see_act = Act.SEE_SNAPSHOTS

    def ready(self) -> Self:
        """Return the snapshots that passed every check."""
        return self.filter(state=SnapshotState.READY)


class SnapshotState(models.TextChoices):
    RECEIVED = "received", _("已接收")
    CHECKING = "checking", _("检查中")
    READY = "ready", _("可用")
    REFUSED = "refused", _("未通过检查")


@pghistory.track()
class Snapshot(models.Model):
    """One orthophoto of one date, with the DSM of the same flight when there is one."""

    title = models.CharField(_("名称"), max_length=120)
    captured_on = models.DateField(_("拍摄日期"))
    sensor = models.CharField(_("传感器"), max_length=80, blank=True)
    operator = models.CharField(_("作业单位"), max_length=80, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=SnapshotState, default=SnapshotState.RECEIVED)
    reason = models.TextField(_("未通过原因"), blank=True)

    # Files, as paths below PRIVATE_ROOT.
    file_name = models.CharField(_("原文件名"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    size_bytes = models.PositiveBigIntegerField(_("字节数"))
    original_path = models.CharField(max_length=300)
    # What the engine reads: the original itself, or a VRT that lends it a georeference.
    reading_path = models.CharField(max_length=300, blank=True)
    web_path = models.CharField(max_length=300, blank=True)
    thumbnail_path = models.CharField(max_length=300, blank=True)
    dsm_sha256 = models.CharField(max_length=64, blank=True)
    dsm_path = models.CharField(max_length=300, blank=True)
    declared = models.JSONField(_("申报的地理参考"), default=dict, blank=True)  # crs, centre, resolution given by hand

    # Facts read from the file.
    source_crs = models.CharField(_("坐标系"), max_length=120, blank=True)
    width_px = models.PositiveIntegerField(_("宽(像素)"), null=True)
    height_px = models.PositiveIntegerField(_("高(像素)"), null=True)
    band_count = models.PositiveSmallIntegerField(_("波段数"), null=True)
    dtype = models.CharField(_("像素类型"), max_length=10, blank=True)
    resolution_m = models.FloatField(_("分辨率(m)"), null=True)
    footprint = models.MultiPolygonField(_("覆盖范围"), srid=STORAGE_SRID, null=True)
    footprint_area_m2 = models.FloatField(_("覆盖面积(m²)"), null=True)
    facts = models.JSONField(default=dict, blank=True)
    # Units of every level that it covers, stored when it becomes ready.
    units = models.ManyToManyField(Unit, related_name="snapshots", blank=True, verbose_name=_("覆盖单位"))

    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    loaded_at = models.DateTimeField(_("入库时间"), auto_now_add=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("航拍影像")
        ordering = ["-captured_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="snapshot_ready_has_facts",
                condition=~models.Q(state=SnapshotState.READY)
                | (
                    models.Q(footprint__isnull=False, resolution_m__gt=0)
                    & ~models.Q(web_path="")
                    & ~models.Q(reading_path="")
                ),
            ),
            models.CheckConstraint(
                name="snapshot_refused_has_reason",
                condition=~models.Q(state=SnapshotState.REFUSED) | ~models.Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.captured_on:%Y-%m-%d})"

    @property
    def reading_file(self) -> Path:
        return settings.PRIVATE_ROOT / self.reading_path

    @property
    def web_file(self) -> Path:
        return settings.PRIVATE_ROOT / self.web_path

    @property
    def dsm_file(self) -> Path | None:
        return settings.PRIVATE_ROOT / self.dsm_path if self.dsm_path else None
