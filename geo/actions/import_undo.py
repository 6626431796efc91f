"""Undoing an import as a whole: what it created goes, what it changed is put back; or nothing, with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.contrib.gis.db import models
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from pghistory.models import Event

from geo.actions.import_jobs import QUEUE
from geo.actions.imports import lock_layer
from geo.actions.jobs import job as job_of
from geo.actions.notices import tell_of_import
from geo.importers.layers.base import BATCH_ROWS, LayerImporter, to_shapely
from geo.importers.layers.links import CROSSING, link_to_units, link_units
from geo.importers.registry import importers
from geo.models import ImportJob, ImportJobState, ImportRun, Located, Unit, User
from geo.refusals import NotAllowed, Refusal

SHOWN_OBSTACLES = 20
UNDO_TASK = "geo.tasks.undo_import"
# Fewer rows are undone while the person waits: about a second.
ROWS_FOR_A_JOB = 2_000


class CannotUndo(Refusal):
    """Something was changed or hung on since; the plan names it."""


@dataclass
class UndoPlan:
    """What undoing would do, by keys, and what stands against it."""

    created: list[int] = field(default_factory=list)
    changed: dict[int, Any] = field(default_factory=dict)  # key -> the event that holds the row as it was before
    obstacles: list[str] = field(default_factory=list)  # each names a row
    obstacle_count: int = 0

    def refuse(self, sentence: str) -> None:
        self.obstacle_count += 1
        if len(self.obstacles) < SHOWN_OBSTACLES:
            self.obstacles.append(sentence)


def plan_undo(run: ImportRun) -> UndoPlan:
    """Read from the history what an import did and whether it still stands as it left it."""
    importer = importers()[run.layer]
    model, plan = importer.model, UndoPlan()
    history = model.pgh_event_model.objects  # type: ignore[attr-defined]
    if run.context_id is None:
        plan.refuse(_("此次导入早于撤销功能，没有留下可供撤销的记录"))
        return plan
    ours: dict[int, list[Any]] = {}
    for event in history.filter(pgh_context_id=run.context_id).order_by("pgh_id").defer(importer.geometry_field):
        ours.setdefault(event.pgh_obj_id, []).append(event)
    names = {key: getattr(events[-1], importer.schema.key) for key, events in ours.items()}
    _refuse_changed(plan, model, history, ours, names)
    plan.created = [key for key, events in ours.items() if events[0].pgh_label == "insert"]
    before = _states_before(history, {key: events[0].pgh_id for key, events in ours.items()}, set(plan.created))
    for key in set(ours) - set(plan.created):
        if key in before:
            plan.changed[key] = before[key]
        else:
            plan.refuse(_("%(code)s：没有导入前的记录") % {"code": names[key]})
    _refuse_hung_on(plan, model, names)
    return plan


@transaction.atomic
def start_undo(*, job: ImportJob, by: User) -> None:
    """Let a job undo an import of many rows; its sender is told of the end. Raises NotAllowed, CannotUndo."""
    locked, _importer = _undoable(job, by, ImportJobState.DONE)
    locked.state, locked.error = ImportJobState.UNDOING, ""
    locked.save(update_fields=["state", "error"])
    job_of(UNDO_TASK, queue=QUEUE).defer(job_id=locked.pk, by_id=by.pk)


def run_undo(*, job_id: int, by_id: int) -> None:
    """Do the work of an undo that was asked for, or again that of a killed worker."""
    job, by = ImportJob.objects.get(pk=job_id), User.objects.get(pk=by_id)
    if job.state != ImportJobState.UNDOING:
        return
    try:
        with transaction.atomic():
            undo_import(job=job, by=by, asked=ImportJobState.UNDOING)
            tell_of_import(ImportJob.objects.get(pk=job_id))
    except Refusal as refusal:
        _stays(job_id, str(refusal))
    except Exception:
        _stays(job_id, "unexpected")  # the traceback is the log's
        raise


@transaction.atomic
def _stays(job_id: int, error: str) -> None:
    """The import stays, and says why."""
    locked = ImportJob.objects.select_for_update().get(pk=job_id)
    if locked.state == ImportJobState.UNDOING:
        locked.state, locked.error = ImportJobState.DONE, error
        locked.save(update_fields=["state", "error"])
        tell_of_import(locked)


def _undoable(job: ImportJob, by: User, state: ImportJobState) -> tuple[ImportJob, type[LayerImporter]]:
    locked = ImportJob.objects.for_user(by).select_for_update().filter(pk=job.pk).first()
    importer = importers()[job.layer]
    if locked is None or not by.can(importer.write_act):
        raise NotAllowed(_("您的任职不能写入此图层"))
    if locked.state != state or locked.run is None:
        raise CannotUndo(_("只有已导入的文件可以撤销"))
    return locked, importer


@transaction.atomic
def undo_import(*, job: ImportJob, by: User, asked: ImportJobState = ImportJobState.DONE) -> UndoPlan:
    """Undo an import that is in the state `asked`. Raises NotAllowed, CannotUndo."""
    locked, importer = _undoable(job, by, asked)
    lock_layer(importer.schema.name)
    plan = plan_undo(locked.run)
    _refuse_foreign(plan, importer, by)
    if plan.obstacle_count:
        raise CannotUndo(_("不能撤销：有 %(count)s 处在导入之后有变动") % {"count": plan.obstacle_count})
    with pghistory.context(user=by.pk, undoes=locked.run.pk):
        _put_back(importer, plan)
        _remove(importer.model, set(plan.created))
    ImportRun.objects.filter(pk=locked.run.pk).update(undone_by=by, undone_at=timezone.now())
    locked.state = ImportJobState.UNDONE
    locked.save(update_fields=["state"])
    return plan


def _refuse_changed(
    plan: UndoPlan, model: type[models.Model], history: Any, ours: dict[int, list[Any]], names: dict[int, str]
) -> None:
    newest = dict(
        history.filter(pgh_obj_id__in=list(ours)).order_by().values_list("pgh_obj_id").annotate(Max("pgh_id"))
    )
    alive = set(model._default_manager.filter(pk__in=list(ours)).values_list("pk", flat=True))
    for key, events in ours.items():
        if key not in alive:
            plan.refuse(_("%(code)s：导入之后已被删除") % {"code": names[key]})
        elif newest[key] != events[-1].pgh_id:
            plan.refuse(_("%(code)s：导入之后又有修改") % {"code": names[key]})


def _states_before(history: Any, first: dict[int, int], created: set[int]) -> dict[int, Any]:
    """For each changed row the last event before the import's own."""
    keys = [key for key in first if key not in created]
    if not keys:
        return {}
    earliest = min(first[key] for key in keys)
    numbers = dict(
        history.filter(pgh_obj_id__in=keys, pgh_id__lt=earliest)
        .order_by()
        .values_list("pgh_obj_id")
        .annotate(Max("pgh_id"))
    )
    return {event.pgh_obj_id: event for event in history.filter(pgh_id__in=list(numbers.values()))}


