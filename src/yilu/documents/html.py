"""A document as one HTML file: no script, nothing fetched, charts drawn in it, A4 when printed, readable aloud."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from importlib.resources import files

from yilu.documents import svg, svg_plots
from yilu.documents.model import (
    GRAVITIES,
    LANGUAGES,
    Bars,
    Block,
    Callout,
    Chart,
    Document,
    Heading,
    Lines,
    Notes,
    Paragraph,
    Picture,
    Table,
    Text,
    bracketed,
    numbered,
    plotted,
    said,
)
from yilu.documents.widths import shares

_ADDRESS = re.compile(r"https?://\S+")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_DATA, _BASIS = Text("图中数据", "Data of the figure"), Text("口径：", "Basis: ")


def to_html(document: Document, language: str) -> bytes:
    """The document in ``language`` (zh, en), UTF-8; the same bytes for the same document."""
    title = escape(said(document.title, language))
    facts = "".join(
        f"<div><dt>{escape(said(label, language))}</dt><dd>{escape(said(value, language))}</dd></div>"
        for label, value in document.facts
    )
    body = "\n".join(
        _block(block, number, i, language) for i, (block, number) in enumerate(numbered(document, language))
    )
    return f"""<!DOCTYPE html>
<html lang="{LANGUAGES[language]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title} {escape(said(document.subtitle, language))}</title>
<style>
{_style()}</style>
</head>
<body>
<header>
<p class="issuer">{escape(said(document.issuer, language))}</p>
<h1>{title}</h1>
<p class="subtitle">{escape(said(document.subtitle, language))}</p>
<dl class="facts">{facts}</dl>
</header>
<main>
{body}
</main>
</body>
</html>
""".encode()


@lru_cache(maxsize=1)
def _style() -> str:
    return (files("yilu.documents") / "page.css").read_text(encoding="utf-8")


def _block(block: Block, number: str, i: int, language: str) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level + 1}>{number}{escape(said(block.text, language))}</h{block.level + 1}>"
    if isinstance(block, Paragraph):
        return f"<p>{escape(said(block.text, language))}</p>"
    if isinstance(block, Callout):
        sign, word = GRAVITIES[block.gravity]
        return (
            f'<p class="callout {block.gravity}"><span class="sign" aria-hidden="true">{sign}</span>'
            f"<strong>{escape(said(word, language))}</strong> {escape(said(block.text, language))}</p>"
        )
    if isinstance(block, Table):
        return _table(block, number, language)
    if isinstance(block, Picture):
        return _chart(block, number, i, language)
    assert isinstance(block, Notes)
    items = "".join(
        f"<div><dt>{escape(said(name, language))}</dt><dd>{escape(said(basis, language))}</dd></div>"
        for name, basis in block.items
    )
    return f'<dl class="notes">{items}</dl>'


def _table(table: Table, number: str, language: str) -> str:
    columns = "".join(f'<col style="width:{100 * share:.2f}%">' for share in shares(table, language))
    head = "".join(
        f'<th scope="col"{_right(c.number)}>{escape(said(c.title, language))}'
        + (f'<span class="unit">{escape(bracketed(c.unit, language))}</span>' if c.unit else "")
        + "</th>"
        for c in table.columns
    )
    rows = "\n".join(
        f"<tr{' class=strong' if r in table.strong else ''}>"
        + f'<th scope="row">{_cell(said(row[0], language))}</th>'
        + "".join(
            f"<td{_right(c.number)}>{_cell(said(cell, language))}</td>"
            for c, cell in zip(table.columns[1:], row[1:], strict=True)
        )
        + "</tr>"
        for r, row in enumerate(table.rows)
    )
    return (
        f"<table><caption>{number}{escape(said(table.caption, language))}</caption><colgroup>{columns}</colgroup>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>{_basis(table.basis, language)}"
    )


def _cell(text: str) -> str:
    """A cell's text, in which addresses of pages may break: columns are never narrower than their longest word."""
    return _ADDRESS.sub(lambda m: re.sub(r"(?<=[/?=.])(?=\w)", "<wbr>", m[0]), escape(text))


def _right(number: bool) -> str:
    return ' class="number"' if number else ""


def _basis(basis: str | Text, language: str) -> str:
    return f'<p class="basis">{said(_BASIS, language)}{escape(said(basis, language))}</p>' if basis else ""


def _drawn(picture: Picture, language: str, name: str) -> str:
    if isinstance(picture, Lines):
        return svg_plots.lines(picture, language, name)
    return svg_plots.bars(picture, language, name) if isinstance(picture, Bars) else svg.drawn(picture, language, name)


def _chart(chart: Picture, number: str, i: int, language: str) -> str:
    places = 0 if isinstance(chart, Chart) else chart.places
    series = plotted(chart)
    axis, unit = escape(said(chart.axis, language)), escape(bracketed(chart.unit, language))
    head = "".join(
        f'<th scope="col" class="number">{escape(said(s, language))}<span class="unit">{unit}</span></th>'
        for s, _ in series
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(said(c, language))}</th>'
        + "".join(f'<td class="number">{svg_plots.figure(values[k], places)}</td>' for _, values in series)
        + "</tr>"
        for k, c in enumerate(chart.categories)
    )
    caption = f"{number}{escape(said(chart.caption, language))}"
    return (
        f"<figure>{_drawn(chart, language, f'figure{i}')}<figcaption>{caption}</figcaption>"
        f"<details><summary>{said(_DATA, language)}</summary>"
        f'<table><thead><tr><th scope="col">{axis}</th>{head}</tr></thead><tbody>{rows}</tbody></table></details>'
        f"{_basis(chart.basis, language)}</figure>"
    )
