"""Telling people of acts that concern them, reading it, and forgetting it again.

Notices are written in the transaction of their act: what is rolled back is told to nobody, what is repeated once.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from geo.models import (
    DiffRun,
    DiffRunState,
    ImportJob,
    Notice,
    NoticeKind,
    Posting,
    Snapshot,
    SnapshotState,
    Unit,
    User,
)
from geo.models.notice import NoticeQuerySet
from geo.roles import Act, Role

LINK_LENGTH = 300


@transaction.atomic
def tell(
    *,
    to: Iterable[User],
    kind: NoticeKind,
    key: str,
    link: str,
    by: User | None,
    facts: dict[str, Any],
    act: Act | None = None,
    unit: Unit | None = None,
    special_area_id: int | None = None,
    run: DiffRun | None = None,
    snapshot: Snapshot | None = None,
    import_job: ImportJob | None = None,
) -> None:
    """Put a notice into the inboxes of `to`, but for `by`'s own. The same `key` again changes nothing.

    It is about a place, which `act` lets people see, or about a run, a snapshot, or a sent file.
    """
    people = {person.pk: person for person in to if by is None or person.pk != by.pk}
    said = {name: str(value)[:200] for name, value in facts.items()} | ({"by": str(by)} if by else {})
    Notice.objects.bulk_create(
        [
            Notice(
                to=people[pk],
                kind=kind,
                key=key,
                link=link[:LINK_LENGTH],
                facts=said,
                act=act or "",
                unit=unit,
                special_area_id=special_area_id,
                run=run,
                snapshot=snapshot,
                import_job=import_job,
            )
            for pk in sorted(people)  # always in the same order: two acts at once do not wait for each other
        ],
        ignore_conflicts=True,
    )


def posted_at(
    *, unit: Unit, roles: Iterable[Role], special_area_id: int | None = None, bureau: str = ""
) -> Iterable[User]:
    """The active people who hold one of these posts over a place today."""
    place = Q(unit__code__in=[*unit.ancestor_codes, unit.code])
    if special_area_id:
        place |= Q(special_area_id=special_area_id)
    postings = Posting.objects.in_force().filter(place, role__in=list(roles))
    if bureau:
        postings = postings.filter(bureau=bureau)
    return User.objects.filter(is_active=True, pk__in=postings.values("user"))


def tell_of_run(run: DiffRun) -> None:
    """A comparison ended: tell whoever asked for it. Taken up again after a failure, it ends once more."""
    if run.requested_by is None:
        return
    done = run.state == DiffRunState.DONE
    tell(
        to=[run.requested_by],
        kind=NoticeKind.RUN_FINISHED if done else NoticeKind.RUN_FAILED,
        key=f"run:{run.pk}:{run.state}:{run.finished_at:%Y%m%dT%H%M%S}",
        link=reverse("diff-detail", args=[run.pk]),
        by=None,
        facts={"run": run, "count": run.flag_count or 0},
        run=run,
    )


def tell_of_snapshot(snapshot: Snapshot) -> None:
    """A snapshot was proved or refused: tell whoever loaded it."""
    if snapshot.loaded_by is None:
        return
    ready = snapshot.state == SnapshotState.READY
    tell(
        to=[snapshot.loaded_by],
        kind=NoticeKind.SNAPSHOT_READY if ready else NoticeKind.SNAPSHOT_REFUSED,
        # Sent again after a refusal, it may be refused once more.
        key=f"snapshot:{snapshot.pk}:{snapshot.state}:{timezone.now():%Y%m%dT%H%M%S%f}",
        link=reverse("snapshot-detail", kwargs={"snapshot_id": snapshot.pk}),
        by=None,
        facts={"snapshot": snapshot.title},
        snapshot=snapshot,
    )


def tell_of_import(job: ImportJob) -> None:
    """A sent file was tried, written, refused or undone by a job: tell whoever sent it, how many rows it was."""
    tell(
        to=[job.sent_by],
        kind=NoticeKind.IMPORT_ENDED,
        key=f"import:{job.pk}:{job.state}:{timezone.now():%Y%m%dT%H%M%S%f}",
        link=reverse("import-detail", args=[job.pk]),
        by=None,
        facts={"file": job.file_name, "state": job.state, "count": sum(job.counts.values())},
        import_job=job,
    )


@transaction.atomic
def mark_read(*, notices: NoticeQuerySet, by: User) -> int:
    """Mark notices of one's own as read; others', and those read before, stay as they are. Returns how many."""
    return notices.for_user(by).unread().update(read_at=timezone.now())


@transaction.atomic
def prune_notices() -> int:
    """Forget what is past its age (READ_KEPT, UNREAD_KEPT); returns how many."""
    return Notice.objects.stale(timezone.now()).delete()[0]
