"""Reference pages of the console, made of its declarations: roles, screens, deeds, records, addresses. A test holds that each says what it is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

Table = Callable[[Sequence[str], Iterable[Sequence[object]]], str]


def set_up() -> None:
    """Make Django ready, where it is not: with records of its own, which go with the process, since nothing of them is looked at."""
    from django.apps import apps

    if apps.ready:
        return
    place = tempfile.TemporaryDirectory(prefix="yilu-reference-")
    kept = os.environ.get("YILU_RECORDS")
    os.environ["YILU_RECORDS"] = place.name
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yilu.console.configuration")
    import django

    django.setup()
    _PLACES.append(place)
    if kept is None:
        del os.environ["YILU_RECORDS"]
    else:
        os.environ["YILU_RECORDS"] = kept


_PLACES: list[Any] = []
"""Folders that live as long as the process."""


def roles_page(table: Table) -> str:
    """Roles and rights: what each is for, what it sees, which places of the menu it opens."""
    set_up()
    from yilu.console import urls  # noqa: F401 - declares the screens
    from yilu.console.access.roles import RIGHTS, ROLES
    from yilu.console.pages.frame import MENU
    from yilu.console.pages.showing import SCREENS

    rows = []
    for r in ROLES.values():
        opened = [p.page for p in MENU if p.page in SCREENS and r.id in SCREENS[p.page].roles]
        sees = [
            n
            for n, on in (
                ("supervision", r.supervision),
                ("statistics-only", r.statistics),
                ("firms by name", r.brands),
            )
            if on
        ]
        rows.append(
            (
                f"`{r.id}`",
                *said(r.name),
                said(r.means)[1],
                ", ".join(sees) or "–",
                ", ".join(f"`{n}`" for n in opened) or "–",
            )
        )
    rights = [(f"`{id}`", *said(name)) for id, name in RIGHTS.items()]
    return f"""# Roles 角色

A user has one role, areas (none: the whole province), a carrier's user its operator, and rights beside. What the role doesn't open is refused; what is opened is narrowed to the user's
areas and operator: [the console](../explain/console.md).

{table(("role", "角色", "name", "what for", "sees", "places of the menu"), rows)}
## Rights 附加权限

{table(("right", "权限", "name"), rights)}"""


def screens_page(table: Table) -> str:
    """Screens, deeds and records of the console, and the addresses beside them, each in the order of its addresses: that of declaring follows imports."""
    set_up()
    from yilu.console import urls  # noqa: F401 - declares the screens
    from yilu.console.pages.showing import DEEDS, SCREENS
    from yilu.console.records.resource import RESOURCES

    of_records = set(RESOURCES)
    screens = [
        (f"`{s.name}`", f"`/{s.route}{'/' if s.route else ''}`", _roles(s.roles), told(s.show, s.name))
        for s in sorted(SCREENS.values(), key=lambda s: s.route)
        if s.name.split(".")[0] not in of_records or _own(s.show)
    ]
    deeds = [
        (f"`{d.name}`", f"`/{d.route}/`", _roles(d.roles), told(d.do, d.name))
        for d in sorted(DEEDS.values(), key=lambda d: d.route)
        if d.name.split(".")[0] not in of_records or _own(d.do)
    ]
    records = [
        (
            f"`{r.name}`", *said(r.title), first_line(r.model.__doc__), _roles(r.read), _roles(r.write), ", ".join(f"`{n}`" for n in r.columns),
            ", ".join(f"`{n}`" for n in r.form) or "–",
        )
        for r in sorted(RESOURCES.values(), key=lambda r: r.name)
    ]  # fmt: skip
    others = [(f"`/{route}`", who, what) for route, who, what in sorted(_others({*SCREENS, *DEEDS}))]
    return f"""# Screens 页面

Each screen has its address, the same with `.json` (all that it shows) and with `.csv?table=NAME` (one of its tables). The filter stands in the address: `area`, `operator`, `level`, `since`,
`until`, `side`, `indicator`, `rule`, `severity`, `life`, `state`, `q`, `page`. What a role doesn't open is answered by 403, what is out of scope as if it weren't there.

{table(("screen", "address", "roles", "what it shows"), screens)}
## Deeds 操作

What changes something takes a POST, asks for a reason, and leaves an entry in the audit record.

{table(("deed", "address", "roles", "what it does"), deeds)}
## Records 记录

Each type has a list at `/records/NAME/`, a page, a form, its history, and all of it as JSON and CSV.

{table(("records", "记录", "name", "what one is", "read by", "written by", "columns", "form"), records)}
## Other addresses 其他地址

{table(("address", "open to", "what for"), others)}"""


def said(text: Any) -> tuple[str, str]:
    """A text in both languages."""
    from django.utils import translation

    both = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            both.append(str(text))
    return both[0], both[1]


def first_line(text: str | None) -> str:
    """The first line of a docstring; "" where there is none."""
    return (text or "").strip().split("\n")[0]


def told(of: Callable[..., Any], name: str) -> str:
    """What a screen or a deed says that it is. Raises ValueError where it says nothing."""
    line = first_line(of.__doc__)
    if not line:
        raise ValueError(f"{name} has no docstring")
    return line


def _own(of: Callable[..., Any]) -> bool:
    """Whether a screen or deed is one of its own, not made by a declaration of records."""
    return of.__name__ != "<lambda>"


def _roles(roles: frozenset[str]) -> str:
    from yilu.console.access.roles import EVERYBODY, ROLES

    if roles >= set(ROLES):
        return "all"
    if roles >= EVERYBODY:
        return ", ".join(["all with a seat", *sorted(f"`{r}`" for r in roles - EVERYBODY)])
    return ", ".join(f"`{r}`" for r in ROLES if r in roles)


def _others(known: set[str]) -> Iterator[tuple[str, str, str]]:
    """(route, open to, what for) of addresses that no screen or deed makes."""
    from django.urls import URLResolver, get_resolver

    def walk(patterns: Any, before: str) -> Iterator[tuple[str, str, str]]:
        for p in patterns:
            route = before + str(p.pattern)
            if isinstance(p, URLResolver):
                yield from walk(p.url_patterns, route)
                continue
            name = str(p.name or "").removesuffix(".json").removesuffix(".csv")
            if name in known:
                continue
            access = getattr(p.callback, "access", None)
            who = (
                "–"
                if access is None
                else "anybody"
                if access.public
                else "who has a key, or has logged in"
                if access.within
                else _roles(access.roles)
            )
            yield route, who, first_line(p.callback.__doc__)

    yield from walk(get_resolver().url_patterns, "")
