"""What a pulse means for one scope: as the browser shows it, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import translation

from yilu.console.access.narrowing import narrow
from yilu.console.languages import EN, ZH
from yilu.console.live.watching import Pulse
from yilu.console.overview import alerts, headline
from yilu.console.pages.writing import FORMS, said
from yilu.console.seen import Seen

MOST_NEW = 20
"""Alerts that are announced one by one; of more, how many there are."""


@dataclass(frozen=True)
class Message:
    """``body``: what is shown; ``appeared``: (commit at which it was first seen, id, what is said of it) of each alert in scope."""

    commit: int
    body: dict[str, Any]
    appeared: tuple[tuple[int, str, str], ...] = ()

    def since(self, commit: int) -> dict[str, Any]:
        """The body for who has seen everything up to ``commit``, with the alerts that are new to them."""
        new = [(id, text) for at, id, text in self.appeared if at > commit]
        return {**self.body, "new": [{"id": i, "text": t} for i, t in new[:MOST_NEW]], "new_count": len(new)}


def message(seen: Seen, zh: bool, pulse: Pulse) -> Message:
    """What ``seen`` sees of the pulse."""
    with translation.override(ZH if zh else EN):
        mine: Pulse = narrow(pulse, seen.scope)
        figures = {f.name: FORMS[f.form](f.value) for f in headline.figures(seen)}
        if mine.rate is not None:
            figures["rate"] = FORMS["short"](mine.rate)
        body: dict[str, Any] = {"commit": mine.commit, "as_of": FORMS["time"](seen.as_of), "figures": figures}
        if not seen.scope.role.supervision:
            return Message(mine.commit, body)
        told = alerts.told(seen)
        rows = alerts.rows(seen, told[: alerts.MOST])
        body["alerts"] = {
            "rows": [
                {"id": r["id"], "severity": r["severity"], "address": r["address"], "cells": [[c.form, FORMS[c.form](r[c.name])] for c in alerts.COLUMNS]}
                for r in rows
            ],
            "more": max(0, len(told) - alerts.MOST),
            "total": len(told),
        }  # fmt: skip
        fresh = [a for a in told if mine.appeared.get(a.id)]
        spoken = [
            (mine.appeared[r["id"]], str(r["id"]), " · ".join(said(r[n]) for n in ("severity_name", "rule", "facility") if r[n]))
            for r in alerts.rows(seen, fresh)
        ]  # fmt: skip
        return Message(mine.commit, body, tuple(spoken))
