"""The special account 专户: double entry, append only, corrected by counter entries (R-404, R-405)."""

from decimal import Decimal

import pghistory
from django.db import transaction
from django.db.models import DecimalField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.actions.locks import hold_lock
from geo.models import Unit, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act
from inspections.actions.case_guards import WrongState, require_reason
from inspections.actions.lock_names import SPECIAL_ACCOUNT
from inspections.models import Account, AccountEntry, PenaltyDecision, PenaltyState

SPENDING = (Account.ENFORCEMENT, Account.REWARDS)  # nothing else may be paid from it


class NotEnoughMoney(Refusal):
    """The special account does not hold that much."""


@transaction.atomic
def deduct_penalty(*, decision: PenaltyDecision, by: User) -> PenaltyDecision:
    """Finance executes an issued decision: from the county's budget to the special account, or back for a refund.

    Raises NotAllowed, WrongState when it is a draft or was deducted before, NotEnoughMoney for a refund.
    """
    decision = PenaltyDecision.objects.select_for_update(of=("self",)).select_related("county").get(pk=decision.pk)
    _require_finance(by, decision.county)
    if decision.state != PenaltyState.ISSUED:
        raise WrongState(_("决定书目前为“%(state)s”，不能扣缴。") % {"state": decision.get_state_display()})
    if decision.amount < 0:
        _require_funds(-decision.amount)
    decision.state, decision.deducted_by, decision.deducted_at = PenaltyState.DEDUCTED, by, timezone.now()
    with pghistory.context(user=by.pk, act="deduct_penalty"):
        decision.save()
    if decision.amount:
        to_fund = decision.amount > 0
        AccountEntry.objects.create(
            unit=decision.county,
            debit=Account.SPECIAL_FUND if to_fund else Account.COUNTY_BUDGET,
            credit=Account.COUNTY_BUDGET if to_fund else Account.SPECIAL_FUND,
            amount=abs(decision.amount),
            memo=(_("扣缴 %(number)s") if to_fund else _("退还 %(number)s")) % {"number": decision.number},
            decision=decision,
            entered_by=by,
        )
    return decision


@transaction.atomic
def spend(*, unit: Unit, purpose: str, amount: Decimal, memo: str, by: User) -> AccountEntry:
    """Pay from the special account, for enforcement or rewards only, never more than it holds (R-405, R-602)."""
    _require_finance(by, unit)
    if purpose not in SPENDING:
        raise Refusal(_("专户资金只能用于整治支出和举报奖励。"))
    if amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise Refusal(_("金额须大于 0，最多两位小数。"))
    memo = require_reason(memo)
    _require_funds(amount)
    return AccountEntry.objects.create(
        unit=unit, debit=purpose, credit=Account.SPECIAL_FUND, amount=amount, memo=memo, entered_by=by
    )


@transaction.atomic
def reverse_entry(*, entry: AccountEntry, memo: str, by: User) -> AccountEntry:
    """Undo an entry by its mirror image; the first stays. An entry is reversed once, a reversal never."""
    _require_finance(by, entry.unit)
    hold_lock(SPECIAL_ACCOUNT)
    if entry.reverses_id is not None or AccountEntry.objects.filter(reverses=entry).exists():
        raise WrongState(_("该笔账目已冲销，或本身是冲销。"))
    if entry.debit == Account.SPECIAL_FUND:
        _require_funds(entry.amount)
    return AccountEntry.objects.create(
        unit=entry.unit,
        debit=entry.credit,
        credit=entry.debit,
        amount=entry.amount,
        memo=require_reason(memo),
        reverses=entry,
        entered_by=by,
    )


def balance(entries: QuerySet[AccountEntry], account: str) -> Decimal:
    """What the entries leave on an account in yuan: debits less credits. All accounts together always give 0."""
    zero = Value(Decimal("0.00"), output_field=DecimalField(max_digits=16, decimal_places=2))
    sums = entries.aggregate(
        debits=Coalesce(Sum("amount", filter=Q(debit=account)), zero),
        credits=Coalesce(Sum("amount", filter=Q(credit=account)), zero),
    )
    return Decimal(sums["debits"] - sums["credits"])


def _require_funds(amount: Decimal) -> None:
    """Raise NotEnoughMoney unless the special account holds the amount, which it keeps until the transaction ends."""
    hold_lock(SPECIAL_ACCOUNT)
    holds = balance(AccountEntry.objects.all(), Account.SPECIAL_FUND)
    if amount > holds:
        raise NotEnoughMoney(
            _("专户余额 ¥%(balance)s，不足支付 ¥%(amount)s。")
            % {"balance": f"{holds:,.2f}", "amount": f"{amount:,.2f}"}
        )


def _require_finance(by: User, unit: Unit) -> None:
    if not by.can_at(Act.DEDUCT_PENALTIES, unit=unit):
        raise NotAllowed(_("只有财政局可以记专户账目。"))
