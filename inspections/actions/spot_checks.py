"""Spot checks: a share of what one supervisor rejected is looked at again by another."""

import pghistory
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import ChangeFlag, FlagState, User
from geo.refusals import NotAllowed, Refusal
from inspections.actions.rule_sets import NoRuleSet, rules_in_force
from inspections.models import ChangeReview, SpotCheck
from inspections.rules.spot_check import is_spot_checked
from inspections.rules.values import DEFAULT_VALUES


class CheckSettled(Refusal):
    """The rejection was checked or taken back in the meantime."""


def draw_lot(*, review: ChangeReview) -> SpotCheck | None:
    """Put a rejection up for a check when its flag's lot says so. Part of rejecting."""
    try:
        values = rules_in_force(unit=review.flag.unit, at=review.reviewed_at)[1]
    except NoRuleSet:
        values = DEFAULT_VALUES
    if not is_spot_checked(review.flag_id, percent=values.spot_check_percent):
        return None
    return SpotCheck.objects.create(review=review)


@transaction.atomic
def answer_spot_check(*, flag_id: int, agrees: bool, by: User) -> SpotCheck:
    """Agree with a colleague's rejection, or open the flag again. The rejection stays on record either way.

    Raises NotAllowed, CheckSettled.
    """
    flag = ChangeFlag.objects.select_for_update().get(pk=flag_id)
    check = (
        SpotCheck.objects.for_user(by)
        .select_for_update(of=("self",))
        .select_related("review")
        .filter(review__flag=flag, review__undone_at=None)
        .first()
    )
    if check is None or check.review.reviewed_by_id == by.pk:
        raise NotAllowed(_("此图斑不由您抽查"))
    if check.checked_at is not None or flag.state != FlagState.REJECTED:
        raise CheckSettled(_("此图斑已抽查，无需再查"))
    with pghistory.context(user=by.pk, act="answer_spot_check"):
        check.agrees, check.checked_by, check.checked_at = agrees, by, timezone.now()
        check.save()
        if not agrees:
            review = check.review
            review.undone_by, review.undone_at = by, check.checked_at
            review.save(update_fields=["undone_by", "undone_at"])
            flag.state = FlagState.PENDING
            flag.save(update_fields=["state"])
    return check
