"""Pages of the imports: the file, its columns, the work, the report, and the way back."""

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from geo.access import get_scoped, may, private_file
from geo.actions.import_jobs import (
    UnreadableFile,
    cancel_import,
    earlier_run,
    file_of,
    progress_of,
    start_import,
    take_in_file,
)
from geo.actions.import_reports import CSV_NAME, read_report, report_workbook
from geo.actions.import_undo import ROWS_FOR_A_JOB, CannotUndo, plan_undo, start_undo, undo_import
from geo.actions.jobs import is_worker_alive
from geo.downloads import xlsx_answer
from geo.forms.imports import MAX_UPLOAD_BYTES, ImportFileForm, ImportMappingForm, column_label, layer_label
from geo.importers.registry import importers
from geo.importers.report import Outcome, ReportLine
from geo.importers.words import in_words
from geo.models import ImportJob, ImportJobState
from geo.refusals import Refusal
from geo.roles import IMPORTS
from geo.uploads import on_disk

PAGE_ROWS = 30
REPORT_ROWS = 50
OUTCOME_WORDS = {
    Outcome.CREATED: gettext_lazy("新增"),
    Outcome.UPDATED: gettext_lazy("更新"),
    Outcome.UNCHANGED: gettext_lazy("未变"),
    Outcome.REFUSED: gettext_lazy("拒收"),
}
MAPPING_STATES = (
    ImportJobState.RECEIVED,
    ImportJobState.CHECKED,
    ImportJobState.FAILED,
    ImportJobState.CANCELLED,
    ImportJobState.UNDONE,
)


@may(*IMPORTS)
def import_list(request: HttpRequest) -> HttpResponse:
    """Every file that the person sent, newest first."""
    mine = ImportJob.objects.for_user(request.user)
    counts = dict(mine.order_by().values_list("state").annotate(Count("pk")))
    state = request.GET.get("state", "")
    rows = mine.filter(state=state) if state in ImportJobState.values else mine
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    for job in page:
        job.layer_label = layer_label(importers()[job.layer])
    choices = [(value, label, counts[value]) for value, label in ImportJobState.choices if counts.get(value)]
    busy = any(job.is_active for job in page)
    return render(request, "imports/list.html", {"page": page, "choices": choices, "busy": busy})


@may(*IMPORTS)
def import_new(request: HttpRequest) -> HttpResponse:
    """Send a file."""
    form = ImportFileForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = on_disk(values["file"], Path(folder) / "file")
                job = take_in_file(
                    path=path, name=values["file"].name, layer=values["layer"], options=form.reading(), by=request.user
                )
        except UnreadableFile as refusal:
            form.add_error("file", in_words(str(refusal)))
        except Refusal as refusal:
            form.add_error("layer", str(refusal))
        else:
            return redirect("import-detail", import_id=job.pk)
    context = {"form": form, "max_size": filesizeformat(MAX_UPLOAD_BYTES)}
    return render(request, "imports/new.html", context, status=422 if form.is_bound else 200)


@may(*IMPORTS)
def import_detail(request: HttpRequest, import_id: int) -> HttpResponse:
    """The columns to be looked at, then the work (asked for again every two seconds), then the report."""
    job = _mine(request, import_id)
    if request.htmx and not job.is_active:
        return HttpResponse(headers={"HX-Refresh": "true"})
    if request.htmx:
        return render(request, "imports/_progress.html", _context(job))
    form = ImportMappingForm(job=job, user=request.user) if job.state in MAPPING_STATES else None
    return _detail_page(request, job, form)


