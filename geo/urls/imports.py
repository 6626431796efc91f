"""Addresses of the imports."""

from django.urls import path

from geo.views import imports

urlpatterns = [
    path("imports/", imports.import_list, name="import-list"),
    path("imports/new/", imports.import_new, name="import-new"),
    path("imports/<int:import_id>/", imports.import_detail, name="import-detail"),
    path("imports/<int:import_id>/start/", imports.import_start, name="import-start"),
    path("imports/<int:import_id>/cancel/", imports.import_cancel, name="import-cancel"),
    path("imports/<int:import_id>/undo/", imports.import_undo, name="import-undo"),
    path("imports/<int:import_id>/report.csv", imports.report_csv, name="import-report-csv"),
    path("imports/<int:import_id>/report.xlsx", imports.report_xlsx, name="import-report-xlsx"),
]
