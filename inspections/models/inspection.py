"""Inspections on the ground: tasks given out, and what came back. What was captured is kept, never refused."""

from typing import Self

import pghistory
from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models import ArchiveArea, Building, ChangeFlag, Located, ScopedQuerySet
from geo.models.words import word_index
from geo.roles import Act
from inspections.models.case import Case


class ChecklistTemplate(models.Model):
    """A checklist as data: typed items, by version. A new version never changes answers given to an old one."""

    code = models.CharField(_("代码"), max_length=40)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    name = models.CharField(_("名称"), max_length=80)
    items = models.JSONField(_("项目"), default=list)
    retired = models.BooleanField(_("停用"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("检查表")
        ordering = ["code", "-version"]
        constraints = [models.UniqueConstraint(name="checklist_version_once", fields=["code", "version"])]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class TaskState(models.TextChoices):
    ASSIGNED = "assigned", _("待检查")
    DONE = "done", _("已提交")
    CANCELLED = "cancelled", _("已取消")


class InspectionTaskQuerySet(ScopedQuerySet):
    see_act = Act.SEE_INSPECTIONS

    def mine(self, user) -> Self:
        """Return the tasks on this person's phone: theirs, still to be done."""
        return self.for_user(user, Act.INSPECT).filter(assigned_to=user, state=TaskState.ASSIGNED)

    def due_first(self) -> Self:
        return self.order_by(models.F("due_at").asc(nulls_last=True), "pk")


@pghistory.track()
class InspectionTask(Located):
    """Someone is to go and look."""

    title = models.CharField(_("任务"), max_length=120)
    instructions = models.TextField(_("说明"), blank=True)
    location = models.PointField(_("位置"), srid=STORAGE_SRID)
    flag = models.ForeignKey(ChangeFlag, models.PROTECT, related_name="tasks", null=True, blank=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="tasks", null=True, blank=True)
    building = models.ForeignKey(Building, models.PROTECT, related_name="tasks", null=True, blank=True)
    archive_area = models.ForeignKey(ArchiveArea, models.PROTECT, related_name="tasks", null=True, blank=True)
    checklist = models.ForeignKey(ChecklistTemplate, models.PROTECT, related_name="+", verbose_name=_("检查表"))
    state = models.CharField(_("状态"), max_length=10, choices=TaskState, default=TaskState.ASSIGNED)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="inspection_tasks", verbose_name=_("巡查员")
    )
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(_("派发时间"), auto_now_add=True)
    due_at = models.DateTimeField(_("期限"), null=True, blank=True)

    objects = InspectionTaskQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("巡查任务")
        ordering = ["-pk"]
        indexes = [word_index("title", name="task_words")]
        constraints = [
            models.CheckConstraint(
                name="inspection_task_has_one_subject",
                condition=Q(flag=None, case=None, building=None)
                | Q(flag=None, case=None, archive_area=None)
                | Q(flag=None, building=None, archive_area=None)
                | Q(case=None, building=None, archive_area=None),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class InspectionQuerySet(ScopedQuerySet):
    see_act = Act.SEE_INSPECTIONS


@pghistory.track()
class Inspection(Located):
    """One submission from the field: answers, place, time, photos, and marks for whatever looks odd."""

    client_id = models.UUIDField(_("终端编号"), unique=True)  # made on the phone: sending again changes nothing
    payload_sha256 = models.CharField(max_length=64)
    task = models.ForeignKey(InspectionTask, models.PROTECT, related_name="inspections", null=True, blank=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="inspections", null=True, blank=True)
    checklist = models.ForeignKey(ChecklistTemplate, models.PROTECT, related_name="+", null=True, blank=True)
    answers = models.JSONField(_("检查结果"), default=dict, blank=True)
    note = models.TextField(_("备注"), blank=True)
    position = models.PointField(_("手机定位"), srid=STORAGE_SRID, null=True, blank=True)
    accuracy_m = models.FloatField(_("定位精度(m)"), null=True, blank=True)
    corrected_position = models.PointField(_("手动修正位置"), srid=STORAGE_SRID, null=True, blank=True)
    captured_at = models.DateTimeField(_("采集时间"))  # the phone's clock
    received_at = models.DateTimeField(_("接收时间"), auto_now_add=True)  # ours
    inspected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="inspections")
    marks = models.JSONField(_("标注"), default=list, blank=True)  # [{code, text, ...numbers}]
    # The same client id came again with other content: kept here, never dropped.
    conflicts = models.JSONField(default=list, blank=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("巡查记录")
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="inspection_accuracy_not_negative", condition=Q(accuracy_m=None) | Q(accuracy_m__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inspected_by} {self.captured_at:%Y-%m-%d %H:%M}"
