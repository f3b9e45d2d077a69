"""``yilu user``: accounts of the console, from a terminal: the first administrator is made here."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from yilu.cli.output import Json, print_json, print_table, say
from yilu.console import ready
from yilu.errors import YiluError
from yilu.settings import load

app = typer.Typer(name="user", help="控制台账号 · Accounts of the console.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="账号 · Account.")]


class AccountError(YiluError):
    """There is no such account, or it can't be as asked."""

    exit_code = 3


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="角色 · Role, as administrator, duty, supervisor, carrier.")],
    area: Annotated[
        list[str] | None,
        typer.Option(
            help="行政区划代码,可多次给出;不给为全省 · Area's code, may be repeated; the whole province, if not given."
        ),
    ] = None,
    operator: Annotated[str, typer.Option(help="企业代码(企业用户) · Operator's code, of a carrier's user.")] = "",
    right: Annotated[list[str] | None, typer.Option(help="附加权限 · Further right, as approver.")] = None,
    as_json: Json = False,
) -> None:
    """新建账号,初始密码只显示一次 · Make an account; its password is shown once."""
    ready.records()
    from yilu.console.accounts.forms import UserForm
    from yilu.console.accounts.models import User
    from yilu.console.accounts.passwords import renew
    from yilu.console.audit.recording import fields_of
    from yilu.console.records.accounts import USERS
    from yilu.console.records.resource import form_of

    given = _Given(username=name, role=role, areas=area or [], operator=operator, rights=right or [], is_active="on", reason="-")  # fmt: skip
    form: UserForm = form_of(USERS, None, given)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise AccountError(f"{field}: {' '.join(map(str, errors))}", next_step="`yilu user add --help` shows what may be given.")  # fmt: skip
    user: User = form.save(commit=False)
    password = renew(user)
    _saved(user, "users.add", None, fields_of)
    _show_password(user, password, as_json)


class _Given(dict[str, Any]):
    """What a form is sent, from a terminal."""

    def getlist(self, name: str) -> list[str]:
        """All values of a field."""
        value = self.get(name, [])
        return value if isinstance(value, list) else [value]


@app.command(name="list")
def list_accounts(as_json: Json = False) -> None:
    """列出账号 · List accounts."""
    ready.records()
    from yilu.console.accounts.models import User

    rows = list(User.objects.values("username", "role", "areas", "operator", "rights", "is_active", "last_login"))
    if as_json:
        print_json(rows)
        return
    zh = load().language == "zh"
    titles = ("账号", "角色", "地区", "企业", "附加权限", "启用", "最近登录") if zh else ("account", "role", "areas", "operator", "rights", "active", "last login")  # fmt: skip
    print_table("账号" if zh else "Accounts", titles, [[" ".join(v) if isinstance(v, list) else v for v in r.values()] for r in rows])  # fmt: skip


@app.command()
def disable(
    name: Name,
    enable: Annotated[bool, typer.Option("--enable", help="重新启用 · Switch it on again instead.")] = False,
    as_json: Json = False,
) -> None:
    """停用账号,立即结束其会话 · Switch an account off; its sessions end at once."""
    ready.records()
    from yilu.console.audit.recording import fields_of

    user = _known(name)
    before = fields_of(user)
    user.is_active = enable
    _saved(user, "users.change", before, fields_of)
    if as_json:
        print_json({"username": name, "is_active": enable})
    else:
        say("✓")


@app.command()
def password(name: Name, as_json: Json = False) -> None:
    """重置密码,新密码只显示一次 · Give an account a fresh password, shown once."""
    ready.records()
    from yilu.console.accounts.passwords import renew
    from yilu.console.audit.recording import fields_of

    user = _known(name)
    fresh = renew(user)
    _saved(user, "users.renew", None, fields_of)
    _show_password(user, fresh, as_json)


def _known(name: str) -> Any:
    from yilu.console.accounts.models import User

    user = User.objects.filter(username=name).first()
    if user is None:
        raise AccountError("there is no such account", zh="没有此账号", next_step="`yilu user list` shows all.", next_step_zh="yilu user list 列出全部账号")  # fmt: skip
    return user


def _saved(user: Any, what: str, before: dict[str, Any] | None, fields_of: Any) -> None:
    """Save it with its entry in the audit: who did it is the account of the operating system."""
    from django.db import transaction

    from yilu.console.audit.recording import added

    with transaction.atomic():
        user.save()
        added(f"terminal:{getpass.getuser()}", "", what, "users", str(user.pk), before, fields_of(user))


def _show_password(user: Any, password: str, as_json: bool) -> None:
    if as_json:
        print_json({"username": user.username, "password": password})
        return
    zh = load().language == "zh"
    print_table("", ("账号", "初始密码") if zh else ("account", "password"), [(user.username, password)])
    say("只显示这一次;首次登录须修改" if zh else "Shown this once; it must be changed at the first login")


def register(program: typer.Typer) -> None:
    """Add the group of commands to ``program``."""
    program.add_typer(app, name="user")
