"""A second pair of eyes: an opinion asked of a colleague, and the spot check of what one person rejected."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from geo.models import ChangeFlag, Posting, ScopedQuerySet, User
from geo.roles import Act, roles_with
from inspections.models.review import ChangeReview


class SecondOpinionQuerySet(ScopedQuerySet):
    see_act = Act.REVIEW_FLAGS
    unit_lookup = "flag__unit"
    special_area_lookup = "flag__special_area"

    def open(self) -> "SecondOpinionQuerySet":
        return self.filter(closed_at=None)

    def awaited(self) -> "SecondOpinionQuerySet":
        """Open requests of somebody who can still answer: active, and posted to review where the flag lies."""
        covers = Q(place__startswith=F("unit__path")) | Q(special_area=OuterRef("flag__special_area"))
        posts = (
            Posting.objects.in_force()
            .annotate(place=ExpressionWrapper(OuterRef("flag__unit__path"), output_field=models.CharField()))
            .filter(covers, user=OuterRef("asked_of"), role__in=roles_with(Act.REVIEW_FLAGS))
        )
        return self.open().filter(Exists(posts), asked_of__is_active=True)


@pghistory.track()
class SecondOpinion(models.Model):
    """A flag handed to a colleague with a note; open until somebody decides the flag or it is taken back."""

    flag = models.ForeignKey(ChangeFlag, models.CASCADE, related_name="opinions", verbose_name=_("图斑"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    note = models.CharField(_("说明"), max_length=500)
    asked_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = SecondOpinionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("会商请求")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="second_opinion_one_open_per_flag", fields=["flag"], condition=models.Q(closed_at=None)
            ),
            models.CheckConstraint(
                name="second_opinion_of_somebody_else", condition=~models.Q(asked_by=models.F("asked_of"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag}: {self.asked_by} → {self.asked_of}"


class SpotCheckQuerySet(ScopedQuerySet):
    see_act = Act.REVIEW_FLAGS
    unit_lookup = "review__flag__unit"
    special_area_lookup = "review__flag__special_area"

    def due_for(self, user: User) -> "SpotCheckQuerySet":
        """What this person may check: rejections of others that still stand."""
        return (
            self.for_user(user)
            .filter(checked_at=None, review__undone_at=None, review__flag__state="rejected")
            .exclude(review__reviewed_by=user)
        )


@pghistory.track()
class SpotCheck(models.Model):
    """One rejection that another supervisor looks at again."""

    review = models.OneToOneField(ChangeReview, models.CASCADE, related_name="spot_check", verbose_name=_("图斑审核"))
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    checked_at = models.DateTimeField(_("抽查时间"), null=True, blank=True)
    agrees = models.BooleanField(_("一致"), null=True, blank=True)

    objects = SpotCheckQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("抽查")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="spot_check_is_open_or_complete",
                condition=models.Q(checked_by=None, checked_at=None, agrees=None)
                | models.Q(checked_by__isnull=False, checked_at__isnull=False, agrees__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review}"
