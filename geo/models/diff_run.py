"""A diff of two snapshots, run as durable block jobs."""

from pathlib import Path
from typing import Self

import pghistory
from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.models.scoped import ScopedQuerySet
from geo.models.snapshot import Snapshot
from geo.roles import Act


class DiffRunQuerySet(ScopedQuerySet):
    """A run is seen by those who see both its snapshots and may see flags."""

    see_act = Act.SEE_FLAGS

    def in_scope(self, scope) -> models.Q:
        visible = Snapshot.objects.filter(Snapshot.objects.all().in_scope(scope)).values("pk")
        return models.Q(before__in=visible, after__in=visible)

    def active(self) -> Self:
        return self.filter(state__in=DiffRun.ACTIVE)


class DiffRunState(models.TextChoices):
    QUEUED = "queued", _("排队中")
    PREPARING = "preparing", _("配准中")
    DETECTING = "detecting", _("比对中")
    ASSEMBLING = "assembling", _("汇总中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")


@pghistory.track()
class DiffRun(models.Model):
    """One comparison of an earlier and a later snapshot with one set of parameters."""

    ACTIVE = [DiffRunState.QUEUED, DiffRunState.PREPARING, DiffRunState.DETECTING, DiffRunState.ASSEMBLING]

    before = models.ForeignKey(Snapshot, models.PROTECT, related_name="runs_from", verbose_name=_("前期影像"))
    after = models.ForeignKey(Snapshot, models.PROTECT, related_name="runs_to", verbose_name=_("后期影像"))
    parameters = models.JSONField(_("参数"), default=dict)
    algorithm = models.CharField(_("算法版本"), max_length=120, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=DiffRunState, default=DiffRunState.QUEUED)
    error = models.TextField(_("失败原因"), blank=True)
    plan = models.JSONField(default=dict, blank=True)
    registration = models.JSONField(_("配准结果"), default=dict, blank=True)
    cost = models.JSONField(_("用时与算力"), default=dict, blank=True)
    block_count = models.PositiveIntegerField(_("分块数"), default=0)
    flag_count = models.PositiveIntegerField(_("图斑数"), null=True)
    work_path = models.CharField(max_length=300, blank=True)  # below PRIVATE_ROOT: blocks, probability, chips
    probability_path = models.CharField(max_length=300, blank=True)
    superseded_by = models.ForeignKey("self", models.SET_NULL, related_name="supersedes", null=True, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    requested_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    started_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True)

    objects = DiffRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("影像比对")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="diff_run_compares_two", condition=~models.Q(before=models.F("after"))),
            models.CheckConstraint(
                name="diff_run_failed_has_error", condition=~models.Q(state=DiffRunState.FAILED) | ~models.Q(error="")
            ),
            models.CheckConstraint(
                name="diff_run_done_has_count",
                condition=~models.Q(state=DiffRunState.DONE)
                | models.Q(flag_count__isnull=False, finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.before.captured_on:%Y-%m-%d} → {self.after.captured_on:%Y-%m-%d}"

    @property
    def work_dir(self) -> Path:
        return settings.PRIVATE_ROOT / self.work_path

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE


class DiffBlockState(models.TextChoices):
    PENDING = "pending", _("待处理")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")


class DiffBlock(models.Model):
    """One block of a run: done exactly when its probability file is complete."""

    run = models.ForeignKey(DiffRun, models.CASCADE, related_name="blocks")
    index = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=DiffBlockState, default=DiffBlockState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    seconds = models.FloatField(null=True)
    cpu_seconds = models.FloatField(null=True)
    # Blocks that a control area touches are detected first.
    in_control_area = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["run", "index"]
        constraints = [
            models.UniqueConstraint(name="diff_block_once_per_run", fields=["run", "index"]),
            models.CheckConstraint(
                name="diff_block_done_has_file",
                condition=~models.Q(state=DiffBlockState.DONE)
                | (~models.Q(sha256="") & models.Q(done_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.index}"
