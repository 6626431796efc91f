"""Many inspection tasks given out at once. Every row is told of; one that is refused keeps no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _

from geo.actions.locks import hold_lock
from geo.models import User
from geo.refusals import Refusal
from inspections.actions.inspections import assign_task, cancel_task, reassign_task
from inspections.actions.lock_names import tasks_given_to
from inspections.models import Case, InspectionTask, TaskState

# Two pages of the table; more at once nobody looks through before they are sent.
MOST = 100


class TooMany(Refusal):
    """Nothing was chosen, or more than MOST."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one chosen row: a task, or why there is none."""

    title: str
    task: InspectionTask | None
    refusal: str = ""


@transaction.atomic
def assign_cases(
    *, cases: Sequence[Case], to: User, by: User, due_at: datetime | None = None, instructions: str = ""
) -> list[Outcome]:
    """Give an inspector a task for every case. A case that they are to look at already is not given twice.

    Raises TooMany.
    """
    _require_few(cases)
    outcomes = []
    hold_lock(tasks_given_to(to.pk))  # the same form sent twice at once
    waiting = set(
        InspectionTask.objects.filter(case__in=cases, assigned_to=to, state=TaskState.ASSIGNED).values_list(
            "case", flat=True
        )
    )
    for case in cases:
        if case.pk in waiting:
            outcomes.append(Outcome(case.number, None, _("%(person)s已有此案件的待检查任务。") % {"person": to}))
            continue
        try:
            with transaction.atomic():
                if not case.is_open:
                    raise Refusal(_("案件%(state)s，无需再派。") % {"state": case.get_state_display()})
                task = assign_task(by=by, to=to, subject=case, due_at=due_at, instructions=instructions)
            outcomes.append(Outcome(case.number, task))
        except Refusal as refusal:
            outcomes.append(Outcome(case.number, None, str(refusal)))
    return outcomes


@transaction.atomic
def hand_over_tasks(
    *, tasks: Sequence[InspectionTask], to: User, by: User, due_at: datetime | None = None
) -> list[Outcome]:
    """Give open tasks to another inspector, with another due time when one is given. Raises TooMany."""
    _require_few(tasks)
    with pghistory.context(user=by.pk, act="hand_over"):
        return _handed_over(tasks, to=to, by=by, due_at=due_at)


def _handed_over(tasks: Sequence[InspectionTask], *, to: User, by: User, due_at: datetime | None) -> list[Outcome]:
    outcomes = []
    for task in sorted(tasks, key=lambda row: row.pk):  # always locked in the same order
        try:
            with transaction.atomic():
                if task.assigned_to_id == to.pk and due_at in (None, task.due_at):
                    raise Refusal(_("任务已在%(person)s名下。") % {"person": to})
                handed = reassign_task(by=by, task=task, to=to)
                if due_at is not None:
                    handed.due_at = due_at
                    handed.save(update_fields=["due_at"])
            outcomes.append(Outcome(task.title, handed))
        except Refusal as refusal:
            outcomes.append(Outcome(task.title, None, str(refusal)))
    return outcomes


@transaction.atomic
def take_back_tasks(*, tasks: Sequence[InspectionTask], by: User) -> list[Outcome]:
    """Undo what `by` has just given out: tasks that nobody has begun are cancelled, the others stay."""
    _require_few(tasks)
    outcomes = []
    for task in sorted(tasks, key=lambda row: row.pk):
        try:
            with transaction.atomic():
                if task.assigned_by_id != by.pk:
                    raise Refusal(_("任务由%(person)s派发。") % {"person": task.assigned_by})
                outcomes.append(Outcome(task.title, cancel_task(by=by, task=task)))
        except Refusal as refusal:
            outcomes.append(Outcome(task.title, None, str(refusal)))
    return outcomes


@transaction.atomic
def hand_back_tasks(*, tasks: Sequence[InspectionTask], by: User) -> list[Outcome]:
    """Undo what `by` has just handed over: the tasks go back to whom they were with, due as they were."""
    _require_few(tasks)
    outcomes = []
    with pghistory.context(user=by.pk, act="hand_back"):
        for task in sorted(tasks, key=lambda row: row.pk):
            try:
                with transaction.atomic():
                    outcomes.append(Outcome(task.title, _handed_back(task, by)))
            except Refusal as refusal:
                outcomes.append(Outcome(task.title, None, str(refusal)))
    return outcomes


def _handed_back(task: InspectionTask, by: User) -> InspectionTask:
    if task.assigned_by_id != by.pk:
        raise Refusal(_("任务由%(person)s派发。") % {"person": task.assigned_by})
    events = InspectionTask.pgh_event_model.objects.filter(pgh_obj=task).order_by("-pgh_id")
    newest = events.first()
    before = newest and events.exclude(pgh_context=newest.pgh_context_id).first()
    now = (task.assigned_to_id, task.due_at)
    if before is None or (before.assigned_to_id, before.due_at) == now:
        raise Refusal(_("任务“%(task)s”没有改派过，无需改回。") % {"task": task})
    handed = reassign_task(by=by, task=task, to=User.objects.get(pk=before.assigned_to_id))
    handed.due_at = before.due_at
    handed.save(update_fields=["due_at"])
    return handed


def _require_few(rows: Sequence[object]) -> None:
    if not 1 <= len(rows) <= MOST:
        raise TooMany(_("请选择 1 到 %(most)d 项。") % {"most": MOST})
