"""The program: exit codes and messages, seen from outside."""

from __future__ import annotations

import errno
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys

import pytest

from yilu import cli
from yilu.cli import app as program
from yilu.cli import commands
from yilu.errors import EXIT_CODES, InputError, StoreError, YiluError


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run yilu as a person would."""
    command = [sys.executable, "-m", "yilu.cli.app", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env, timeout=120, check=False)


def left_with(monkeypatch: pytest.MonkeyPatch, raised: BaseException, *arguments: str) -> int:
    """The exit code of a run whose command raises ``raised``."""

    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(program, "app", fail)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as leaving:
        program.main(list(arguments))
    signal.signal(signal.SIGTERM, before)
    assert isinstance(leaving.value.code, int)
    return leaving.value.code


def test_settings_answers_in_json() -> None:
    """`--json` prints one document and nothing else on standard output."""
    ran = run("settings", "--json", YILU_THREADS="3")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["threads"] == {
        "value": 3,
        "source": "environment YILU_THREADS",
        "unit": "threads",
        "env": "YILU_THREADS",
    }


def test_wrong_setting_leaves_with_2_and_a_next_step() -> None:
    """A wrong setting ends the command before it does anything."""
    ran = run("settings", YILU_BUCKETS="3")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "buckets" in ran.stderr and "→" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_wrong_setting_in_json() -> None:
    """Machines get the same error as a record."""
    ran = run("settings", "--json", YILU_BUCKETS="3")
    assert ran.returncode == 2
    assert json.loads(ran.stderr)["exit_code"] == 2


@pytest.mark.parametrize("arguments", [("sttings",), ("settings", "--al"), ("item",), ("network", "chek")])
def test_refused_command_line_in_json(arguments: tuple[str, ...]) -> None:
    """A command line that is refused is a record for machines too."""
    ran = run(*arguments, "--json")
    assert (ran.returncode, ran.stdout) == (2, "")
    record = json.loads(ran.stderr)
    assert record["exit_code"] == 2 and record["message"] and record["next_step"]


def test_help_and_version_leave_with_0() -> None:
    """Asking how it is used is no error, with --json either."""
    for arguments in (("--version",), ("settings", "--help"), ("settings", "--json", "--help")):
        assert run(*arguments).returncode == 0


@pytest.mark.parametrize(("language", "chinese"), [("zh", True), ("en", False)])
def test_errors_speak_the_language_that_is_set(language: str, chinese: bool) -> None:
    """Chinese first with the English beside it, or English alone."""
    ran = run("item", "0" * 16, "--store", "nowhere", "--province", "nowhere", YILU_LANGUAGE=language)
    assert ran.returncode in EXIT_CODES and ran.returncode != 0
    said = ran.stderr.splitlines()[0]
    assert said.startswith("✗ ")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said) == chinese
    assert "→" in ran.stderr


def test_each_command_is_of_the_module_that_is_loaded_for_it() -> None:
    """What a module registers is what is told of it before it is loaded, and no module that registers commands is left out."""
    told: dict[str, set[str]] = {}
    for name, module in commands.MODULES.items():
        told.setdefault(module, set()).add(name)
    assert {module: set(commands.of_module(module)) for module in told} == told
    every = {module.name for module in pkgutil.iter_modules(cli.__path__)}
    assert {name for name in every if hasattr(importlib.import_module(f"yilu.cli.{name}"), "register")} == set(told)


def test_a_command_loads_nothing_of_others() -> None:
    """Settings are told without compilers, solvers and Django, which take seconds to load."""
    code = "import sys\nfrom yilu.cli.app import main\ntry:\n    main(['settings', '--json'])\nfinally:\n    print(*sys.modules, file=sys.stderr)\n"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not {"numba", "scipy", "django", "duckdb", "docx"} & set(ran.stderr.split()) and "typer" in ran.stderr


def test_unknown_command() -> None:
    """A misspelt command is a usage error."""
    assert run("sttings").returncode == 2


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (YiluError("x"), 2),
        (InputError("a.csv", "a time", row=3, column="at", value="x"), 3),
        (StoreError("x"), 4),
        (OSError(errno.ENOSPC, "No space left on device"), 4),
        (OSError(errno.EROFS, "Read-only file system", "store"), 4),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.csv"), 3),
        (SystemExit(130), 5),
        (ZeroDivisionError("x"), 6),
    ],
)
def test_exit_codes(monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int) -> None:
    """Each way to fail has its documented code."""
    assert left_with(monkeypatch, raised) == code
    assert code in EXIT_CODES


def test_error_tells_file_row_column_value(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An input error says where, what was there, and what was expected, square brackets included."""
    left_with(monkeypatch, InputError("a[1].csv", "a time [UTC]", row=3, column="at", value="[red]"))
    assert "a[1].csv, row 3, column at: got '[red]', expected a time [UTC]" in capsys.readouterr().err


def test_being_asked_to_end_is_an_interruption() -> None:
    """SIGTERM leaves with the code that means: give the command again."""
    code = (
        "import os, signal, typer\n"
        "from yilu.cli import app as program\n"
        "program.app = typer.Typer()\n"
        "@program.app.command()\n"
        "def wait() -> None:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "program.main([])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 5, ran.stderr
    assert "Traceback" not in ran.stderr
