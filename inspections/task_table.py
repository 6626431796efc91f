"""The table of inspection tasks: filters from the address, what is due first, and its ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Count, F, Q, QuerySet, Value, When
from django.db.models import Case as Choose
from django.http import QueryDict
from django.utils import translation

from geo.models import User
from inspections.case_table import SOON
from inspections.models import Case, InspectionTask, TaskState
from inspections.papers import LedgerColumn, ledger_xlsx

# What waits stands before what is over; down a column of the board all have the same state.
BOARD_ORDER = [F("is_late").desc(), F("due_at").asc(nulls_last=True), F("assigned_at").desc(), F("pk").desc()]
OPEN_FIRST = ["is_over", *BOARD_ORDER]
SORTS = {
    "due": [F("due_at").asc(nulls_last=True), "-pk"],
    "-due": [F("due_at").desc(nulls_last=True), "-pk"],
    "assigned": ["assigned_at", "pk"],
    "-assigned": ["-assigned_at", "-pk"],
}


@dataclass(frozen=True, slots=True)
class TaskTotals:
    """The figures over all pages."""

    count: int
    waiting: int
    overdue: int


def with_lateness(tasks: QuerySet[InspectionTask], *, now: datetime) -> QuerySet[InspectionTask]:
    """Add `is_late`, true for tasks past their due time that nobody has done, and `is_over`."""
    return tasks.annotate(
        is_late=Choose(
            When(state=TaskState.ASSIGNED, due_at__lt=now, then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        ),
        is_over=Choose(
            When(state=TaskState.ASSIGNED, then=Value(False)), default=Value(True), output_field=BooleanField()
        ),
    )


def filtered(tasks: QuerySet[InspectionTask], asked: QueryDict, *, now: datetime) -> QuerySet[InspectionTask]:
    """Keep the tasks that the address asks for; what it asks for wrongly is left out of account."""
    state, due, unit, person, words = (asked.get(name, "") for name in ("state", "due", "unit", "person", "q"))
    if state in TaskState.values:
        tasks = tasks.filter(state=state)
    if due == "overdue":
        tasks = tasks.filter(is_late=True)
    elif due == "soon":
        tasks = tasks.filter(state=TaskState.ASSIGNED, due_at__gte=now, due_at__lt=now + SOON)
    if unit.isdecimal() and len(unit) == 12:
        tasks = tasks.filter(unit__path__contains=f"{unit}/")
    if person.isdecimal() and len(person) < 10:
        tasks = tasks.filter(assigned_to=int(person))
    for word in words.split():
        tasks = tasks.filter(Q(title__icontains=word) | Q(case__number__icontains=word))
    return tasks


def sorted_as_asked(tasks: QuerySet[InspectionTask], asked: QueryDict) -> QuerySet[InspectionTask]:
    """Order by `?sort=`, by what is due first when it is missing or unknown."""
    return tasks.order_by(*SORTS.get(asked.get("sort", ""), OPEN_FIRST))


def totals_of(tasks: QuerySet[InspectionTask]) -> TaskTotals:
    """Count, still to be done, overdue of all the tasks, in one query."""
    sums = tasks.order_by().aggregate(
        count=Count("pk"),
        waiting=Count("pk", filter=Q(state=TaskState.ASSIGNED)),
        overdue=Count("pk", filter=Q(is_late=True)),
    )
    return TaskTotals(**sums)


def state_choices(tasks: QuerySet[InspectionTask]) -> list[tuple[str, str, int]]:
    """(value, label, count) of the states that occur."""
    counts = dict(tasks.order_by().values_list("state").annotate(n=Count("pk")))
    return [(value, str(label), counts[value]) for value, label in TaskState.choices if counts.get(value)]


def person_choices(tasks: QuerySet[InspectionTask]) -> list[tuple[str, str]]:
    """(key, name) of those who have tasks in sight."""
    people = User.objects.filter(pk__in=tasks.order_by().values("assigned_to")).order_by("display_name", "username")
    return [(str(person.pk), str(person)) for person in people]


LEDGER_COLUMNS = [
    LedgerColumn("任务", 34),
    LedgerColumn("状态", 10),
    LedgerColumn("单位", 26),
    LedgerColumn("巡查员", 12),
    LedgerColumn("派发人", 12),
    LedgerColumn("案件编号", 18),
    LedgerColumn("派发时间", 14, "date"),
    LedgerColumn("期限", 14, "date"),
    LedgerColumn("是否逾期", 10),
    LedgerColumn("说明", 40),
]


def task_ledger(tasks: QuerySet[InspectionTask], *, user: User, as_of: datetime) -> bytes:
    """The ledger of the tasks as XLSX. A ledger is an official paper and Chinese in every language."""
    return ledger_xlsx(title="巡查任务台账", columns=LEDGER_COLUMNS, rows=_ledger_rows(tasks, user), as_of=as_of)


def _ledger_rows(tasks: QuerySet[InspectionTask], user: User) -> Iterator[list[object]]:
    numbers = case_numbers(tasks, user=user)
    with translation.override("zh-hans"):
        states = {value: str(label) for value, label in TaskState.choices}
        people = tasks.select_related("unit", "assigned_to", "assigned_by").defer("unit__boundary")
        for task in people.iterator(chunk_size=500):
            yield [
                task.title,
                states[task.state],
                task.unit.name,
                str(task.assigned_to),
                str(task.assigned_by),
                numbers.get(task.case_id, ""),
                task.assigned_at,
                task.due_at,
                ("是" if task.is_late else "否") if task.due_at else "",
                task.instructions,
            ]


def case_numbers(tasks: "QuerySet[InspectionTask]", *, user: User) -> dict[int, str]:
    """The numbers of the tasks' cases, of those that this person may see."""
    wanted = tasks.order_by().exclude(case=None).values("case")
    return dict(Case.objects.for_user(user).filter(pk__in=wanted).values_list("pk", "number"))
