"""Two languages: every text of the console has its English, once, and nothing is said in one language alone."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.console.texts import CONSOLE, HAN, bare_words, english, marked, of_code, of_template

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")


def test_every_text_has_its_english_once() -> None:
    """A text without English would stand in Chinese on an English page; one in two catalogues would be changed in one of them alone."""
    times = Counter(text for _, text, _, _ in english())
    assert {t: f for t, f in marked().items() if times[t] == 0} == {}, "texts without English in locale/en/*.po"
    assert [t for t, n in times.items() if n > 1] == [], "texts that stand in more than one catalogue"


def test_no_english_is_left_over() -> None:
    """A catalogue holds no text that the console no longer says."""
    used = marked()
    assert [(file, text) for file, text, _, _ in english() if text not in used] == []


def test_english_is_english_and_complete() -> None:
    """Each has words, none of them Chinese, is sure, and holds what is filled in."""
    wrong = []
    for file, text, said, unsure in english():
        if not said.strip() or HAN.search(said) or unsure:
            wrong.append((file, text, said))
        if sorted(_PLACEHOLDER.findall(text)) != sorted(_PLACEHOLDER.findall(said)):
            wrong.append((file, text, said))
    assert wrong == []


def test_source_texts_are_chinese() -> None:
    """What is marked in code and templates is Chinese; the console's own language is not a mix."""
    assert [(t, f) for t, f in marked().items() if not HAN.search(t)] == []


def test_no_template_says_words_that_no_tag_translates() -> None:
    """Words of a page, and of what a screen reader reads, go through a tag."""
    found = {p.name: bare_words(p.read_text(encoding="utf-8")) for p in CONSOLE.rglob("*.html")}
    assert {name: words for name, words in found.items() if words} == {}


def test_no_script_says_words_of_its_own() -> None:
    """Scripts take their words from the page, which is in the reader's language."""
    scripts = list((CONSOLE / "static" / "yilu").rglob("*.js"))
    code = {p.name: re.sub(r"//.*|/\*.*?\*/", "", p.read_text(encoding="utf-8")) for p in scripts}
    assert scripts and [name for name, text in code.items() if HAN.search(text)] == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ("<p>你好</p>", ["你好"]),
        ("<button title='Close'>{% translate '关闭' %}</button>", ["Close"]),
        ("<p>{% translate '你好' %} {{ name }} &nbsp; <kbd>Ctrl K</kbd></p>", []),
        ("{% blocktranslate with n=1 %}共 {{ n }} 行{% endblocktranslate %}<script>let a = 1</script>", []),
    ],
)
def test_what_counts_as_bare(template: str, found: list[str]) -> None:
    """The search finds words in text and in attributes that are read, and nothing in tags, scripts and entities."""
    assert bare_words(template) == found


def test_what_counts_as_marked() -> None:
    """Both ways to mark a text are found: in code, and in all tags of templates."""
    assert of_code("x = _('甲')\ny = gettext_lazy('乙')\nz = f('丙')") == {"甲", "乙"}
    source = "{% translate '甲' %}{% blocktranslate with n=x %}乙 {{ n }}{% endblocktranslate %}<a>{{ _('丙') }}</a>"
    assert of_template(source) == {"甲", "乙 %(n)s", "丙"}
