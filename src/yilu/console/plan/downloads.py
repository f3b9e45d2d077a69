"""Papers of the plan as files: the report of an evaluation in Word or HTML, the next plan's draft as a folder in a ZIP."""

from __future__ import annotations

import io
import zipfile

from django.http import Http404

from yilu.console.access.roles import EVERYBODY
from yilu.console.pages.files import File, handed_out, of_document
from yilu.console.pages.naming import names_of
from yilu.console.pages.page import Ask
from yilu.console.plan import worked
from yilu.console.plan.judging import FORMS
from yilu.documents import Text
from yilu.plan.draft.outline import files_of
from yilu.plan.evaluation import KINDS
from yilu.plan.evaluation.report import document

_ZIP_TIME = (2000, 1, 1, 0, 0, 0)


@handed_out("plan.report", EVERYBODY, "plan/evaluation/<str:kind>-<int:year>-<str:language>.<str:form>")
def report(ask: Ask) -> File:
    """The report of an evaluation; of the section that the query names."""
    kind, year, language, form = (ask.given[n] for n in ("kind", "year", "language", "form"))
    if kind not in KINDS or language not in ("zh", "en") or form not in FORMS:
        raise Http404
    held = worked.papers(ask.seen)
    if held is None:
        raise Http404
    found, problems = worked.evaluation(ask.seen, held, kind, year, ask.filter.section)
    area = names_of(ask.seen.network).area.get(ask.seen.network.areas.index_of_code[held.area], (held.area, held.area))
    part = f"-{ask.filter.section}" if ask.filter.section else ""
    return of_document(
        document(found, Text(*area), problems), f"{held.plan.name}-{kind}-{year}{part}", form, language == "zh"
    )


@handed_out("plan.draft.zip", EVERYBODY, "plan/draft/<int:year>-<str:choose>.zip")
def draft(ask: Ask) -> File:
    """The draft's plan folder."""
    year, choose = ask.given["year"], ask.given["choose"]
    if choose not in worked.CHOICES:
        raise Http404
    held = worked.papers(ask.seen)
    if held is None or not held.plan.baseline_year <= year <= held.known:
        raise Http404
    made = worked.drafted(ask.seen, held, year, choose)
    name = f"plan-{made.since + 1}-{made.to}"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files_of(made, ask.seen.network).items()):
            archive.writestr(zipfile.ZipInfo(f"{name}/{path}", _ZIP_TIME), content)
    return File(f"{name}.zip", out.getvalue(), "zip")
