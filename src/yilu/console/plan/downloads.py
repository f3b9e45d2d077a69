"""Papers of the plan as files: the report of an evaluation in Word or HTML, the next plan's draft as a folder in a ZIP."""

from __future__ import annotations

import io
import zipfile

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET

from yilu.console.access.gate import opens
from yilu.console.access.roles import EVERYBODY
from yilu.console.pages.naming import names_of
from yilu.console.pages.showing import asked
from yilu.console.plan import worked
from yilu.console.plan.judging import FORMS
from yilu.documents import Text, to_html, to_word
from yilu.errors import YiluError
from yilu.plan.draft.outline import files_of
from yilu.plan.evaluation import KINDS
from yilu.plan.evaluation.report import document

_WRITERS = {"docx": to_word, "html": to_html}
_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
}
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)


@opens(EVERYBODY)
def _report(request: HttpRequest, kind: str, year: int, language: str, form: str) -> HttpResponseBase:
    """The report of an evaluation; of the section that the query names."""
    if kind not in KINDS or language not in ("zh", "en") or form not in FORMS:
        raise Http404
    try:
        ask = asked(request, {})
        held = worked.papers(ask.seen)
        if held is None:
            raise Http404
        found, problems = worked.evaluation(ask.seen, held, kind, year, ask.filter.section)
        names = names_of(ask.seen.network)
        area = names.area.get(ask.seen.network.areas.index_of_code[held.area], (held.area, held.area))
        content = _WRITERS[form](document(found, Text(*area), problems), language)
    except YiluError as error:
        return refused(error)
    part = f"-{ask.filter.section}" if ask.filter.section else ""
    return file(content, _TYPES[form], f"{held.plan.name}-{kind}-{year}{part}-{language}.{form}")


@opens(EVERYBODY)
def _draft(request: HttpRequest, year: int, choose: str) -> HttpResponseBase:
    """The draft's plan folder."""
    if choose not in worked.CHOICES:
        raise Http404
    try:
        ask = asked(request, {})
        held = worked.papers(ask.seen)
        if held is None or not held.plan.baseline_year <= year <= held.known:
            raise Http404
        made = worked.drafted(ask.seen, held, year, choose)
        files = files_of(made, ask.seen.network)
    except YiluError as error:
        return refused(error)
    name = f"plan-{made.since + 1}-{made.to}"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(f"{name}/{path}", _ZIP_TIME), content)
    return file(out.getvalue(), "application/zip", f"{name}.zip")


def file(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file to keep; a browser doesn't open it as a page of the console."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def refused(error: YiluError) -> HttpResponse:
    """Why there is no file."""
    return JsonResponse({**error.record(), "status": 400}, status=400, content_type="application/problem+json")


report, draft = require_GET(_report), require_GET(_draft)
for _view, _inner in ((report, _report), (draft, _draft)):
    _view.access = _inner.access  # type: ignore[attr-defined]
