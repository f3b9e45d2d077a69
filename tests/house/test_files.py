"""What no file of the project may hold, and how large one may be."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

MOST_LINES = 500
# Spelt in pieces, so that this file doesn't hold what it looks for.
INDEX_HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "npm" + "mirror",
    "tuna." + "tsinghua",
    "mirrors." + "aliyun",
]
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|root|home|opt|mnt|Users)/\w")
LEFT_UNDONE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|NotImplemented" + r"Error")
NO_TEST = re.compile(r"mark\.(?:skip|xf" + r"ail)\b|mark\.skipif")


def tracked(root: Path) -> list[Path]:
    """Files under version control, or, outside of a clone, all that are not ignored by habit."""
    if (root / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True, check=True
        ).stdout
        return [root / name for name in listed.split("\0") if name and (root / name).is_file()]
    return [p for p in root.rglob("*") if p.is_file() and not any(part.startswith(".") for part in p.parts)]


def texts(root: Path) -> Iterator[tuple[Path, str]]:
    """Tracked files that are text, with it."""
    for path in tracked(root):
        try:
            yield path.relative_to(root), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def lines_with(root: Path, found: re.Pattern[str], among: str = "") -> list[str]:
    """file:line of every match in tracked text files whose path begins with ``among``."""
    return [
        f"{path}:{number}"
        for path, text in texts(root)
        if path.as_posix().startswith(among)
        for number, line in enumerate(text.splitlines(), 1)
        if found.search(line)
    ]


def test_no_package_index_is_named(root: Path) -> None:
    """Set-up must work behind any mirror, so no file names one."""
    assert lines_with(root, re.compile("|".join(map(re.escape, INDEX_HOSTS)))) == []


def test_no_path_of_a_machine(root: Path) -> None:
    """Nothing depends on where it was made."""
    assert lines_with(root, MACHINE_PATH) == []


def test_the_searches_find_what_they_look_for() -> None:
    """The patterns above match what they are meant for, and nothing near it."""
    assert MACHINE_PATH.search("see /" + "work/main") and MACHINE_PATH.search('"/' + 'home/ann"')
    assert not MACHINE_PATH.search("https://a.b/home/x") and not MACHINE_PATH.search("docs/work/x")
    assert LEFT_UNDONE.search("# TO" + "DO: later") and not LEFT_UNDONE.search("mastodon")


@pytest.mark.parametrize(("name", "least"), [("lock.txt", 21), ("bench.txt", 21), ("raptor.txt", 3)])
def test_lock_files_hold_hashes_and_no_addresses(root: Path, name: str, least: int) -> None:
    """Every part is pinned with the hashes of its files, and none says where it is from."""
    text = (root / "requirements" / name).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) >= least
    assert [
        e.split("\n")[0] for e in entries if not re.match(r"[\w.\[\]-]+==\S+", e) or "--hash=sha256:" not in e
    ] == []


def test_lock_of_browser_libraries_holds_hashes_and_no_addresses(root: Path) -> None:
    """Every npm package is pinned with its hash, and none says where it is from; npm is told to write it so."""
    text = (root / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: p for name, p in json.loads(text)["packages"].items() if name}
    assert len(packages) > 10 and "://" not in re.sub(r'"(?:url|homepage)": "[^"]*"', "", text)
    assert [name for name, p in packages.items() if not p["integrity"].startswith("sha512-") or "resolved" in p] == []
    assert "omit-lockfile-registry-resolved=true" in (root / ".npmrc").read_text(encoding="utf-8")


def test_lock_of_browser_libraries_satisfies_their_list(root: Path) -> None:
    """Each library that package.json asks for is locked, with a bound on its major; no package may run a script when it is fetched."""
    asked = json.loads((root / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = {**asked["dependencies"], **asked["devDependencies"]}
    assert {f"node_modules/{name}" for name in wanted} <= set(locked) and all(
        v.startswith(("^", "npm:")) for v in wanted.values()
    )
    assert locked[""]["dependencies"] == asked["dependencies"]
    assert "npm ci --ignore-scripts" in (root / "do").read_text(encoding="utf-8")


def test_lock_satisfies_the_project_file(root: Path) -> None:
    """Each part that the project file asks for is locked; a new one can't be forgotten."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"lock.txt": ["dev", "docs"], "bench.txt": ["bench"]}
    for name, extras in groups.items():
        locked = set(
            re.findall(r"^([\w.-]+)==", (root / "requirements" / name).read_text(encoding="utf-8"), re.MULTILINE)
        )
        asked = [*project["dependencies"], *(d for e in extras for d in project["optional-dependencies"][e])]
        assert {re.split(r"[\[><=~]", d)[0] for d in asked} <= locked


