"""The page of the detector models: which one is used, what each did, and choosing another one or going back."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.access import may
from geo.actions.detectors import choose_detector, detector_in_use, may_choose, offered_detectors
from geo.detector_words import SHORTCOMINGS, TERMS, detector_title
from geo.imagery.detect import BASELINE
from geo.models import DetectorChoice, DetectorModel, DetectorState, DiffRun
from geo.refusals import Refusal
from geo.roles import Act

HISTORY_ROWS = 20


@may(Act.RUN_DIFFS)
def detector_list(request: HttpRequest) -> HttpResponse:
    """Every model that can be used, those that learned here and were not better, and who chose what when."""
    in_use = detector_in_use()
    runs = DiffRun.objects.for_user(request.user).order_by().values_list("parameters__detector").annotate(Count("pk"))
    counts = dict(runs)
    usable, broken = offered_detectors()
    titles = {item.name: detector_title(item.name) for item in usable}
    choices = DetectorChoice.objects.select_related("chosen_by")[:HISTORY_ROWS]
    return render(
        request,
        "diffs/detectors.html",
        {
            "models": [
                {
                    "name": item.name,
                    "title": titles[item.name],
                    "version": item.version,
                    "terms": TERMS[item.contract.terms],
                    "is_restricted": item.contract.terms != "open",
                    "row": item.row,
                    "comparison": (item.row.report if item.row else {}).get("comparison"),
                    "learned_from": (item.row.report if item.row else {}).get("learned_from"),
                    "in_use": item.name == in_use,
                    "runs": counts.get(item.name, 0),
                }
                for item in usable
            ],
            # The baseline is a setting for trials, no model that is chosen here.
            "baseline": detector_title(BASELINE) if in_use == BASELINE else "",
            "missing": "" if in_use in titles or in_use == BASELINE else in_use,
            "broken": sorted(broken.items()),
            "not_better": [
                (
                    detector_title(row.name),
                    row,
                    [SHORTCOMINGS[code] for code in row.report.get("comparison", {}).get("shortcomings", [])],
                )
                for row in DetectorModel.objects.filter(state=DetectorState.NOT_BETTER).select_related("added_by")
            ],
            "choices": [(choice, titles.get(choice.detector) or detector_title(choice.detector)) for choice in choices],
            "may_choose": may_choose(request.user),
        },
    )


@may(Act.RUN_DIFFS)
@require_POST
def detector_choose(request: HttpRequest, name: str) -> HttpResponse:
    """Use this model from now on."""
    try:
        choose_detector(name=name, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已启用“%(model)s”，此后发起的比对使用它") % {"model": detector_title(name)})
    return redirect("detector-list")
