"""Addresses of penalties and of the special account."""

from django.urls import path

from inspections.views import account, penalties

DECISION = "penalties/<int:decision_id>/"

urlpatterns = [
    path("penalties/", penalties.penalty_list, name="penalty-list"),
    path("penalties/draft/", penalties.penalty_draft, name="penalty-draft"),
    path(DECISION, penalties.penalty_detail, name="penalty-detail"),
    path(f"{DECISION}pdf/", penalties.penalty_pdf, name="penalty-pdf"),
    path(f"{DECISION}redraft/", penalties.penalty_redraft, name="penalty-redraft"),
    path(f"{DECISION}issue/", penalties.penalty_issue, name="penalty-issue"),
    path(f"{DECISION}deduct/", penalties.penalty_deduct, name="penalty-deduct"),
    path(f"{DECISION}correct/", penalties.penalty_correct, name="penalty-correct"),
    path(f"{DECISION}drop/", penalties.penalty_drop, name="penalty-drop"),
    path("account/", account.account, name="account"),
    path("account/export.xlsx", account.account_export, name="account-export"),
    path("account/spend/", account.account_spend, name="account-spend"),
    path("account/<int:entry_id>/reverse/", account.account_reverse, name="account-reverse"),
]
