"""Addresses of the comparisons and of the pictures of what they found."""

from django.urls import path

from geo.views import detectors, diffs

urlpatterns = [
    path("diffs/", diffs.diff_list, name="diff-list"),
    path("diffs/new/", diffs.diff_new, name="diff-new"),
    path("diffs/<int:run_id>/", diffs.diff_detail, name="diff-detail"),
    path("diffs/<int:run_id>/cancel/", diffs.diff_cancel, name="diff-cancel"),
    path("diffs/<int:run_id>/retry/", diffs.diff_retry, name="diff-retry"),
    path("diffs/<int:run_id>/retry-block/", diffs.diff_retry_block, name="diff-retry-block"),
    path("detectors/", detectors.detector_list, name="detector-list"),
    path("detectors/<slug:name>/choose/", detectors.detector_choose, name="detector-choose"),
    path("files/chip/<int:flag_id>/<str:side>/", diffs.chip_file, name="chip-file"),
]
