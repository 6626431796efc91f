"""Addresses of the phone pages and of what phones send."""

from django.urls import include, path

from inspections.api.field import send_inspection, send_photo
from inspections.views.field import field_home, field_new, field_task, service_worker, task_new

urlpatterns = [
    path("field/", field_home, name="field-home"),
    path("field/new/", field_new, name="field-new"),
    path("field/<int:task_id>/", field_task, name="field-task"),
    path("field/sw.js", service_worker, name="field-service-worker"),
    path("tasks/new/", task_new, name="task-new"),
    path("api/field/inspections/", send_inspection, name="api-field-inspection"),
    path("api/field/photos/", send_photo, name="api-field-photo"),
    path("", include("inspections.urls.inspections")),
]
