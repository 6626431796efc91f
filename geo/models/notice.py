"""Notices: somebody's act that concerns somebody else, waiting in that person's inbox."""

import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from geo.models.diff_run import DiffRun
from geo.models.import_job import ImportJob
from geo.models.snapshot import Snapshot
from geo.models.unit import SpecialArea, Unit
from geo.roles import Act

# A notice points at work that is listed elsewhere: what was read a month ago, or lay unread for half a year, is noise.
READ_KEPT = datetime.timedelta(days=30)
UNREAD_KEPT = datetime.timedelta(days=180)


class NoticeKind(models.TextChoices):
    TASK_ASSIGNED = "task_assigned", _("巡查任务")
    CASE_ROUTED = "case_routed", _("移交认定")
    CASE_DETERMINED = "case_determined", _("认定结果")
    STAGE_OVERDUE = "stage_overdue", _("期限逾期")
    OPINION_ASKED = "opinion_asked", _("请您会商")
    OPINION_ANSWERED = "opinion_answered", _("会商答复")
    PENALTY_DRAFTED = "penalty_drafted", _("决定书草稿")
    PENALTY_ISSUED = "penalty_issued", _("决定书下达")
    RUN_FINISHED = "run_finished", _("比对完成")
    RUN_FAILED = "run_failed", _("比对失败")
    SNAPSHOT_READY = "snapshot_ready", _("影像入库")
    SNAPSHOT_REFUSED = "snapshot_refused", _("影像退回")
    IMPORT_ENDED = "import_ended", _("数据导入")
    MODEL_OFFERED = "model_offered", _("检测模型")


class NoticeQuerySet(models.QuerySet):
    def for_user(self, user) -> Self:
        """Return this person's notices of what they may still see today; a post that ended takes its notices along."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        seen = Q(snapshot__in=Snapshot.objects.for_user(user)) | Q(run__in=DiffRun.objects.for_user(user))
        seen |= Q(import_job__in=ImportJob.objects.for_user(user))
        if user.can(Act.LOAD_SNAPSHOTS):
            seen |= Q(snapshot__units=None, snapshot__loaded_by=user)  # a refused one lies nowhere
        for act in Act:
            scope = user.scope(act)
            if scope.everything:
                seen |= Q(act=act, unit__isnull=False)
            for path in scope.unit_paths:
                seen |= Q(act=act, unit__path__startswith=path)
            if scope.special_area_ids:
                seen |= Q(act=act, special_area__in=scope.special_area_ids)
        return self.filter(seen, to=user)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def stale(self, now: datetime.datetime) -> Self:
        """Return what nobody needs any more."""
        return self.filter(Q(read_at__lt=now - READ_KEPT) | Q(read_at=None, made_at__lt=now - UNREAD_KEPT))


_NO_PLACE = Q(act="", unit=None, special_area=None)


class Notice(models.Model):
    """One thing that happened, for one person. What it is about decides who may read it.

    It is about a place, a run, a snapshot, or a file that the person sent.
    """

    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name=_("收件人"))
    kind = models.CharField(_("类别"), max_length=20, choices=NoticeKind)
    # What the sentence names; the sentence itself is written in the reader's language.
    facts = models.JSONField(_("内容"), default=dict)
    link = models.CharField(_("地址"), max_length=300)
    # The act is repeated as often as it likes: one act, one notice.
    key = models.CharField(max_length=80)
    act = models.CharField(max_length=24, blank=True)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+", null=True, blank=True, verbose_name=_("所属单位"))
    special_area = models.ForeignKey(
        SpecialArea, models.SET_NULL, related_name="+", null=True, blank=True, verbose_name=_("所属特殊区域")
    )
    run = models.ForeignKey(DiffRun, models.CASCADE, related_name="+", null=True, blank=True)
    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="+", null=True, blank=True)
    import_job = models.ForeignKey(ImportJob, models.CASCADE, related_name="+", null=True, blank=True)
    made_at = models.DateTimeField(_("时间"), auto_now_add=True)
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("通知")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(name="notice_once_per_act", fields=["to", "key"]),
            models.CheckConstraint(
                name="notice_is_about_one_thing",
                condition=(~Q(act="") & Q(unit__isnull=False, run=None, snapshot=None, import_job=None))
                | Q(_NO_PLACE, run__isnull=False, snapshot=None, import_job=None)
                | Q(_NO_PLACE, run=None, snapshot__isnull=False, import_job=None)
                | Q(_NO_PLACE, run=None, snapshot=None, import_job__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["to", "read_at"], name="notice_unread_of_person")]

    def __str__(self) -> str:
        return f"{self.to}: {self.get_kind_display()} {self.key}"
