"""Lines and lying bars drawn as SVG, for a page: told apart by dash and marker as well as by colour, each named where it stands."""

from __future__ import annotations

from html import escape

from yilu.documents.model import Bars, Lines, said
from yilu.documents.scale import decimals, ticks
from yilu.documents.svg import COLOURS, WIDE, framed

_HIGH, _LEFT, _RIGHT, _TOP, _BOTTOM = 290.0, 62.0, 190.0, 28.0, 44.0
_DASHES = {"solid": "", "dashed": ' stroke-dasharray="7 4"', "dotted": ' stroke-dasharray="1.5 4"'}
_APART = 14.0
"""Least distance of two names at the ends of lines."""
_NAMES, _ROW, _FIGURES = 232.0, 30.0, 74.0
"""Width of the names beside bars, height of a row, room for figures at the end of bars."""


def figure(value: float | None, places: int) -> str:
    """A figure of a chart, thousands apart; a dash where there is none."""
    return "–" if value is None else f"{value:,.{places}f}".replace("-", "−")


def lines(chart: Lines, language: str, name: str) -> str:
    """Lines with a marker at each value and their names at their ends; a year without a value is a gap."""
    marks = ticks(chart.highest)
    high, wide = _HIGH - _TOP - _BOTTOM, WIDE - _LEFT - _RIGHT
    step = wide / max(1, len(chart.categories))

    def y(value: float) -> float:
        return _TOP + high * (1 - value / marks[-1])

    def x(k: int) -> float:
        return _LEFT + (k + 0.5) * step

    grid = "".join(
        f'<line x1="{_LEFT:.0f}" x2="{_LEFT + wide:.0f}" y1="{y(m):.1f}" y2="{y(m):.1f}" class="grid"/>'
        f'<text x="{_LEFT - 6:.0f}" y="{y(m) + 4:.1f}" text-anchor="end">{m:,.{decimals(marks[1])}f}</text>'
        for m in marks
    )
    labels = "".join(
        f'<text x="{x(k):.1f}" y="{_HIGH - _BOTTOM + 16:.0f}" text-anchor="middle">{escape(said(c, language))}</text>'
        for k, c in enumerate(chart.categories)
    )
    drawn, ends = "", []
    for i, line in enumerate(chart.lines):
        at = [(k, v) for k, v in enumerate(line.values) if v is not None]
        colour = COLOURS[i % len(COLOURS)]
        runs = _runs([k for k, _ in at])
        drawn += "".join(
            f'<polyline points="{" ".join(f"{x(k):.1f},{y(dict(at)[k]):.1f}" for k in run)}" fill="none" stroke="#{colour}" stroke-width="2"{_DASHES[line.dash]}/>'
            for run in runs
        )
        drawn += "".join(_marker(i, x(k), y(v), colour) for k, v in at if line.dash != "dotted" or len(at) == 1)
        if at:
            k, value = at[-1]
            text = f"{said(line.name, language)} {figure(value, chart.places)}"
            if k == len(chart.categories) - 1:
                ends.append((y(value), x(k), text, colour))
            else:
                drawn += _there(chart, i, x(k), y(value), k, text, colour)
    named = "".join(
        f'<line x1="{from_x + 6:.1f}" y1="{from_y:.1f}" x2="{_LEFT + wide + 4:.0f}" y2="{at_y:.1f}" stroke="#{colour}" stroke-width="0.6"/>'
        f'<text x="{_LEFT + wide + 8:.0f}" y="{at_y + 4:.1f}" fill="#{colour}">{escape(text)}</text>'
        for (from_y, from_x, text, colour), at_y in _spread(ends)
    )
    axis = (
        f'<text x="{_LEFT + wide / 2:.0f}" y="{_HIGH - 8:.0f}" text-anchor="middle">{escape(said(chart.axis, language))}</text>'
        f'<text x="4" y="14">{escape(said(chart.unit, language))}</text>'
    )
    return framed(chart, language, name, _HIGH, f"{grid}{labels}{axis}{drawn}{named}")


