"""A chart drawn as SVG, for a page: columns by category, series told apart by fill and hatching as well as by colour."""

from __future__ import annotations

from html import escape

from yilu.documents.model import Bars, Chart, Lines, said
from yilu.documents.scale import ticks

COLOURS: tuple[str, ...] = ("1F4E79", "C55A11", "548235", "7F6000", "6B3FA0")
"""Colours of series, RRGGBB; each has 3:1 at least against white (WCAG 1.4.11)."""
WIDE = 720.0
"""Width of every drawing, in its own units."""
_HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 270.0, 62.0, 8.0, 34.0, 44.0
_MOST_LABELS = 24


def drawn(chart: Chart, language: str, name: str) -> str:
    """The chart as an SVG element; ``name`` begins the ids in it, unique on the page."""
    marks = ticks(chart.highest, least=1.0)  # columns are counts
    top = marks[-1]
    wide, high = WIDE - _LEFT - _RIGHT, _HIGH - _TOP - _BOTTOM
    step = wide / max(1, len(chart.categories))
    bar = 0.76 * step / max(1, len(chart.series))

    def y(value: float) -> float:
        return _TOP + high * (1 - value / top)

    lines = "".join(
        f'<line x1="{_LEFT:.0f}" x2="{WIDE - _RIGHT:.0f}" y1="{y(m):.1f}" y2="{y(m):.1f}" class="grid"/>'
        f'<text x="{_LEFT - 6:.0f}" y="{y(m) + 4:.1f}" text-anchor="end">{m:,.0f}</text>'
        for m in marks
    )
    bars = "".join(
        f'<rect x="{_LEFT + k * step + 0.12 * step + s * bar:.1f}" y="{y(v):.1f}" width="{bar:.1f}" height="{high * v / top:.1f}" '
        f'fill="{_fill(name, s)}" stroke="#{COLOURS[s % len(COLOURS)]}" stroke-width="0.8"/>'
        for s, series in enumerate(chart.series)
        for k, v in enumerate(series.values)
        if v
    )
    every = -(-len(chart.categories) // _MOST_LABELS)
    labels = "".join(
        f'<text x="{_LEFT + (k + 0.5) * step:.1f}" y="{_HIGH - _BOTTOM + 16:.0f}" text-anchor="middle">{escape(said(c, language))}</text>'
        for k, c in enumerate(chart.categories)
        if k % every == 0
    )
    axis = (
        f'<text x="{_LEFT + wide / 2:.0f}" y="{_HIGH - 8:.0f}" text-anchor="middle">{escape(said(chart.axis, language))}</text>'
        f'<text x="4" y="14">{escape(said(chart.unit, language))}</text>'
    )
    patterns = "".join(_pattern(name, s) for s in range(1, len(chart.series)))
    held = f"<defs>{patterns}</defs>{lines}{bars}{labels}{axis}{_legend(chart, language, name)}"
    return framed(chart, language, name, _HIGH, held)


def framed(chart: Chart | Lines | Bars, language: str, name: str, high: float, held: str) -> str:
    """What is drawn as an SVG element of a height, with title and description for those who don't see it."""
    return (
        f'<svg viewBox="0 0 {WIDE:.0f} {high:.0f}" role="img" aria-labelledby="{name}t {name}d" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{name}t">{escape(said(chart.caption, language))}</title><desc id="{name}d">{escape(said(chart.summary, language))}</desc>{held}</svg>'
    )


def _fill(name: str, s: int) -> str:
    return f"#{COLOURS[0]}" if s == 0 else f"url(#{name}p{s})"


def _pattern(name: str, s: int) -> str:
    """Hatching of the series ``s``, each at another angle."""
    return (
        f'<pattern id="{name}p{s}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate({45 * s})">'
        f'<rect width="4" height="4" fill="#fff"/><rect width="2.2" height="4" fill="#{COLOURS[s % len(COLOURS)]}"/></pattern>'
    )


def _legend(chart: Chart, language: str, name: str) -> str:
    """Names of series from the right end of the top, beside a sample of their fill."""
    out, x = "", WIDE - _RIGHT
    for s in reversed(range(len(chart.series))):
        text = said(chart.series[s].name, language)
        x -= sum(13 if ord(sign) > 0x2E7F else 7 for sign in text) + 26
        out += (
            f'<rect x="{x:.0f}" y="5" width="14" height="11" fill="{_fill(name, s)}" stroke="#{COLOURS[s % len(COLOURS)]}"/>'
            f'<text x="{x + 19:.0f}" y="15">{escape(text)}</text>'
        )
    return out