def _refuse_hung_on(plan: UndoPlan, model: type[models.Model], names: dict[int, str]) -> None:
    """What was hung on the rows that would go: rows of other kinds, and rows of their own kind that would stay."""
    created = set(plan.created)
    if not created:
        return
    for related, name in _pointing_at(model):
        rows = related._base_manager.filter(**{f"{name}__in": created})
        if related is model:
            rows = rows.exclude(pk__in=created)
        for key, count in rows.order_by().values_list(name).annotate(models.Count("pk")):
            plan.refuse(
                _("%(code)s：已挂有%(kind)s %(count)s 条")
                % {"code": names[key], "kind": related._meta.verbose_name, "count": count}
            )


def _pointing_at(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        related = relation.related_model
        # Events are the history itself; links between areas and units are derived from boundaries.
        # So is what a view makes of the rows.
        if not issubclass(related, Event) and not related._meta.auto_created and related._meta.managed:
            yield related, relation.field.name


def _refuse_foreign(plan: UndoPlan, importer: type[LayerImporter], by: User) -> None:
    """A post that moved on since the import no longer reaches these rows."""
    keys = [*plan.created, *plan.changed]
    if not issubclass(importer.model, Located):
        return
    reached = importer.model._default_manager.for_user(by, importer.write_act).filter(pk__in=keys)
    if reached.count() != len(keys):
        raise NotAllowed(_("其中有些记录已不在您的辖区内"))


def _put_back(importer: type[LayerImporter], plan: UndoPlan) -> None:
    if not plan.changed:
        return
    model, now = importer.model, timezone.now()
    columns = [column for column in model._meta.concrete_fields if not column.primary_key]
    rows = []
    for key, event in plan.changed.items():
        values = {
            column.attname: now if getattr(column, "auto_now", False) else getattr(event, column.attname)
            for column in columns
        }
        rows.append(model(pk=key, **values))
    model._default_manager.bulk_create(
        rows,
        batch_size=BATCH_ROWS,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[column.name for column in columns],
    )
    _link_again(model, list(plan.changed))


def _link_again(model: type[models.Model], keys: list[int]) -> None:
    """Areas that cross units are linked to those that they touch; both may have been put back to other boundaries."""
    if model is Unit:
        link_to_units(keys)
    outline = dict(CROSSING).get(model)
    if outline is not None:
        rows = model._default_manager.filter(pk__in=keys)
        link_units(model, [(row.pk, to_shapely(getattr(row, outline))) for row in rows])


def _remove(model: type[models.Model], keys: set[int]) -> None:
    """Delete from the leaves of the tree upwards: a parent protects itself from going before its children."""
    own = [name for related, name in _pointing_at(model) if related is model]
    while keys:
        above: set[int] = set()
        for name in own:
            rows = model._default_manager.filter(pk__in=keys).exclude(**{name: None})
            above.update(rows.values_list(name, flat=True))
        leaves = keys - above
        model._default_manager.filter(pk__in=leaves).delete()
        keys -= leaves
