"""What was imported, from which file, by whom."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    """One file of one layer that was written as a whole."""

    layer = models.CharField(_("图层"), max_length=30)
    file_name = models.CharField(_("文件名"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    source_crs = models.CharField(_("坐标系"), max_length=120)
    encoding = models.CharField(_("编码"), max_length=20, blank=True)
    created_count = models.PositiveIntegerField(_("新增"), default=0)
    updated_count = models.PositiveIntegerField(_("更新"), default=0)
    unchanged_count = models.PositiveIntegerField(_("未变"), default=0)
    notes = models.JSONField(_("说明"), default=list, blank=True)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    context_id = models.UUIDField(
        null=True, editable=False
    )  # of the events that the import left: its undoing reads them
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    undone_at = models.DateTimeField(_("撤销时间"), null=True)
    imported_at = models.DateTimeField(_("导入时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("导入记录")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.layer}: {self.file_name}"
