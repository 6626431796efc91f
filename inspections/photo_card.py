"""A photo as components/photo_strip.html shows it."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from geo.templatetags.formatting import joined
from inspections.marks import describe
from inspections.models import Photo


def photo_card(photo: Photo) -> dict[str, Any]:
    """The photo with who took it when, and whatever looks odd about it."""
    url, thumbnail = (reverse("photo-file", args=[photo.pk, variant]) for variant in ("display", "thumbnail"))
    return {
        "url": url,
        "thumb_url": thumbnail,
        "alt": _("现场照片 #%(id)s") % {"id": photo.pk},
        "taken_at": photo.taken_at,
        "by": str(photo.taken_by),
        "accuracy_m": photo.accuracy_m,
        "warning": joined(describe(mark) for mark in photo.marks),
    }
