"""The special account: balances, entries, payments and counter entries."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from geo.access import get_scoped, may
from geo.downloads import xlsx_answer
from geo.models import Unit, UnitLevel
from geo.refusals import Refusal
from geo.roles import Act
from inspections.actions.account import balance, reverse_entry, spend
from inspections.forms.penalties import ReverseForm, SpendForm
from inspections.models import Account, AccountEntry
from inspections.papers import LedgerColumn, ledger_xlsx

ENTRIES_A_PAGE = 50
COLUMNS = [
    LedgerColumn("序号", 8, "whole"),
    LedgerColumn("记账时间", 14, "date"),
    LedgerColumn("单位", 18),
    LedgerColumn("摘要", 40),
    LedgerColumn("借方", 20),
    LedgerColumn("贷方", 20),
    LedgerColumn("金额(元)", 16, "money"),
    LedgerColumn("冲销第几笔", 12),
    LedgerColumn("记账人", 14),
]


@require_safe
@may(Act.SEE_ACCOUNT)
def account(request: HttpRequest) -> HttpResponse:
    """Balances and entries."""
    return _page(request)


@require_POST
@may(Act.DEDUCT_PENALTIES)
def account_spend(request: HttpRequest) -> HttpResponse:
    """Pay from the special account."""
    form = SpendForm(request.POST)
    city = Unit.objects.for_user(request.user, Act.DEDUCT_PENALTIES).filter(level=UnitLevel.CITY).first()
    if city is None:
        form.add_error(None, _("专户支出由市级财政局登记。"))
    elif form.is_valid():
        try:
            spend(unit=city, by=request.user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("已登记支出。"))
            return redirect("account")
    return _page(request, form=form, status=400)


@require_POST
@may(Act.DEDUCT_PENALTIES)
def account_reverse(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Correct an entry by its mirror image."""
    entry = get_scoped(AccountEntry.objects.for_user(request.user).select_related("unit"), pk=entry_id)
    form = ReverseForm(request.POST)
    if form.is_valid():
        try:
            reverse_entry(entry=entry, memo=form.cleaned_data["memo"], by=request.user)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return _page(request, status=400)
        messages.success(request, _("已冲销第 %(number)s 笔。") % {"number": entry.pk})
        return redirect("account")
    messages.error(request, _("请填写冲销原因。"))
    return _page(request, status=400)


@require_safe
@may(Act.SEE_ACCOUNT)
def account_export(request: HttpRequest) -> HttpResponse:
    """All entries as XLSX."""
    rows = (
        [
            entry.pk,
            entry.entered_at,
            entry.unit.name,
            entry.memo,
            str(Account(entry.debit).label),
            str(Account(entry.credit).label),
            entry.amount,
            entry.reverses_id or "",
            str(entry.entered_by),
        ]
        for entry in AccountEntry.objects.for_user(request.user).select_related("unit", "entered_by").order_by("pk")
    )
    content = ledger_xlsx(title="治理私搭乱建专户账", columns=COLUMNS, rows=rows, as_of=timezone.now())
    return xlsx_answer(content, name="account")


def _page(request: HttpRequest, *, form: Form | None = None, status: int = 200) -> HttpResponse:
    entries = AccountEntry.objects.for_user(request.user)
    may_enter = request.user.can(Act.DEDUCT_PENALTIES)
    rows = entries.select_related("unit", "entered_by", "decision", "reversed_by").order_by("-pk")
    context = {
        "page": Paginator(rows, ENTRIES_A_PAGE).get_page(request.GET.get("page")),
        "balances": [(account, account.label, balance(entries, account)) for account in Account],
        "form": form or (SpendForm() if may_enter else None),
        "form_is_open": form is not None,
        "may_enter": may_enter,
    }
    return render(request, "penalties/account.html", context, status=status)
