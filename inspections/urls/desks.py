"""Addresses of tasks, of giving out many at once, and of the pages on which posts begin."""

from django.urls import path

from inspections.views.bulk import bulk_assign, bulk_undo
from inspections.views.desks import deadline_desk, month_desk
from inspections.views.tasks import task_board, task_export, task_list

urlpatterns = [
    path("tasks/", task_list, name="task-list"),
    path("tasks/board/", task_board, name="task-board"),
    path("tasks/export.xlsx", task_export, name="task-export"),
    path("tasks/assign/", bulk_assign, name="bulk-assign"),
    path("tasks/assign/undo/", bulk_undo, name="bulk-undo"),
    path("deadlines/", deadline_desk, name="deadline-desk"),
    path("month/", month_desk, name="month-desk"),
]
