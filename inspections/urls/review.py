"""Addresses of the review desk."""

from django.urls import path

from inspections.views import review, review_pictures, second_looks

urlpatterns = [
    path("review/", review.review_queue, name="review-queue"),
    path("review/batch/", second_looks.review_batch, name="review-batch"),
    path("review/checks/", second_looks.spot_checks, name="review-checks"),
    path("review/undo/", review.review_undo, name="review-undo"),
    path("review/<int:flag_id>/", review.review_flag, name="review-flag"),
    path("review/<int:flag_id>/next/", review.review_next, name="review-next"),
    path("review/<int:flag_id>/take/", review.review_take, name="review-take"),
    path("review/<int:flag_id>/release/", review.review_release, name="review-release"),
    path("review/<int:flag_id>/put-back/", second_looks.review_put_back, name="review-put-back"),
    path("review/<int:flag_id>/decide/", review.review_decide, name="review-decide"),
    path("review/<int:flag_id>/ask/", second_looks.opinion_ask, name="review-ask"),
    path("review/<int:flag_id>/ask/withdraw/", second_looks.opinion_withdraw, name="review-ask-withdraw"),
    path("review/<int:flag_id>/check/", second_looks.spot_check_answer, name="review-check"),
    path("review/<int:flag_id>/measure/", review_pictures.measure_outline, name="review-measure"),
    path("review/<int:flag_id>/overlay/<str:overlay>/", review_pictures.overlay_file, name="review-overlay"),
]
