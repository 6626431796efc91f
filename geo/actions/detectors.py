"""Which detector model new comparisons use: installing one, offering one that learned here, choosing, going back."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from geo.actions.locks import CHOOSING_DETECTORS, hold_lock
from geo.actions.notices import posted_at, tell
from geo.imagery import shelf
from geo.imagery.contract import QUANTISED_SUFFIX, ModelContract, contract_beside, run_file, write_contract
from geo.imagery.detect import BASELINE
from geo.imagery.errors import ImageryError
from geo.imagery.learning.judging import Comparison
from geo.imagery.onnx_detector import OnnxDetector, version_of
from geo.models import DetectorChoice, DetectorModel, DetectorOrigin, DetectorState, NoticeKind, Unit, User
from geo.refusals import NotAllowed, Refusal
from geo.roles import Act, Role

# With "-site" and three digits it still fits into the column and `shelf.NAME`.
LONGEST_ROOT = 32
# A file of weights is a few megabytes; a larger one is a mistake, and would slow every block.
LARGEST_BYTES = 200_000_000


class UnusableModel(Refusal):
    """A model cannot be run, or may not be chosen."""


@dataclass(frozen=True)
class Detector:
    """One model that can be chosen, with its contract; ``row`` is None for a shipped one."""

    name: str
    version: str
    contract: ModelContract
    row: DetectorModel | None


def models_dir() -> Path:
    return Path(settings.PRIVATE_ROOT) / "models"


def detector_in_use() -> str:
    """The name of the model that new comparisons use: the last one chosen, else that of the settings."""
    choice = DetectorChoice.objects.first()
    return choice.detector if choice is not None else settings.DETECTOR


def may_choose(user: User) -> bool:
    """Whether a person may choose for all: who runs comparisons over the whole city."""
    scope = user.scope(Act.RUN_DIFFS)
    return scope.everything or any(user.can_at(Act.RUN_DIFFS, unit=unit) for unit in Unit.objects.filter(parent=None))


def offered_detectors() -> tuple[list[Detector], dict[str, str]]:
    """The models whose files are there, shipped ones first, then the newest; and by name what is wrong with the others.

    Nothing is run for that: `choose_detector` tries the one that is chosen.
    """
    rows = {row.name: row for row in DetectorModel.objects.filter(state=DetectorState.OFFERED)}
    found, broken = [], {}
    for name in [*shelf.shipped_names(), *(name for name, _row in sorted(rows.items(), key=lambda item: -item[1].pk))]:
        try:
            path = shelf.model_path(name)
            contract = contract_beside(path)
            found.append(Detector(name, version_of(path, contract), contract, rows.get(name)))
        except (ImageryError, OSError) as error:
            broken[name] = str(error)
    return found, broken


@transaction.atomic
def choose_detector(*, name: str, by: User) -> DetectorChoice:
    """Use a model for comparisons from now on; those that run keep theirs. Raises NotAllowed, UnusableModel."""
    if not may_choose(by):
        raise NotAllowed(_("只有全市数字化城市管理中心可以选择检测模型"))
    hold_lock(CHOOSING_DETECTORS)
    offered = DetectorModel.objects.filter(state=DetectorState.OFFERED)
    if name not in shelf.shipped_names() and not offered.filter(name=name).exists():
        raise UnusableModel(_("没有可用的检测模型“%(name)s”") % {"name": name})
    if detector_in_use() == name:
        raise UnusableModel(_("此模型已在使用"))
    try:
        version = OnnxDetector(shelf.model_path(name)).version
    except (ImageryError, OSError) as error:
        raise UnusableModel(str(error)) from error
    return DetectorChoice.objects.create(detector=name, version=version, chosen_by=by)


@transaction.atomic
def install_detector(*, model: Path, name: str, by: User) -> DetectorModel:
    """Take a model file with the contract beside it into the city's models. It is not chosen by that.

    Raises NotAllowed, UnusableModel naming what is wrong with the files.
    """
    if not may_choose(by):
        raise NotAllowed(_("只有全市数字化城市管理中心可以选择检测模型"))
    hold_lock(CHOOSING_DETECTORS)
    if not shelf.NAME.fullmatch(name):
        raise UnusableModel(_("名称“%(name)s”只能含小写字母、数字和连字符") % {"name": name})
    if shelf.LEARNED.search(name):
        raise UnusableModel(_("名称“%(name)s”的结尾 -site 加数字留给本地学习的模型") % {"name": name})
    if name in shelf.shipped_names() or name == BASELINE or DetectorModel.objects.filter(name=name).exists():
        raise UnusableModel(_("名称“%(name)s”已被使用") % {"name": name})
    try:
        contract = contract_beside(model)
        for path in {model, run_file(model, contract)}:
            if path.stat().st_size > LARGEST_BYTES:
                raise UnusableModel(
                    _("模型文件 %(name)s 超过 %(size)d MB") % {"name": path.name, "size": LARGEST_BYTES // 1_000_000}
                )
        found = OnnxDetector(model)
    except (ImageryError, OSError) as error:
        raise UnusableModel(str(error)) from error
    row = DetectorModel.objects.create(
        name=name, title=found.contract.title[:80], origin=DetectorOrigin.INSTALLED, state=DetectorState.OFFERED,
        version=found.version, added_by=by,
    )  # fmt: skip
    _take_in(model, name, found.contract)
    return row


@transaction.atomic
def record_retrained(
    *, model: Path, parent: str, comparison: Comparison, learned_from: dict[str, Any], by: User
) -> DetectorModel:
    """Write down a model that learned here, and offer it when it does better than its parent.

    The files are taken in only then, with the calibration that the held-out reviews gave.
    """
    hold_lock(CHOOSING_DETECTORS)
    name = _next_name(parent)
    title = contract_beside(shelf.model_path(parent)).title
    better = not comparison.shortcomings
    contract = replace(contract_beside(model), title=title, calibration=comparison.calibration)
    write_contract(model, contract)
    row = DetectorModel.objects.create(
        name=name, title=title, origin=DetectorOrigin.RETRAINED, parent=parent, version=OnnxDetector(model).version,
        state=DetectorState.OFFERED if better else DetectorState.NOT_BETTER,
        report={"learned_from": learned_from, "comparison": comparison.to_dict()}, added_by=by,
    )  # fmt: skip
    if better:
        for unit in Unit.objects.filter(parent=None):
            tell(
                to=posted_at(unit=unit, roles=[Role.CENTRE]), kind=NoticeKind.MODEL_OFFERED, key=f"model:{row.pk}",
                link=reverse("detector-list"), by=by, facts={"model": name}, act=Act.RUN_DIFFS, unit=unit,
            )  # fmt: skip
        _take_in(model, name, contract)
    return row


def _next_name(parent: str) -> str:
    """A free name for what the parent learned: its own without an earlier number, short enough for another one."""
    root = shelf.LEARNED.sub("", parent)[:LONGEST_ROOT].rstrip("-")
    number = 1
    while DetectorModel.objects.filter(name=f"{root}-site{number}").exists():
        number += 1
    return f"{root}-site{number}"


def _take_in(model: Path, name: str, contract: ModelContract) -> None:
    """Copy the files in, the weights last: a name is found by them. The last step before a commit: a copy that fails
    takes the row and what was copied along."""
    target = models_dir() / f"{name}.onnx"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if contract.quantised:
            _copy(run_file(model, contract), target.with_suffix(QUANTISED_SUFFIX))
        write_contract(target, contract)
        _copy(model, target)
    except BaseException:
        for path in (target, target.with_suffix(".json"), target.with_suffix(QUANTISED_SUFFIX)):
            path.unlink(missing_ok=True)
        raise


def _copy(source: Path, target: Path) -> None:
    """A copy that appears whole or not at all."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(source, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
