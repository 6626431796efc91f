"""Detector models beyond the shipped ones, and which one was chosen when."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DetectorOrigin(models.TextChoices):
    INSTALLED = "installed", _("外部安装")
    RETRAINED = "retrained", _("本地学习")


class DetectorState(models.TextChoices):
    OFFERED = "offered", _("可以启用")
    NOT_BETTER = "not_better", _("未优于现用模型")


@pghistory.track()
class DetectorModel(models.Model):
    """One model of this city: its files lie below PRIVATE_ROOT/models under its name.

    One that learned here and did no better than the model in use is kept as a record, without its files.
    """

    name = models.SlugField(_("名称"), max_length=40, unique=True)
    title = models.CharField(_("标题"), max_length=80)
    origin = models.CharField(_("来源"), max_length=10, choices=DetectorOrigin)
    state = models.CharField(_("状态"), max_length=10, choices=DetectorState)
    # The model that it learned on from; its version is that of weights and contract together.
    parent = models.CharField(_("起点模型"), max_length=40, blank=True)
    version = models.CharField(_("版本"), max_length=12)
    # Reviews that were learned from, and both models' figures on those held out (geo.imagery.learning.judging).
    report = models.JSONField(_("对比结果"), default=dict, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("提交人")
    )
    added_at = models.DateTimeField(_("提交时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("检测模型")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="detector_model_learned_from_something",
                condition=~models.Q(origin=DetectorOrigin.RETRAINED) | ~models.Q(parent=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DetectorChoice(models.Model):
    """Which model new comparisons use from a moment on: the last one counts, going back is choosing again."""

    detector = models.CharField(_("检测模型"), max_length=40)
    version = models.CharField(_("版本"), max_length=12)
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("启用人")
    )
    chosen_at = models.DateTimeField(_("启用时间"), auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = _("模型启用记录")
        ordering = ["-pk"]
        triggers = [pgtrigger.Protect(name="detector_choice_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.detector} {self.version}"
