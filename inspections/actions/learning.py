"""What supervisors decided, as examples for the detector; and letting it learn from them."""

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pghistory
from django.conf import settings
from django.utils.translation import gettext as _

from geo.actions.detectors import detector_in_use, may_choose, record_retrained
from geo.actions.diff_jobs import sources_of
from geo.actions.snapshots import as_shapely
from geo.imagery.errors import ImageryError
from geo.imagery.learning.examples import (
    Example,
    ExamplesNotWrittenError,
    Reviewed,
    discard,
    split,
    write_examples,
    write_index,
)
from geo.imagery.learning.judging import LEAST_OF_A_KIND, LEAST_REVIEWS, compare
from geo.imagery.learning.tuning import tune_model
from geo.imagery.onnx_detector import OnnxDetector
from geo.imagery.plan import Plan
from geo.imagery.shelf import model_path
from geo.models import ChangeKind, DetectorModel, DiffRun, DiffRunState, User
from geo.refusals import NotAllowed, Refusal
from inspections.models import ChangeReview, RejectReason, ReviewOutcome

# What a permit covers is a structure as well; whether it was allowed is no matter of pictures.
REAL = (ReviewOutcome.CONFIRMED, ReviewOutcome.AUTHORISED)
# "Other" says nothing about the pictures, and an added storey is not seen in colours.
UNTAUGHT_REASONS = (RejectReason.OTHER,)
UNTAUGHT_KINDS = (ChangeKind.STOREY_ADDED,)
# With fewer than this to learn from, learning is a waste of an hour.
LEAST_EXAMPLES = 30


class NothingToLearn(Refusal):
    """There are too few reviews whose pictures are still there, or the training did not run."""


@dataclass
class Exported:
    """The examples of a folder, and how many reviews were left out because a run cannot be read any more, by why."""

    examples: list[Example] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def export_reviews(*, folder: Path, by: User) -> Exported:
    """Write every standing review that teaches something, of the person's area, as a folder of examples.

    Reviews of a run whose pictures are gone or damaged are left out and counted. Raises NotAllowed, and NothingToLearn
    when the folder cannot be written to.
    """
    if not may_choose(by):
        raise NotAllowed(_("只有全市数字化城市管理中心可以选择检测模型"))
    reviews = (
        ChangeReview.objects.for_user(by)
        .standing()
        .filter(outcome__in=[*REAL, ReviewOutcome.REJECTED], flag__run__state=DiffRunState.DONE)
        .exclude(reason__in=UNTAUGHT_REASONS)
        .exclude(flag__kind__in=UNTAUGHT_KINDS)
        .select_related("flag")
        .order_by("flag__run", "flag__index")
    )
    by_run: dict[int, list[ChangeReview]] = {}
    for review in reviews:
        by_run.setdefault(review.flag.run_id, []).append(review)
    try:
        return _written(folder, by_run)
    except ExamplesNotWrittenError as error:
        raise NothingToLearn(str(error)) from error


def _written(folder: Path, by_run: dict[int, list[ChangeReview]]) -> Exported:
    found = Exported()
    for run in DiffRun.objects.filter(pk__in=by_run).select_related("before", "after").order_by("pk"):
        try:
            plan = Plan.from_json(run.plan, of_any_version=True)
            reviewed = [_reviewed(review) for review in by_run[run.pk]]
            found.examples += write_examples(plan, sources_of(run), reviewed, folder)
        except ExamplesNotWrittenError:
            raise
        except (ImageryError, OSError) as error:
            discard(folder, (review.flag.number for review in by_run[run.pk]))
            found.left_out[f"{run}: {error}"] += len(by_run[run.pk])
    write_index(folder, found.examples)
    return found


def retrain(*, by: User, python: str = "", steps: int | None = None, seed: int = 1) -> DetectorModel:
    """Let the model in use learn from two thirds of the places that were reviewed, and judge it by the others.

    It is offered only when it does better there; somebody chooses it, or not. Raises NotAllowed, NothingToLearn.
    """
    parent = detector_in_use()
    folder_root = settings.PRIVATE_ROOT / "learning"
    folder_root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder_root) as name:
        folder = Path(name)
        exported = export_reviews(folder=folder, by=by)
        learned_from, held_out = split(exported.examples)
        held_real = sum(example.objects[0].real for example in held_out)
        if (
            len(learned_from) < LEAST_EXAMPLES
            or len(held_out) < LEAST_REVIEWS
            or min(held_real, len(held_out) - held_real) < LEAST_OF_A_KIND
        ):
            raise NothingToLearn(
                _(
                    "可供学习的审核有 %(count)d 条（至少需要 %(least)d 条），"
                    "另留出 %(held)d 条（至少 %(least_held)d 条），"
                    "其中属实 %(real)d 条、误报 %(false)d 条（各至少 %(least_kind)d 条）"
                )
                % {
                    "count": len(learned_from), "least": LEAST_EXAMPLES, "held": len(held_out),
                    "least_held": LEAST_REVIEWS, "real": held_real, "false": len(held_out) - held_real,
                    "least_kind": LEAST_OF_A_KIND,
                }
            )  # fmt: skip
        model = folder / "learned.onnx"
        try:
            tune_model(
                folder, start=model_path(parent), output=model, title=parent, steps=steps, seed=seed,
                python=python or settings.TRAINING_PYTHON or sys.executable,
            )  # fmt: skip
            comparison = compare(
                folder, held_out, current=OnnxDetector(model_path(parent)), candidate=OnnxDetector(model)
            )
        except ImageryError as error:
            raise NothingToLearn(str(error)) from error
        real = sum(example.objects[0].real for example in learned_from)
        counts = {
            "examples": len(learned_from), "real": real, "false": len(learned_from) - real,
            "left_out": sum(exported.left_out.values()), "seed": seed,
        }  # fmt: skip
        with pghistory.context(user=by.pk, act="retrain"):
            return record_retrained(model=model, parent=parent, comparison=comparison, learned_from=counts, by=by)


def _reviewed(review: ChangeReview) -> Reviewed:
    drawn = review.outline is not None
    return Reviewed(
        key=review.flag.number,
        geometry=as_shapely(review.outline or review.flag.geometry),
        real=review.outcome in REAL,
        exact=drawn,
        kind=review.flag.kind,
        reason=review.reason,
    )
