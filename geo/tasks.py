"""Jobs of the spatial base: checking snapshots, running diffs, and taking up what a killed worker left behind."""

import logging

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from geo.actions import diff_jobs, diff_steps, import_jobs, import_undo, notices, snapshots
from geo.models import Snapshot

log = logging.getLogger(__name__)

# A worker tells every 10 s that it lives; three times missed, its jobs are given to others.
STALLED_AFTER_S = 30
# How often is the run's matter (diff_steps.MAX_ATTEMPTS, MAX_STARTS); this only must not be less.
ONCE_MORE = RetryStrategy(max_attempts=100, wait=2)
# The other steps write down their own failure; tried again they find nothing to do, unless even that could not be
# written (a database that restarts): then they do it all over.
UNLESS_WRITTEN_DOWN = RetryStrategy(max_attempts=10, wait=5)


@app.task(queue=snapshots.QUEUE, name=snapshots.CHECK_TASK, retry=UNLESS_WRITTEN_DOWN)
def check_snapshot(snapshot_id: int) -> None:
    """Prove a received snapshot and make its copies for looking."""
    snapshots.check_snapshot(snapshot=Snapshot.objects.get(pk=snapshot_id))


@app.task(queue=diff_jobs.QUEUE, name=diff_jobs.PREPARE_TASK, retry=UNLESS_WRITTEN_DOWN)
def prepare_diff(run_id: int) -> None:
    """Plan a run and enqueue its blocks."""
    diff_steps.prepare_run(run_id=run_id)


@app.task(queue=diff_jobs.QUEUE, name=diff_jobs.DETECT_TASK, retry=ONCE_MORE)
def detect_block(run_id: int, index: int) -> None:
    """Detect one block; tried again when it fails, until its run says that it is enough."""
    diff_steps.detect_one(run_id=run_id, index=index)


@app.task(queue=diff_jobs.QUEUE, name=diff_jobs.FINISH_TASK, retry=UNLESS_WRITTEN_DOWN)
def finish_diff(run_id: int) -> None:
    """Put the blocks together and write the flags."""
    diff_steps.finish_run(run_id=run_id)


@app.task(queue=import_jobs.QUEUE, name=import_jobs.TASK, retry=UNLESS_WRITTEN_DOWN)
def run_import(job_id: int) -> None:
    """Check a sent file row by row and, unless it is a dry run, write all of it or nothing."""
    import_jobs.run_import(job_id=job_id)


@app.task(queue=import_jobs.QUEUE, name=import_undo.UNDO_TASK, retry=UNLESS_WRITTEN_DOWN)
def undo_import(job_id: int, by_id: int) -> None:
    """Undo an import as a whole, or say why it stays."""
    import_undo.run_undo(job_id=job_id, by_id=by_id)


# Without a `lock`: a sweep that was itself killed would hold it and keep all later ones from running.
@app.periodic(cron="* * * * *")
@app.task(queue="upkeep", name="geo.tasks.retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Give the jobs of workers that went silent back to the queue."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
        if job.id != context.job.id:
            log.warning("job %s (%s) had stalled and is taken up again", job.id, job.task_name)
            await manager.retry_job(job)


@app.periodic(cron="40 18 * * *")
@app.task(queue="upkeep", name="geo.tasks.prune_notices", pass_context=False)
def prune_notices(timestamp: int) -> None:
    """Forget old notices, at night in the city."""
    log.info("%s old notices forgotten", notices.prune_notices())


@app.periodic(cron="50 18 * * *")
@app.task(queue="upkeep", name="geo.tasks.forget_import_files", pass_context=False)
def forget_import_files(timestamp: int) -> None:
    """Delete files that were sent for imports long ago, at night in the city."""
    log.info("%s sent files deleted", import_jobs.forget_old_files())
