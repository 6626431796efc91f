"""Photos as evidence: the original private and untouched, derivatives without EXIF for looking."""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID
from geo.models import Located, ScopedQuerySet
from geo.roles import Act
from inspections.models.case import Case
from inspections.models.inspection import Inspection


class PhotoQuerySet(ScopedQuerySet):
    see_act = Act.SEE_INSPECTIONS


@pghistory.track()
class Photo(Located):
    """One photo with the phone's own position beside it."""

    client_id = models.UUIDField(_("终端编号"), unique=True)
    # A photo may arrive before its inspection: both carry the id that the phone gave to the inspection.
    inspection_client_id = models.UUIDField(null=True, blank=True, db_index=True)
    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="photos", null=True, blank=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="photos", null=True, blank=True)
    item = models.CharField(_("检查项"), max_length=40, blank=True)  # the checklist item that it shows

    # Files, as paths below PRIVATE_ROOT.
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    file_name = models.CharField(_("原文件名"), max_length=200, blank=True)
    media_type = models.CharField(_("格式"), max_length=30)
    size_bytes = models.PositiveIntegerField(_("字节数"))
    original_path = models.CharField(max_length=300)
    display_path = models.CharField(max_length=300)
    thumbnail_path = models.CharField(max_length=300)
    width_px = models.PositiveIntegerField(_("宽(像素)"))
    height_px = models.PositiveIntegerField(_("高(像素)"))

    # The phone's own reading, sent beside the file.
    position = models.PointField(_("手机定位"), srid=STORAGE_SRID, null=True, blank=True)
    accuracy_m = models.FloatField(_("定位精度(m)"), null=True, blank=True)
    corrected_position = models.PointField(_("手动修正位置"), srid=STORAGE_SRID, null=True, blank=True)
    taken_at = models.DateTimeField(_("拍摄时间"))
    # What the file says: a cross-check only.
    exif = models.JSONField(default=dict, blank=True)
    exif_position = models.PointField(srid=STORAGE_SRID, null=True, blank=True)
    perceptual_hash = models.BigIntegerField(null=True, blank=True)  # 64 bits, signed
    looks_like = models.ForeignKey("self", models.SET_NULL, related_name="+", null=True, blank=True)
    marks = models.JSONField(_("标注"), default=list, blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="photos")
    received_at = models.DateTimeField(_("接收时间"), auto_now_add=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("照片")
        ordering = ["taken_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="photo_once_per_inspection",
                fields=["inspection", "sha256"],
                condition=models.Q(inspection__isnull=False),
            ),
            models.CheckConstraint(
                name="photo_accuracy_not_negative", condition=models.Q(accuracy_m=None) | models.Q(accuracy_m__gte=0)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="photo_is_kept", operation=pgtrigger.Delete),
            # What the phone and the file said when it came; what people add later (case, item, marks) may change.
            pgtrigger.ReadOnly(
                name="photo_evidence_is_fixed",
                fields=[
                    "client_id",
                    "sha256",
                    "original_path",
                    "size_bytes",
                    "position",
                    "accuracy_m",
                    "taken_at",
                    "taken_by",
                    "received_at",
                    "exif",
                    "exif_position",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taken_by} {self.taken_at:%Y-%m-%d %H:%M}"
