"""A file that a person sent to be imported, from its arrival to its report; and how its columns were read."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from geo.models.import_run import ImportRun
from geo.models.unit import Unit


class ImportJobState(models.TextChoices):
    RECEIVED = "received", _("待核对列")
    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("进行中")
    CHECKED = "checked", _("已试运行")
    DONE = "done", _("已导入")
    FAILED = "failed", _("未导入")
    CANCELLED = "cancelled", _("已取消")
    UNDOING = "undoing", _("撤销中")
    UNDONE = "undone", _("已撤销")


ACTIVE_STATES = (ImportJobState.QUEUED, ImportJobState.RUNNING, ImportJobState.UNDOING)
# Nothing of it is written, and it waits for somebody to go on or to leave it.
WAITING_STATES = (ImportJobState.RECEIVED, ImportJobState.CHECKED)


class ImportJobQuerySet(models.QuerySet):
    def for_user(self, user) -> Self:
        """Return the files that this person sent: what a colleague sends may hold what the person may not see."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.all() if user.is_superuser else self.filter(sent_by=user)

    def active(self) -> Self:
        return self.filter(state__in=ACTIVE_STATES)


class ImportJob(models.Model):
    """One sent file of one layer. It writes all of its rows or none."""

    layer = models.CharField(_("图层"), max_length=30)
    state = models.CharField(_("状态"), max_length=12, choices=ImportJobState, default=ImportJobState.RECEIVED)
    file_name = models.CharField(_("文件名"), max_length=200)
    size_bytes = models.BigIntegerField(_("大小(字节)"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    stored_path = models.CharField(max_length=300)  # below PRIVATE_ROOT
    titles = models.JSONField(_("列"), default=dict)  # title -> a few of its cells, as they stand in the file
    is_table = models.BooleanField(default=False)
    asks_datum = models.BooleanField(default=False)
    options = models.JSONField(_("读取方式"), default=dict)  # what ImportOptions is made of; mapping: theirs -> ours
    dry_run = models.BooleanField(_("试运行"), default=True)
    counts = models.JSONField(_("结果"), default=dict)  # outcome -> rows
    notes = models.JSONField(_("说明"), default=list)
    error = models.TextField(_("原因"), blank=True)
    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="jobs", null=True, verbose_name=_("导入记录"))
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("上传人"))
    sent_at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    started_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("上传的导入文件")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="import_job_written_has_its_run",
                condition=~models.Q(state__in=["done", "undoing", "undone"]) | models.Q(run__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING_STATES


class ImportMapping(models.Model):
    """How somebody read the columns of such files last: offered again to them and to those of their unit."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("用户"))
    unit = models.ForeignKey(Unit, models.SET_NULL, related_name="+", null=True, verbose_name=_("单位"))
    layer = models.CharField(_("图层"), max_length=30)
    signature = models.CharField(_("表头"), max_length=64)  # SHA-256 of the titles
    mapping = models.JSONField(_("列的对应"), default=dict)
    saved_at = models.DateTimeField(_("保存时间"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("列的对应")
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "layer", "signature"], name="import_mapping_one_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.layer} · {self.user}"