@may(*IMPORTS)
@require_POST
def import_start(request: HttpRequest, import_id: int) -> HttpResponse:
    """Begin, with the columns as they were looked at: a dry run or the import itself."""
    job = _mine(request, import_id)
    form = ImportMappingForm(request.POST, job=job, user=request.user)
    if not form.is_valid():
        return _detail_page(request, job, form, status=422)
    try:
        start_import(job=job, options=form.reading(), dry_run=request.POST.get("act") != "write", by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("import-detail", import_id=job.pk)


@may(*IMPORTS)
@require_POST
def import_cancel(request: HttpRequest, import_id: int) -> HttpResponse:
    """Stop an import; nothing of it stays."""
    job = _mine(request, import_id)
    try:
        cancel_import(job=job, by=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已取消，没有写入任何记录"))
    return redirect("import-detail", import_id=job.pk)


@may(*IMPORTS)
def import_undo(request: HttpRequest, import_id: int) -> HttpResponse:
    """Say in numbers what undoing does, or what stands against it; then do it."""
    job = _mine(request, import_id)
    if job.state != ImportJobState.DONE:
        return redirect("import-detail", import_id=job.pk)
    if request.method == "POST" and sum(job.counts.values()) > ROWS_FOR_A_JOB:
        try:
            start_undo(job=job, by=request.user)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect("import-detail", import_id=job.pk)
    if request.method == "POST":
        try:
            plan = undo_import(job=job, by=request.user)
        except CannotUndo as refusal:
            messages.error(request, str(refusal))
            return redirect("import-undo", import_id=job.pk)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            told = {"removed": len(plan.created), "restored": len(plan.changed)}
            messages.success(request, _("已撤销：删除 %(removed)s 条，恢复 %(restored)s 条") % told)
        return redirect("import-detail", import_id=job.pk)
    plan = plan_undo(job.run)
    return render(request, "imports/undo.html", {**_context(job), "plan": plan})


@may(*IMPORTS)
def report_csv(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """The row report as CSV, as it was written with the rows."""
    job = _mine(request, import_id)
    path = str(Path(job.stored_path).parent / CSV_NAME)
    return private_file(request, path, content_type="text/csv; charset=utf-8", download_name=f"import-{job.pk}.csv")


@may(*IMPORTS)
def report_xlsx(request: HttpRequest, import_id: int) -> HttpResponse:
    """The row report as a workbook in the reader's language."""
    job = _mine(request, import_id)
    lines = _in_words(job, read_report(file_of(job).parent))
    if not lines:
        raise Http404
    heads = [_("行"), _("编号"), _("结果"), _("列"), _("原因")]
    words = {outcome.value: str(word) for outcome, word in OUTCOME_WORDS.items()}
    return xlsx_answer(report_workbook(lines, heads, words), name=f"import-{job.pk}")


def _mine(request: HttpRequest, import_id: int) -> ImportJob:
    return get_scoped(ImportJob.objects.for_user(request.user).select_related("run"), pk=import_id)


def _context(job: ImportJob) -> dict[str, Any]:
    return {
        "job": job,
        "layer_label": layer_label(importers()[job.layer]),
        "progress": progress_of(job) if job.is_active else None,
        "unattended": job.is_active and not is_worker_alive(),
    }


def _detail_page(
    request: HttpRequest, job: ImportJob, form: ImportMappingForm | None, status: int = 200
) -> HttpResponse:
    lines = list(read_report(file_of(job).parent)) if job.counts else []
    outcome = request.GET.get("state", "")
    shown = [line for line in lines if line.outcome == outcome] if outcome in set(Outcome) else lines
    page = Paginator(shown, REPORT_ROWS).get_page(request.GET.get("page"))
    page.object_list = _in_words(job, page.object_list)
    context = {
        **_context(job),
        "form": form,
        "page": page,
        "choices": [
            (value.value, OUTCOME_WORDS[value], job.counts[value.value])
            for value in Outcome
            if job.counts.get(value.value)
        ],
        "figures": [(value.value, OUTCOME_WORDS[value], job.counts.get(value.value, 0)) for value in Outcome],
        "notes": [in_words(note) for note in job.notes],
        "error": in_words(job.error),
        "earlier": earlier_run(job) if form is not None else None,
        "refused": job.counts.get(Outcome.REFUSED.value, 0),
    }
    return render(request, "imports/detail.html", context, status=status)


def _in_words(job: ImportJob, lines: Iterable[ReportLine]) -> list[ReportLine]:
    """The lines as people read them: our column's label, the reason in their language."""
    importer = importers()[job.layer]
    return [
        replace(
            line,
            field=column_label(importer, line.field) if line.field else "",
            reason=in_words(line.reason),
        )
        for line in lines
    ]
