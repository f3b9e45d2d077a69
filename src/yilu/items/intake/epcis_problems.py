"""What is wrong with an EPCIS document, said in both languages; what is gathered while it is checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from yilu.errors import should_be

MAX_PROBLEMS = 50
_SAID = 3
Pair = tuple[str, str]
"""A text in Chinese and English."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, what was expected, and the value if its field may be shown."""

    path: str
    expected: Pair
    value: str = ""

    def __str__(self) -> str:
        shown = f" (found {self.value!r})" if self.value else ""
        return f"{self.path}: {self.expected[1]} is expected{shown}"

    @property
    def zh(self) -> str:
        """The same in Chinese."""
        shown = f"(现为 {self.value!r})" if self.value else ""
        return f"{self.path}:{should_be(self.expected[0])}{shown}"


class EpcisRefused(ValueError):
    """A document that is not valid EPCIS 2.0 and was refused whole; ``problems`` says why, ``zh`` in Chinese."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first, left = problems[:_SAID], len(problems) - _SAID
        more, more_zh = (f"; and {left} more", f";另有 {left} 处") if left > 0 else ("", "")
        super().__init__("EPCIS document refused: " + "; ".join(str(p) for p in first) + more)
        self.zh = "EPCIS 文档整份拒收:" + ";".join(p.zh for p in first) + more_zh


class Enough(Exception):
    """The bound of problems is reached."""


@dataclass
class Notes:
    """The problems found so far; gathering ends at ``MAX_PROBLEMS``."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, path: str, expected: Pair, value: object = None) -> None:
        """Note one. Raises Enough at the bound."""
        shown = (
            "" if value is None else str(value)[:64] if isinstance(value, (str, int, float)) else type(value).__name__
        )
        # What a path points at is never shown unless the caller passes it; control characters never are.
        self.problems.append(Problem(path, expected, "".join(c for c in shown if c.isprintable())))
        if len(self.problems) >= MAX_PROBLEMS:
            raise Enough
