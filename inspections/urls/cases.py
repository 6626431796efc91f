"""Addresses of cases."""

from django.urls import path

from inspections.api.cases import case_api_detail, case_api_list
from inspections.views import case_acts, cases
from inspections.views.case_board import case_board

CASE = "cases/<str:case_number>/"

urlpatterns = [
    path("cases/", cases.case_list, name="case-list"),
    path("cases/board/", case_board, name="case-board"),
    path("cases/export.xlsx", cases.case_export, name="case-export"),
    path("api/cases/", case_api_list, name="api-case-list"),
    path("api/cases/<str:case_number>/", case_api_detail, name="api-case-detail"),
    path(CASE, cases.case_detail, name="case-detail"),
    path(f"{CASE}route/", case_acts.case_route, name="case-route"),
    path(f"{CASE}confirm-aerial/", case_acts.case_confirm_aerial, name="case-confirm-aerial"),
    path(f"{CASE}measure/", case_acts.case_measure, name="case-measure"),
    path(f"{CASE}walk/", case_acts.case_walk, name="case-walk"),
    path(f"{CASE}determine/", case_acts.case_determine, name="case-determine"),
    path(f"{CASE}plan/", case_acts.case_plan, name="case-plan"),
    path(f"{CASE}demolish/", case_acts.case_demolish, name="case-demolish"),
    path(f"{CASE}source/", case_acts.case_source, name="case-source"),
    path(f"{CASE}describe/", case_acts.case_describe, name="case-describe"),
    path(f"{CASE}discard/", case_acts.case_discard, name="case-discard"),
]
