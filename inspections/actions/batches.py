"""Many flags rejected for one reason at once: all of them or none, and undone as a whole."""

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from geo.models import User
from geo.refusals import Refusal
from inspections.actions.reviews import Decided, decide_flag
from inspections.models import ReviewOutcome

# One page of the grid.
MOST = 60


class NothingChosen(Refusal):
    """No flags, or more than one page of them."""


@transaction.atomic
def reject_batch(*, flag_ids: Sequence[int], reason: str, by: User, note: str = "") -> list[Decided]:
    """Reject every flag for one reason. One that cannot be rejected refuses the whole, naming what is the matter.

    Raises NothingChosen and what decide_flag may refuse.
    """
    chosen = sorted(set(flag_ids))  # always locked in the same order
    if not 1 <= len(chosen) <= MOST:
        raise NothingChosen(_("请选择 1 到 %(most)d 个图斑") % {"most": MOST})
    batch = uuid.uuid4()
    return [
        decide_flag(flag_id=pk, outcome=ReviewOutcome.REJECTED, reason=reason, note=note, by=by, batch=batch)
        for pk in chosen
    ]
