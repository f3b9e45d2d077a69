"""Figures as text, marks of Chinese text, scales of charts, the model's own checks, and files that are whole or not there."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.documents import Callout, Chart, Column, Heading, Series, Table, Text
from yilu.documents.figures import amount, count, growth, points, share
from yilu.documents.model import both, chinese, joined, said
from yilu.documents.saving import save
from yilu.documents.scale import STEPS, ticks
from yilu.documents.typography import chinese_marks
from yilu.errors import YiluError


def test_figures_as_text() -> None:
    """Thousands apart, signs of change, a dash for nothing, and 100 % only where nothing is lacking."""
    assert [count(n) for n in (None, 0, 1234567, 2.6)] == ["–", "0", "1,234,567", "3"]
    assert [share(r) for r in (None, 0.0, 0.99999, 1.0)] == ["–", "0.00%", "99.99%", "100.00%"]
    assert [amount(v) for v in (None, 0.456, 12.34)] == ["–", "0.46", "12.3"]
    assert [growth(*p) for p in ((110, 100), (90, 100), (100, 100), (1, 0), (None, 3), (3, None))] == ["+10.0%", "−10.0%", "0.0%", "–", "–", "–"]  # fmt: skip
    assert points(0.98, 0.9751) == Text("+0.49个百分点", "+0.49 pp") and points(None, 1.0) == "–"
    assert points(0.980001, 0.98) == Text("0.00个百分点", "0.00 pp"), "nothing is shown as a change that is none"


@pytest.mark.parametrize(
    ("typed", "set_as"),
    [
        ("昨日(6月4日),全省收寄1,234件;投递12件", "昨日（6月4日），全省收寄1,234件；投递12件"),
        ("准时率(投递)97.03%,比上日提高", "准时率（投递）97.03%，比上日提高"),
        ("提高5.58%;72小时准时率", "提高5.58%；72小时准时率"),
        ("数据截至:6月5日 08:20", "数据截至：6月5日 08:20"),
        ("Items 1,234, up (5 %)", "Items 1,234, up (5 %)"),
        ("见 A(B) 与 1:1,000", "见 A(B) 与 1:1,000"),
        ("", ""),
    ],
)
def test_marks_of_chinese_text(typed: str, set_as: str) -> None:
    """Full-width in Chinese, untouched within figures, times, Latin words and English text; setting twice changes nothing."""
    assert chinese_marks(typed) == set_as == chinese_marks(set_as)


def test_words_in_two_languages() -> None:
    """Templates and lists take their parts in the language; a plain text is the same in both."""
    made = both("{a}有{n}件", "{n} items in {a}", a=Text("深圳", "Shenzhen"), n="3")
    assert (said(made, "zh"), said(made, "en"), said("3", "zh")) == ("深圳有3件", "3 items in Shenzhen", "3")
    assert joined([made, "x"], "、", ", ") == Text("深圳有3件、x", "3 items in Shenzhen, x")
    assert [chinese(n) for n in (1, 9, 10, 11, 20, 35)] == ["一", "九", "十", "十一", "二十", "三十五"]


@given(st.floats(1e-3, 1e12))
def test_a_scale_reaches_its_highest_value_in_few_round_steps(highest: float) -> None:
    """From 0 in equal steps of 1, 2 or 5 times a power of ten to no more than one step above the highest."""
    marks = ticks(highest)
    step = marks[1]
    assert marks[0] == 0 and 2 <= len(marks) <= STEPS + 2
    assert highest <= marks[-1] * (1 + 1e-9) and marks[-1] - highest < step * (1 + 1e-9)
    assert round(step / 10 ** math.floor(math.log10(step) + 1e-9), 6) in (1, 2, 5, 10)
    assert ticks(0) == (0.0, 1.0)


def test_a_scale_of_counts_has_whole_steps() -> None:
    """One scan a day doesn't stand on lines of fifths that all read 0 or 1."""
    assert (ticks(1, least=1.0), ticks(3, least=1.0)) == ((0.0, 1.0), (0.0, 1.0, 2.0, 3.0))
    assert ticks(214, least=1.0) == ticks(214)


def test_a_document_that_cannot_be_is_refused() -> None:
    """A row of other length than its head, a series unlike its categories, a negative column, an unknown gravity or level."""
    with pytest.raises(ValueError, match="row 0 has 2 cells, 1 are"):
        Table("t", (Column("a"),), (("1", "2"),))
    with pytest.raises(ValueError, match="1 values, 2"):
        Chart("c", "x", "y", ("1", "2"), (Series("s", (1.0,)),), "")
    with pytest.raises(ValueError, match="negative"):
        Chart("c", "x", "y", ("1",), (Series("s", (-1.0,)),), "")
    with pytest.raises(ValueError, match="one of calm"):
        Callout("loud", "x")
    with pytest.raises(ValueError, match="1 or 2"):
        Heading("x", 3)


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the file before it as it was, no part of the new one, and says where and what to do."""
    path = save(tmp_path / "new" / "folder", "a.html", b"first")
    assert path.read_bytes() == b"first"

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(YiluError) as raised:
        save(path.parent, "a.html", b"second")
    assert raised.value.exit_code == 3 and raised.value.next_step_zh and "a.html" in raised.value.message
    assert [p.name for p in path.parent.iterdir()] == ["a.html"] and path.read_bytes() == b"first"
