"""Addresses of the planner's drawing."""

from django.urls import path

from geo.views import census_versions, drawing

SHEET = "drawing/<str:theme>/<str:unit_code>/"

urlpatterns = [
    path("drawing/", drawing.drawing_list, name="drawing-list"),
    path("drawing/versions/<str:unit_code>/", census_versions.census_versions, name="census-versions"),
    path("drawing/versions/<str:unit_code>/finish/", census_versions.census_finish, name="census-finish"),
    path("drawing/versions/<str:unit_code>/start/", census_versions.census_start, name="census-start"),
    path(SHEET, drawing.drawing_page, name="drawing-page"),
    path(f"{SHEET}data/", drawing.drawing_data, name="drawing-data"),
    path(f"{SHEET}check/", drawing.drawing_check, name="drawing-check"),
    path(f"{SHEET}split/", drawing.drawing_split, name="drawing-split"),
    path(f"{SHEET}merge/", drawing.drawing_merge, name="drawing-merge"),
    path(f"{SHEET}save/", drawing.drawing_save, name="drawing-save"),
    path(f"{SHEET}versions/", drawing.drawing_versions, name="drawing-versions"),
    path(f"{SHEET}versions/<int:number>/", drawing.drawing_version, name="drawing-version"),
]