def test_bench_lock_agrees_with_the_lock(root: Path) -> None:
    """A benchmark measures the same parts that everything else runs with."""
    versions = [
        dict(
            re.findall(r"^([\w.-]+)==([^\s;]+)", (root / "requirements" / n).read_text(encoding="utf-8"), re.MULTILINE)
        )
        for n in ("lock.txt", "bench.txt")
    ]
    assert {n: v for n, v in versions[1].items() if versions[0].get(n, v) != v} == {}


def test_every_part_has_an_upper_bound(root: Path) -> None:
    """Majors are pinned; a table of time zones alone may always be newer."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(d for e in project["optional-dependencies"].values() for d in e)]
    assert [d for d in asked if "<" not in d and not d.startswith("tzdata")] == []


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks"])
def test_no_file_is_too_long(root: Path, folder: str) -> None:
    """A file past 500 lines is two files."""
    counted = {
        str(p.relative_to(root)): len(p.read_text(encoding="utf-8").splitlines()) for p in (root / folder).rglob("*.py")
    }
    assert {name: n for name, n in counted.items() if n > MOST_LINES} == {}


def test_nothing_is_left_undone(root: Path) -> None:
    """What is written is finished; what isn't is not written."""
    assert [
        hit for folder in ("src", "tests", "benchmarks", "do") for hit in lines_with(root, LEFT_UNDONE, folder)
    ] == []


def test_no_test_is_switched_off(root: Path) -> None:
    """A test is skipped only at run time, for an input that is not there, saying which."""
    assert lines_with(root, NO_TEST, "tests") == []


def test_every_test_says_what_it_guards(root: Path) -> None:
    """Each test function and each test module has a docstring."""
    silent = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(f"{path.relative_to(root)}")
        silent += [
            f"{path.relative_to(root)}::{node.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
        ]
    assert silent == []


def test_every_module_and_public_function_says_what_it_is(root: Path) -> None:
    """Each module, public class and public function of src has a docstring; migrations are made by Django."""
    silent = []
    for path in sorted(p for p in (root / "src").rglob("*.py") if "migrations" not in p.parts):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(str(path.relative_to(root)))
        silent += [
            f"{path.relative_to(root)}::{node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert silent == []


def test_test_modules_have_names_of_their_own(root: Path) -> None:
    """Two test modules of one name can't be told apart when pytest loads them."""
    names = [p.name for p in (root / "tests").rglob("test_*.py")]
    assert sorted({n for n in names if names.count(n) > 1}) == []


def test_everything_but_kernels_is_typed(root: Path) -> None:
    """In modules where mypy lets functions stand untyped, those that do are numba kernels; and no other module holds a kernel."""
    config = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
    lenient = {m for o in config if o.get("disallow_untyped_defs") is False for m in o["module"]}
    with_kernels, untyped = set(), []
    for path in sorted((root / "src").rglob("*.py")):
        module = ".".join(path.relative_to(root / "src").with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            if any("njit" in ast.unparse(d) or "intrinsic" in ast.unparse(d) for d in node.decorator_list):
                with_kernels.add(module)
            elif node.returns is None and module in lenient:
                untyped.append(f"{module}.{node.name}")
    assert untyped == []
    assert with_kernels == lenient, "the list in pyproject.toml names just the modules with kernels"


def test_package_data_goes_into_the_wheel(root: Path) -> None:
    """No table or mapping under src is ignored by git: what git ignores the wheel leaves out."""
    data = [p for p in (root / "src").rglob("*") if p.suffix in {".csv", ".toml"}]
    assert data
    if not (root / ".git").exists():
        pytest.skip("not a clone: there is no version control to ask")
    asked = subprocess.run(
        ["git", "-C", str(root), "check-ignore", *map(str, data)], capture_output=True, text=True, check=False
    )
    assert asked.stdout == ""