def bars(chart: Bars, language: str, name: str) -> str:
    """Bars from a line at 0, hatched where negative, each with its name before and its figure behind it."""
    low, high = min(0.0, *chart.values, 0.0), max(0.0, *chart.values, chart.mark[0] if chart.mark else 0.0)
    left = _NAMES + (_FIGURES if low < 0 else 8)
    scale = (WIDE - _FIGURES - left) / ((high - low) or 1.0)
    tall = _ROW * len(chart.categories) + 30
    zero = left - low * scale
    rows = ""
    for k, (category, value) in enumerate(zip(chart.categories, chart.values, strict=True)):
        top, long = 26 + k * _ROW, abs(value) * scale
        begin = zero if value >= 0 else zero - long
        fill = f"#{COLOURS[0]}" if value >= 0 else f"url(#{name}n)"
        anchor, beside = ("start", zero + long + 5) if value >= 0 else ("end", zero - long - 5)
        rows += (
            f"{_name(said(category, language), top + _ROW / 2)}"
            f'<rect x="{begin:.1f}" y="{top + 5:.1f}" width="{long:.1f}" height="{_ROW - 10:.1f}" fill="{fill}" stroke="#{COLOURS[0]}" stroke-width="0.8"/>'
            f'<text x="{beside:.1f}" y="{top + _ROW / 2 + 4:.1f}" text-anchor="{anchor}" paint-order="stroke" stroke="#fff" stroke-width="3">{figure(value, chart.places)}</text>'
        )
    pattern = (
        f'<defs><pattern id="{name}n" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="#fff"/>'
        f'<rect width="2" height="5" fill="#{COLOURS[0]}"/></pattern></defs>'
    )
    axis = f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="24" y2="{tall - 4:.0f}" stroke="#1a1a1a" stroke-width="1"/><text x="4" y="14">{escape(said(chart.unit, language))}</text>'
    mark = ""
    if chart.mark is not None:
        at = zero + chart.mark[0] * scale
        mark = (
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="20" y2="{tall - 4:.0f}" stroke="#B01117" stroke-width="1.4" stroke-dasharray="6 3"/>'
            f'<text x="{at:.1f}" y="14" text-anchor="middle" fill="#B01117">{escape(said(chart.mark[1], language))}</text>'
        )
    return framed(chart, language, name, tall, f"{pattern}{mark}{rows}{axis}")


def _runs(at: list[int]) -> list[list[int]]:
    """Neighbouring categories in a row, each run of two or more a line of its own."""
    out: list[list[int]] = []
    for k in at:
        if out and out[-1][-1] == k - 1:
            out[-1].append(k)
        else:
            out.append([k])
    return [run for run in out if len(run) > 1]


def _marker(i: int, x: float, y: float, colour: str) -> str:
    """A circle, square, triangle, diamond or cross, open from the second on, so that grey print tells them apart."""
    style = f'fill="{f"#{colour}" if i == 0 else "#fff"}" stroke="#{colour}" stroke-width="1.6"'
    shapes = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {style}/>',
        f'<rect x="{x - 3.6:.1f}" y="{y - 3.6:.1f}" width="7.2" height="7.2" {style}/>',
        f'<path d="M{x:.1f} {y - 4.6:.1f} L{x + 4.4:.1f} {y + 3.6:.1f} L{x - 4.4:.1f} {y + 3.6:.1f} Z" {style}/>',
        f'<path d="M{x:.1f} {y - 5:.1f} L{x + 5:.1f} {y:.1f} L{x:.1f} {y + 5:.1f} L{x - 5:.1f} {y:.1f} Z" {style}/>',
        f'<path d="M{x - 4:.1f} {y - 4:.1f} L{x + 4:.1f} {y + 4:.1f} M{x - 4:.1f} {y + 4:.1f} L{x + 4:.1f} {y - 4:.1f}" {style}/>',
    )
    return shapes[i % len(shapes)]


def _there(chart: Lines, i: int, x: float, y: float, k: int, text: str, colour: str) -> str:
    """The name of a line that ends within the chart, at its end: below it where another line runs above."""
    own = chart.lines[i].values[k] or 0.0
    over = any((line.values[k] or 0.0) > own for line in chart.lines)
    halo = 'paint-order="stroke" stroke="#fff" stroke-width="3"'
    return f'<text x="{x:.1f}" y="{y + (20 if over else -10):.1f}" text-anchor="middle" fill="#{colour}" {halo}>{escape(text)}</text>'


def _spread(ends: list[tuple[float, float, str, str]]) -> list[tuple[tuple[float, float, str, str], float]]:
    """Each end with a height for its name, so that no two lie on one another."""
    out: list[tuple[tuple[float, float, str, str], float]] = []
    for end in sorted(ends):
        out.append((end, max(end[0], out[-1][1] + _APART) if out else end[0]))
    over = max(0.0, out[-1][1] - (_HIGH - _BOTTOM)) if out else 0.0
    return [(end, at - over) for end, at in out]


def _wide(text: str) -> float:
    return sum(12.5 if ord(sign) > 0x2E7F else 6.4 for sign in text)


def _name(text: str, middle: float) -> str:
    """A name before its bar, on two lines where it is too long for one."""
    parts = [text]
    if _wide(text) > _NAMES - 8:
        cut = next(i for i in range(len(text), 0, -1) if _wide(text[:i]) <= _NAMES - 8)
        cut = text.rfind(" ", 0, cut) + 1 or cut
        parts = [text[:cut].rstrip(), text[cut:]]
    first = middle + 4 - 6.5 * (len(parts) - 1)
    return "".join(
        f'<text x="{_NAMES:.0f}" y="{first + 13 * i:.1f}" text-anchor="end">{escape(part)}</text>'
        for i, part in enumerate(parts)
    )
