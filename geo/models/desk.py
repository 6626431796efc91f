"""What a person keeps of how they work: named filters of a table, and where their map was last."""

from django.conf import settings
from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from geo.crs import STORAGE_SRID


class FilterPage(models.TextChoices):
    """The tables that keep filters; the value is the name of their address."""

    CASES = "case-list", _("案件")
    TASKS = "task-list", _("巡查任务")


class SavedFilterQuerySet(models.QuerySet):
    def for_user(self, user) -> "SavedFilterQuerySet":
        """Return this person's own: nobody reads another's."""
        return self.filter(user=user) if user.is_authenticated and user.is_active else self.none()


class SavedFilter(models.Model):
    """A query string of a table under a name of its owner's."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters", verbose_name=_("用户")
    )
    page = models.CharField(_("页面"), max_length=20, choices=FilterPage)
    name = models.CharField(_("名称"), max_length=40)
    query = models.CharField(_("条件"), max_length=500)
    is_default = models.BooleanField(_("打开时使用"), default=False)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("常用条件")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(name="saved_filter_name_once", fields=["user", "page", "name"]),
            models.UniqueConstraint(
                name="saved_filter_one_default", fields=["user", "page"], condition=Q(is_default=True)
            ),
            models.CheckConstraint(name="saved_filter_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.name}"


class MapPlace(models.Model):
    """Where a person's map was last, whatever device they come back on."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="map_place", verbose_name=_("用户")
    )
    centre = models.PointField(_("位置"), srid=STORAGE_SRID)
    zoom = models.PositiveSmallIntegerField(_("级别"), validators=[MinValueValidator(0), MaxValueValidator(22)])
    moved_at = models.DateTimeField(_("时间"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("地图位置")
        constraints = [models.CheckConstraint(name="map_place_zoom_exists", condition=Q(zoom__lte=22))]

    def __str__(self) -> str:
        return f"{self.user}: {self.zoom}"
