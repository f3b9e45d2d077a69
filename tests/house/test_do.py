"""`./do`: what it runs, and what it says where it can't."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SHELLS = [s for s in ("sh", "dash", "bash", "busybox") if shutil.which(s)]
UV = """#!/bin/sh
case "$1 ${2:-}" in
"--version "*) echo "uv 0" ;;
"venv "*)
    for last; do :; done
    mkdir -p "$last/bin"
    for name in python yilu ruff mypy lint-imports; do
        printf '#!/bin/sh\\necho "%s $*"\\n' $name >"$last/bin/$name"
        chmod +x "$last/bin/$name"
    done ;;
esac
echo "uv $*" >>uv-was-asked
echo "index=${UV_DEFAULT_INDEX:-} extra=${UV_INDEX:-} cache=${UV_CACHE_DIR:-}" >>uv-was-told
"""


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    """A folder with just what `do` needs, in a path with a blank."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    shutil.copy(root / "do", folder)
    shutil.copy(root / "pyproject.toml", folder)
    shutil.copytree(root / "requirements", folder / "requirements")
    uv = folder / "fake-uv"
    uv.write_text(UV, encoding="utf-8")
    uv.chmod(0o755)
    return folder


def do(clone: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `./do` from another folder with next to no environment."""
    clean = {"PATH": os.defpath, "HOME": str(clone), "YILU_UV": str(clone / "fake-uv")} | env
    return subprocess.run(
        [str(clone / "do"), *arguments], cwd="/", env=clean, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_posix(root: Path, shell: str) -> None:
    """Every shell of the machine can read it."""
    command = [shell, "sh", "-n"] if shell == "busybox" else [shell, "-n"]
    for script in ("do", ".ci/run"):
        ran = subprocess.run([*command, str(root / script)], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert os.access(root / script, os.X_OK)


def test_set_up_happens_once_and_again_when_the_lock_changes(clone: Path) -> None:
    """The environment is stamped with what it was made of."""
    asked = clone / "uv-was-asked"
    assert do(clone, "settings").returncode == 0
    first = asked.read_text(encoding="utf-8")
    assert "--require-hashes" in first and "lock.txt" in first and "bench.txt" not in first
    do(clone, "settings")
    assert asked.read_text(encoding="utf-8") == first
    with (clone / "requirements" / "lock.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    do(clone, "settings")
    assert len(asked.read_text(encoding="utf-8")) > len(first)


def test_anything_else_goes_to_yilu_unchanged(clone: Path) -> None:
    """Arguments with blanks, stars and options arrive as they were given."""
    ran = do(clone, "ingest", "a file*.csv", "--mapping", "x y")
    assert (ran.returncode, ran.stdout) == (0, "yilu ingest a file*.csv --mapping x y\n")


def test_checks_and_tests(clone: Path) -> None:
    """`test` is all checks and then the tests, with further arguments for the tests."""
    lines = do(clone, "test", "tests/house").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ruff", "ruff", "mypy", "lint-imports", "python"]
    assert lines[-1].startswith("python -m pytest -n 2 ") and lines[-1].endswith(" tests/house")


def test_a_failing_check_fails_the_whole(clone: Path) -> None:
    """A check that fails is not forgotten for the ones after it, and no test hides it."""
    do(clone, "settings")
    (clone / ".venv/bin/mypy").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    ran = do(clone, "test")
    assert ran.returncode == 1
    assert "lint-imports" in ran.stdout and "pytest" not in ran.stdout


def test_benchmarks(clone: Path) -> None:
    """`bench` runs a module of benchmarks/, with the engines to compare with; a name that isn't there is refused."""
    (clone / "benchmarks").mkdir()
    for name in ("province_day", "soak_kill"):
        (clone / "benchmarks" / f"{name}.py").touch()
    assert do(clone, "bench", "province-day", "--quick").stdout == "python -m benchmarks.province_day --quick\n"
    assert "bench.txt" in (clone / "uv-was-asked").read_text(encoding="utf-8")
    assert do(clone, "soak", "kill").stdout == "python -m benchmarks.soak_kill\n"
    for wrong in (("bench", "none"), ("bench",)):
        ran = do(clone, *wrong)
        assert ran.returncode == 2
        assert "→" in ran.stderr


def test_wrong_uv_is_named(clone: Path) -> None:
    """A uv that was named and isn't there is an error with a next step."""
    ran = do(clone, "settings", YILU_UV="/nowhere/uv")
    assert ran.returncode == 2
    assert "YILU_UV" in ran.stderr and "→" in ran.stderr


def test_machine_without_python(clone: Path) -> None:
    """Without any Python and uv the message says what to install."""
    bare = clone / "bin"
    bare.mkdir()
    for name in ("sh", "dirname", "cat", "cksum", "mkdir", "tail"):
        (bare / name).symlink_to(shutil.which(name) or "")
    ran = do(clone, "settings", YILU_UV="", PATH=str(bare))
    assert ran.returncode == 2
    assert "no Python 3 found" in ran.stderr and "→" in ran.stderr


def test_mirrors_of_pip_are_used(clone: Path) -> None:
    """An index that only pip was told of serves uv too, for uv reads nothing of pip's."""
    do(clone, "settings", PIP_INDEX_URL="https://mirror.invalid/a", PIP_EXTRA_INDEX_URL="https://mirror.invalid/b")
    told = (clone / "uv-was-told").read_text(encoding="utf-8")
    assert "index=https://mirror.invalid/a extra=https://mirror.invalid/b " in told


def test_mirrors_of_uv_stand_first(clone: Path) -> None:
    """Where uv itself was told of an index, pip's is not mixed in."""
    do(clone, "settings", UV_DEFAULT_INDEX="https://mirror.invalid/u", PIP_EXTRA_INDEX_URL="https://mirror.invalid/b")
    told = (clone / "uv-was-told").read_text(encoding="utf-8")
    assert "index=https://mirror.invalid/u extra= " in told


def test_user_without_a_home(clone: Path) -> None:
    """A service's user has no home: downloads then lie in .uv."""
    do(clone, "settings", HOME="")
    assert f"cache={clone}/.uv/cache" in (clone / "uv-was-told").read_text(encoding="utf-8")
