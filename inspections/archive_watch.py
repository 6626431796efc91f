"""Looks again at the dates of archive areas when something was written that they rest on (R-107).

After the commit, so that a fault here never costs a photo or a snapshot; the nightly task catches what was missed.
"""

import logging
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.db.models.signals import post_save

from geo.models import ArchiveArea, ImportRun, Snapshot, SnapshotState
from inspections.actions.archive_areas import refresh_archive_areas
from inspections.models import Photo, RuleSet
from inspections.rules.errors import RulesError

log = logging.getLogger(__name__)


def watch() -> None:
    """Listen; called once when the app is ready."""
    for model, listener in (
        (Snapshot, _snapshot),
        (Photo, _photo),
        (ArchiveArea, _area),
        (ImportRun, _import),
        (RuleSet, _rule_set),
    ):
        post_save.connect(listener, sender=model, dispatch_uid=f"archive areas: {model.__name__}")


def _later(areas: QuerySet[ArchiveArea]) -> None:
    def run() -> None:
        try:
            refresh_archive_areas(areas=areas)
        except (DatabaseError, RulesError):
            log.exception("archive areas were not looked at again; the nightly task will")

    transaction.on_commit(run)


def _snapshot(instance: Snapshot, **_: Any) -> None:
    if instance.state == SnapshotState.READY and instance.footprint is not None:
        _later(ArchiveArea.objects.filter(boundary__intersects=instance.footprint))


def _photo(instance: Photo, **_: Any) -> None:
    position = instance.corrected_position or instance.position
    if position is not None:
        _later(ArchiveArea.objects.filter(boundary__intersects=position))
    if instance.inspection_id is not None:
        _later(ArchiveArea.objects.filter(tasks__inspections=instance.inspection_id))


def _area(instance: ArchiveArea, **_: Any) -> None:
    _later(ArchiveArea.objects.filter(pk=instance.pk))


def _import(instance: ImportRun, **_: Any) -> None:
    if instance.layer == "archive_areas":
        _later(ArchiveArea.objects.all())


def _rule_set(instance: RuleSet, **_: Any) -> None:
    _later(ArchiveArea.objects.filter(unit__path__startswith=instance.unit.path, interval_days=None))
