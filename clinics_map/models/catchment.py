"""Catchments 服务范围 of clinics, by communities (R-706)."""

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics_map.models.facility import Facility
from geo.models import ScopedQuerySet, Unit
from geo.roles import Act


class CatchmentCommunityQuerySet(ScopedQuerySet):
    see_act = Act.SEE_CLINICS
    unit_lookup = "facility__unit"
    special_area_lookup = "facility__special_area"


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class CatchmentCommunity(models.Model):
    """A community that a clinic serves beside the one it stands in, which it serves in any case."""

    facility = models.ForeignKey(Facility, models.CASCADE, related_name="catchment", verbose_name=_("机构"))
    community = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("社区(村)"))

    objects = CatchmentCommunityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("服务范围")
        ordering = ["facility", "community"]
        constraints = [
            models.UniqueConstraint(name="catchment_community_once_per_clinic", fields=["facility", "community"])
        ]

    def __str__(self) -> str:
        return f"{self.facility} · {self.community}"
