"""Scoping by jurisdiction, fail-closed: a queryset that reaches a user went through `for_user()`."""

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geo.roles import Act

if TYPE_CHECKING:
    from geo.models.user import Scope, User


class ScopedQuerySet(models.QuerySet):
    """Rows of a jurisdiction. `see_act` is the act that lets a person see rows of this kind."""

    see_act: Act | None = None  # a model that forgets to set it shows nothing to anybody
    unit_lookup = "unit"
    special_area_lookup: str | None = "special_area"

    def for_user(self, user: "User | AnonymousUser", act: Act | None = None) -> Self:
        """Return the rows in which `user` may do `act` (default: see this kind of row); nothing when in doubt."""
        wanted = act or self.see_act
        if wanted is None or not user.is_authenticated or not user.is_active:
            return self.none()
        scope = user.scope(wanted)
        if scope.everything:
            return self.all()
        if scope.empty:
            return self.none()
        return self.filter(self.in_scope(scope))

    def in_scope(self, scope: "Scope") -> models.Q:
        """Return the condition for rows inside `scope`."""
        condition = models.Q(pk__in=[])
        for path in scope.unit_paths:
            condition |= models.Q(**{f"{self.unit_lookup}__path__startswith": path})
        if scope.special_area_ids and self.special_area_lookup:
            condition |= models.Q(**{f"{self.special_area_lookup}__in": scope.special_area_ids})
        return condition


class CrossingQuerySet(ScopedQuerySet):
    """Rows that may cross units and store in `units` those that they touch: seen by everyone whose area is touched."""

    def in_scope(self, scope: "Scope") -> models.Q:
        """Return the condition by key: the join to the touched units may repeat a row."""
        condition = models.Q(pk__in=[])
        for path in scope.unit_paths:
            condition |= models.Q(units__path__startswith=path)
        if scope.special_area_ids:
            condition |= models.Q(units__special_areas__in=scope.special_area_ids)
        return models.Q(pk__in=self.model._default_manager.filter(condition).values("pk"))


class Located(models.Model):
    """A row that lies in a unit. The unit is stored when the row is written, never intersected when it is read."""

    unit = models.ForeignKey("geo.Unit", models.PROTECT, related_name="+", verbose_name=_("所属单位"))
    special_area = models.ForeignKey(
        "geo.SpecialArea", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("所属特殊区域")
    )

    class Meta:
        abstract = True
