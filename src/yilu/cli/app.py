"""``yilu``: the program. Ties the commands together and turns errors into messages and exit codes."""

from __future__ import annotations

import errno
import signal
import sys
import traceback
from types import FrameType
from typing import Annotated

import typer

from yilu import __version__
from yilu.cli.commands import LoadedWhenAsked
from yilu.cli.output import print_error
from yilu.errors import YiluError
from yilu.settings import BY_NAME, load

app = typer.Typer(
    name="yilu",
    cls=LoadedWhenAsked,
    help="驿路:省级邮政规划的运行软件 · yilu runs a province's postal plan.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"yilu {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="显示版本 · Show the version.")
    ] = False,
) -> None:
    """驿路:省级邮政规划的运行软件 · yilu runs a province's postal plan."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Being asked to end is an interruption like Ctrl-C: work is left so that it can go on."""
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> None:
    """Run ``yilu`` with ``arguments`` (the command line without them) and leave with a documented exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    signal.signal(signal.SIGTERM, _stop)
    try:
        # For people typer itself shows how a command is used; for machines its refusal becomes a record below.
        left = app(given, prog_name="yilu", standalone_mode=not as_json)
        sys.exit(left if isinstance(left, int) else 0)
    except SystemExit as leaving:
        if leaving.code != 130:
            raise
        error: YiluError = YiluError("interrupted", next_step="Give the same command again to go on.", exit_code=5)
    except YiluError as raised:
        error = raised
    except OSError as raised:
        error = _of_system(raised)
    except Exception as raised:
        error = _of_usage(raised) or _fault()
    print_error(error, as_json, _language())
    sys.exit(error.exit_code)


def _of_usage(raised: Exception) -> YiluError | None:
    """A command line that typer refuses, or None; the class of its refusals has no public name."""
    told = getattr(raised, "format_message", None)
    if told is None:
        return None
    return YiluError(str(told()), next_step="`yilu COMMAND --help` shows arguments and options.")


def _fault() -> YiluError:
    """What nobody foresaw, with its lines for the report."""
    traceback.print_exc()
    return YiluError("a fault of yilu itself", next_step="Report the lines above.", exit_code=6)


def _language() -> str:
    """The language that is set; where the settings themselves are wrong, the default, which shows both."""
    try:
        return load().language
    except YiluError:
        return str(BY_NAME["language"].default)


def _of_system(error: OSError) -> YiluError:
    """What the operating system refused, in the shape of every other error."""
    of_store = error.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO)
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    step = "Free space, or make the folder writable." if of_store else "Check the path and its permissions."
    return YiluError(what, next_step=step, exit_code=4 if of_store else 3)


if __name__ == "__main__":
    main()
