"""Detector models in words: what they are called, and what the terms of their training data mean."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.imagery.shelf import LEARNED
from geo.models import DetectorModel

TITLES = {
    "siamese": gettext_lazy("城瞰模型（含研究数据）"),
    "siamese-open": gettext_lazy("城瞰模型（仅开放数据）"),
    "cva": gettext_lazy("变化向量分析（对照基线）"),
}
TERMS = {
    "open": gettext_lazy("仅用开放许可影像（CC BY）和程序绘制的图像训练，可用于正式业务。"),
    "research": gettext_lazy(
        "训练用到仅限研究的影像（LEVIR-CD，影像属 Google Earth）。"
        "正式业务使用前应取得权利人同意，或改用仅开放数据的模型。"
    ),
    "unknown": gettext_lazy("训练数据的来源未声明，正式业务使用前应向提供方核实。"),
}
SHORTCOMINGS = {
    "few_reviews": gettext_lazy("留出的审核不足 20 条"),
    "one_kind": gettext_lazy("留出的审核中属实或误报不足 3 条，无从比较"),
    "not_ahead": gettext_lazy("与审核结论的一致程度没有提高"),
    "not_sure": gettext_lazy("领先不够稳定，可能只是偶然"),
    "loses_real": gettext_lazy("丢失了较多已确认的图斑"),
    "more_finds": gettext_lazy("在无人审核处多报了较多图斑"),
}


def detector_title(name: str) -> str:
    """What people call a model."""
    learned = LEARNED.search(name)
    if learned:
        parent = name[: learned.start()]
        return _("%(model)s，本地学习第 %(number)s 版") % {"model": detector_title(parent), "number": learned[1]}
    return str(TITLES.get(name) or _installed_title(name) or name)


def detector_of(evidence: str) -> str:
    """The model that found a flag, in words: ``evidence["detector"]`` is its name, a hyphen and its version."""
    name, _hyphen, version = evidence.rpartition("-")
    return _("%(model)s，版本 %(version)s") % {"model": detector_title(name), "version": version} if name else ""


def _installed_title(name: str) -> str:
    return DetectorModel.objects.filter(name=name).values_list("title", flat=True).first() or ""
