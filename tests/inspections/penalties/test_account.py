from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from geo.refusals import NotAllowed, Refusal
from inspections.actions.account import NotEnoughMoney, balance, deduct_penalty, reverse_entry, spend
from inspections.actions.case_guards import MissingReason, WrongState
from inspections.actions.corrections import correct_line
from inspections.actions.penalties import draft_county, issue_decision
from inspections.models import Account, AccountEntry
from tests.inspections.cases.scene import determined_case
from tests.inspections.penalties.scene import LAST_MONTH, MONTH_BEFORE, on


@pytest.fixture
def issued(town, people):
    determined_case(town, people, at=on(MONTH_BEFORE, 20))
    return issue_decision(decision=draft_county(county=town.counties[0], month=MONTH_BEFORE), by=people.office)


def funds():
    return balance(AccountEntry.objects.all(), Account.SPECIAL_FUND)


def pay(town, people, amount, **fields):
    return spend(
        **{
            "unit": town.city,
            "purpose": "rewards",
            "amount": Decimal(amount),
            "memo": "举报奖励",
            "by": people.finance,
            **fields,
        }
    )


def test_a_deduction_moves_the_money_from_the_county_to_the_special_account(issued, people, town):
    deduct_penalty(decision=issued, by=people.finance)
    entry = AccountEntry.objects.get()
    assert (entry.debit, entry.credit, entry.amount) == ("special_fund", "county_budget", Decimal("38520.00"))
    assert (entry.unit, entry.decision) == (town.counties[0], issued)
    assert funds() == Decimal("38520.00")


def test_all_accounts_together_always_give_nothing(issued, people, town):
    deduct_penalty(decision=issued, by=people.finance)
    pay(town, people, "500")
    everything = AccountEntry.objects.all()
    assert sum(balance(everything, account) for account in Account.values) == 0


def test_nothing_is_deducted_twice(issued, people):
    deduct_penalty(decision=issued, by=people.finance)
    with pytest.raises(WrongState):
        deduct_penalty(decision=issued, by=people.finance)
    assert AccountEntry.objects.count() == 1


def test_a_draft_is_not_deducted(town, people, issued):
    with pytest.raises(WrongState, match="草稿"):
        deduct_penalty(decision=draft_county(county=town.counties[0], month=LAST_MONTH), by=people.finance)


@pytest.mark.parametrize("role", ["office", "county"])
def test_only_finance_deducts(issued, people, role):
    with pytest.raises(NotAllowed):
        deduct_penalty(decision=issued, by=getattr(people, role))


def test_a_decision_that_comes_out_negative_is_paid_back(town, people, issued):
    deduct_penalty(decision=issued, by=people.finance)
    case = issued.lines.get().case
    line = correct_line(
        case=case, corrects=MONTH_BEFORE, right_area_m2=Decimal(0), month=LAST_MONTH, reason="误认定", by=people.office
    )
    # Last month's own 38,520.00 and the 38,520.00 given back cancel out: nothing moves.
    decision = issue_decision(decision=line.decision, by=people.office)
    assert decision.amount == 0
    deduct_penalty(decision=decision, by=people.finance)
    assert AccountEntry.objects.count() == 1


def test_money_is_spent_only_against_unauthorised_building(issued, people, town):
    deduct_penalty(decision=issued, by=people.finance)
    with pytest.raises(Refusal, match="只能用于"):
        pay(town, people, "10", purpose="county_budget")
    pay(town, people, "500")
    assert funds() == Decimal("38020.00")


def test_no_more_is_spent_than_the_account_holds(issued, people, town):
    deduct_penalty(decision=issued, by=people.finance)
    with pytest.raises(NotEnoughMoney, match=r"38,520\.00"):
        pay(town, people, "38520.01")


@pytest.mark.parametrize("amount", ["0", "-5", "1.005"])
def test_an_amount_is_positive_and_in_fen(issued, people, town, amount):
    deduct_penalty(decision=issued, by=people.finance)
    with pytest.raises(Refusal, match="两位小数"):
        pay(town, people, amount)


def test_a_payment_says_what_for(issued, people, town):
    deduct_penalty(decision=issued, by=people.finance)
    with pytest.raises(MissingReason):
        pay(town, people, "5", memo="")


def test_an_entry_is_corrected_by_its_mirror_image_once(issued, people, town):
    deduct_penalty(decision=issued, by=people.finance)
    entry = pay(town, people, "500")
    counter = reverse_entry(entry=entry, memo="付错", by=people.finance)
    assert (counter.debit, counter.credit, counter.amount) == ("special_fund", "rewards", Decimal(500))
    assert funds() == Decimal("38520.00")
    for again in (entry, counter):
        with pytest.raises(WrongState, match="冲销"):
            reverse_entry(entry=again, memo="再冲", by=people.finance)


def test_the_database_itself_keeps_every_entry(issued, people):
    deduct_penalty(decision=issued, by=people.finance)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        AccountEntry.objects.update(amount=1)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        AccountEntry.objects.all().delete()


def test_a_deduction_that_was_spent_already_is_not_reversed(issued, people, town):
    deduct_penalty(decision=issued, by=people.finance)
    entry = AccountEntry.objects.get()
    pay(town, people, entry.amount)
    with pytest.raises(NotEnoughMoney):
        reverse_entry(entry=entry, memo="记错", by=people.finance)
    assert funds() == 0
