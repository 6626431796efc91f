"""Second opinions: a flag handed to another supervisor of its place, shown to them first."""

import pghistory
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import ChangeFlag, FlagState, Posting, User
from geo.models.scoped import ScopedQuerySet
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act, roles_with
from inspections.actions.telling import tell_of_question
from inspections.models import SecondOpinion


class CannotAsk(Refusal):
    """The flag cannot be handed to that person."""


def colleagues_for(flag: ChangeFlag, *, by: User) -> "ScopedQuerySet":
    """The other people who may review this flag."""
    codes = [*flag.unit.ancestor_codes, flag.unit.code]
    place = Q(unit__code__in=codes)
    if flag.special_area_id:
        place |= Q(special_area_id=flag.special_area_id)
    postings = Posting.objects.in_force().filter(place, role__in=roles_with(Act.REVIEW_FLAGS))
    return User.objects.filter(is_active=True, pk__in=postings.values("user")).exclude(pk=by.pk).order_by("username")


@transaction.atomic
def ask_opinion(*, flag_id: int, colleague_id: int, note: str, by: User) -> SecondOpinion:
    """Hand a pending flag to a colleague; an earlier request for it is closed. Raises NotAllowed, CannotAsk."""
    flag = _locked(flag_id, by)
    if flag.state != FlagState.PENDING:
        raise CannotAsk(_("此图斑%(state)s，无需会商") % {"state": flag.get_state_display()})
    if flag.taken_by_id not in (None, by.pk) and flag.taken_until and flag.taken_until > timezone.now():
        raise CannotAsk(_("%(name)s 正在审核此图斑") % {"name": flag.taken_by})
    colleague = colleagues_for(flag, by=by).filter(pk=colleague_id).first()
    if colleague is None:
        raise CannotAsk(_("请选择一位能审核此处图斑的同事"))
    if not note.strip():
        raise CannotAsk(_("请写明要同事看什么"))
    with pghistory.context(user=by.pk, act="ask_opinion"):
        flag.opinions.open().update(closed_at=timezone.now())
        opinion = SecondOpinion.objects.create(flag=flag, asked_by=by, asked_of=colleague, note=note.strip())
        flag.taken_by = flag.taken_until = None
        flag.save(update_fields=["taken_by", "taken_until"])
    tell_of_question(opinion)
    return opinion


@transaction.atomic
def withdraw_opinion(*, flag_id: int, by: User) -> ChangeFlag:
    """Take one's own request back: the flag is in the common queue again. Raises NotAllowed."""
    flag = _locked(flag_id, by)
    with pghistory.context(user=by.pk, act="withdraw_opinion"):
        flag.opinions.open().filter(asked_by=by).update(closed_at=timezone.now())
    return flag


def _locked(flag_id: int, by: User) -> ChangeFlag:
    flag = (
        ChangeFlag.objects.for_user(by, Act.REVIEW_FLAGS)
        .select_for_update(of=("self",))
        .select_related("taken_by", "unit")
        .filter(pk=flag_id)
        .first()
    )
    if flag is None:
        raise NotAllowed(_("此图斑不在您的审核范围内"))
    return flag
