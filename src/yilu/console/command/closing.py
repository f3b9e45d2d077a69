"""The close-out report (结案报告): what the record of an incident says, as the paper takes it."""

from __future__ import annotations

from yilu.console.command.advice_rows import value_of as advice_of
from yilu.console.command.kept import seconds, value_of
from yilu.console.command.models import Advice, Incident
from yilu.console.command.pages import STEPS, last_count, now_s, scale_text, step_text
from yilu.console.naming import named
from yilu.console.pages.page import Ask
from yilu.documents import Document, Text
from yilu.supervision.handling.close_out import Paper, document
from yilu.supervision.handling.plans import for_province


def document_of(ask: Ask, record: Incident) -> Document:
    """The report of an incident."""
    names = named()
    counted = last_count(record)
    scale = scale_text(counted)
    facilities, lanes = counted.get("facilities", ()), counted.get("lanes", ())
    assert isinstance(facilities, list | tuple) and isinstance(lanes, list | tuple)
    paper = Paper(
        number=record.number, incident=value_of(record), area=Text(*names.of_area(record.area)), began_at=seconds(record.began_at), account=record.account,
        scale=Text(*scale) if scale else None,
        facilities=tuple((Text(*names.of_facility(f)), int(n)) for f, n in facilities),
        lanes=tuple((Text(*names.of_area(a)), Text(*names.of_area(b)), int(n)) for a, b, n in lanes),
        firms={f.operator: Text(*names.of_operator(f.operator)) for f in record.firms.all()},
        advice=tuple((Text(*names.of_operator(a.operator)), advice_of(a)) for a in ask.seen.records(Advice).filter(incident=record).order_by("issued_at")),
        timeline=tuple((seconds(s.at), s.user, Text(*STEPS.get(s.what, (s.what, s.what))), Text(s.text, s.more.get("en", s.text)) if s.text else Text(*step_text(s.what, s.more))) for s in record.steps.all()),
        means=tuple((m.what, m.amount, m.owner) for m in record.means.all()),
    )  # fmt: skip
    return document(paper, for_province(ask.seen.network.folder), ask.seen.network, now_s())
