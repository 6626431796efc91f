"""People, and the units and roles that they act for."""

import datetime
from dataclasses import dataclass
from functools import cached_property

import pghistory
from django.contrib.auth.models import AbstractUser
from django.contrib.gis.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geo.models.unit import SpecialArea, Unit
from geo.roles import ACTS_BY_ROLE, Act, Bureau, Role


@dataclass(frozen=True)
class Scope:
    """The area in which a person may do one act."""

    everything: bool = False
    unit_paths: tuple[str, ...] = ()
    special_area_ids: tuple[int, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.everything or self.unit_paths or self.special_area_ids)


class User(AbstractUser):
    """A person who signs in. What they may do comes from their postings, never from the account itself."""

    display_name = models.CharField(_("姓名"), max_length=40, blank=True)
    phone = models.CharField(_("手机"), max_length=20, blank=True)

    class Meta(AbstractUser.Meta):
        verbose_name = verbose_name_plural = _("用户")

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def current_postings(self) -> "list[Posting]":
        """Postings in force today; read once for this object."""
        return list(self.postings.in_force().select_related("unit", "special_area"))

    def scope(self, act: Act) -> Scope:
        """Return where this person may do `act`; an empty scope when nowhere."""
        if not self.is_active:
            return Scope()
        if self.is_superuser:
            return Scope(everything=True)
        postings = [posting for posting in self.current_postings if act in ACTS_BY_ROLE[posting.role]]
        paths = sorted({posting.unit.path for posting in postings if posting.unit})
        # A unit below another of the same person adds nothing.
        top = tuple(path for path in paths if not any(path != other and path.startswith(other) for other in paths))
        areas = tuple(sorted({posting.special_area_id for posting in postings if posting.special_area_id}))
        return Scope(unit_paths=top, special_area_ids=areas)

    def can(self, act: Act) -> bool:
        """Tell whether this person may do `act` anywhere."""
        return not self.scope(act).empty

    def can_at(self, act: Act, *, unit: Unit, special_area_id: int | None = None) -> bool:
        """Tell whether this person may do `act` in that unit (or special area)."""
        scope = self.scope(act)
        return (
            scope.everything
            or any(unit.path.startswith(path) for path in scope.unit_paths)
            or (special_area_id is not None and special_area_id in scope.special_area_ids)
        )

    @property
    def roles(self) -> list[str]:
        return [posting.role for posting in self.current_postings]

    @property
    def bureaux(self) -> set[str]:
        """The determining bureaux that this person speaks for."""
        return {posting.bureau for posting in self.current_postings if posting.role == Role.BUREAU}


class PostingQuerySet(models.QuerySet):
    def in_force(self, on=None) -> "PostingQuerySet":
        """Return the postings in force on a day (default: today)."""
        day = on or timezone.localdate()
        return self.filter(models.Q(starts_on__lte=day) & (models.Q(ends_on=None) | models.Q(ends_on__gte=day)))


@pghistory.track()
class Posting(models.Model):
    """A person's post: a role in one unit or special area, from a day on."""

    user = models.ForeignKey(User, models.CASCADE, related_name="postings", verbose_name=_("用户"))
    role = models.CharField(_("角色"), max_length=12, choices=Role)
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="postings", null=True, blank=True, verbose_name=_("单位")
    )
    special_area = models.ForeignKey(
        SpecialArea, models.PROTECT, related_name="postings", null=True, blank=True, verbose_name=_("特殊区域")
    )
    bureau = models.CharField(_("认定部门"), max_length=16, choices=Bureau, blank=True)
    starts_on = models.DateField(_("起"), default=timezone.localdate)
    ends_on = models.DateField(_("止"), null=True, blank=True)

    objects = PostingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("任职")
        ordering = ["user", "role"]
        constraints = [
            models.CheckConstraint(
                name="posting_has_one_place",
                condition=models.Q(unit__isnull=False, special_area=None)
                | models.Q(unit=None, special_area__isnull=False),
            ),
            models.CheckConstraint(
                name="posting_bureau_goes_with_role",
                condition=(models.Q(role=Role.BUREAU) & ~models.Q(bureau=""))
                | (~models.Q(role=Role.BUREAU) & models.Q(bureau="")),
            ),
            models.CheckConstraint(
                name="posting_ends_after_start",
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
            ),
        ]

    def is_in_force(self, day: datetime.date) -> bool:
        """Tell whether this posting holds on a day; the same as `in_force` for a row already read."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.unit or self.special_area}"
