"""Measurements of a case's structure: from the air and on the ground, side by side (R-203)."""

import pgtrigger
from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models import ChangeFlag
from inspections.models.case import Case, OfCaseQuerySet


class MeasurementKind(models.TextChoices):
    AERIAL = "aerial", _("影像量算")
    WALKED = "walked", _("实地走测")
    TYPED = "typed", _("实地丈量")


class Measurement(models.Model):
    """One measured area with its uncertainty. Never edited: a better one stands beside it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="measurements", verbose_name=_("案件"))
    kind = models.CharField(_("方式"), max_length=6, choices=MeasurementKind)
    area_m2 = models.DecimalField(_("面积(m²)"), max_digits=12, decimal_places=2)
    uncertainty_m2 = models.DecimalField(_("误差(m²)"), max_digits=12, decimal_places=2, null=True, blank=True)
    method = models.CharField(_("方法"), max_length=200)
    geometry = models.MultiPolygonField(_("轮廓"), srid=STORAGE_SRID, null=True, blank=True)
    inputs = models.JSONField(_("原始读数"), default=dict, blank=True)  # walked vertices or typed dimensions
    flag = models.ForeignKey(
        ChangeFlag, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("图斑")
    )
    inspection = models.ForeignKey(
        "inspections.Inspection", models.PROTECT, related_name="measurements", null=True, blank=True
    )
    measured_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    measured_at = models.DateTimeField(_("量算时间"))
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("面积量算")
        ordering = ["measured_at", "pk"]
        constraints = [
            models.CheckConstraint(name="measurement_area_positive", condition=models.Q(area_m2__gt=0)),
            models.CheckConstraint(
                name="measurement_uncertainty_not_negative",
                condition=models.Q(uncertainty_m2=None) | models.Q(uncertainty_m2__gte=0),
            ),
        ]
        triggers = [pgtrigger.Protect(name="measurement_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.case}: {self.area_m2} m² ({self.get_kind_display()})"
