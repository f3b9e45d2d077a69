"""Settings: where a value comes from, and what is said of a wrong one."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.errors import SettingsError, YiluError
from yilu.settings import BY_NAME, SETTINGS, Settings, load

INTS = [s for s in SETTINGS if s.type == "int"]


def test_declaration_and_record_agree() -> None:
    """Each declared setting is an attribute, in the same order, so that none can be declared and not loaded."""
    assert [s.name for s in SETTINGS] == [f.name for f in fields(Settings)][:-1]


def test_defaults_are_valid_and_named_so() -> None:
    """Without any setting all values are the defaults, and say so."""
    settings = load({})
    assert all(settings.value(s.name) == s.default for s in SETTINGS)
    assert set(settings.sources.values()) == {"default"}


def test_environment_wins_over_file_over_default(tmp_path: Path) -> None:
    """The order in which places are asked, the command line first."""
    file = tmp_path / "mine.toml"
    file.write_text('buckets = 8\nthreads = 3\nmemory_mb = 500\nstore = "here"\n', encoding="utf-8")
    settings = load({"YILU_THREADS": "4", "YILU_MEMORY_MB": "600"}, file, memory_mb=700)
    assert (settings.buckets, settings.threads, settings.memory_mb) == (8, 4, 700)
    assert settings.store == tmp_path / "here", "a path in a file is relative to the file"
    assert settings.sources["buckets"] == f"file {file}"
    assert settings.sources["threads"] == "environment YILU_THREADS"
    assert settings.sources["memory_mb"] == "command line"


def test_file_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """YILU_SETTINGS names the file; without it yilu.toml of the current folder is read."""
    (tmp_path / "yilu.toml").write_text("threads = 5\n", encoding="utf-8")
    other = tmp_path / "other.toml"
    other.write_text("threads = 6\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load({}).threads == 5
    assert load({"YILU_SETTINGS": str(other)}).threads == 6


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("buckets", "3"),
        ("buckets", "0"),
        ("buckets", "8192"),
        ("threads", "-1"),
        ("threads", "two"),
        ("threads", ""),
        ("threads", "²"),
        ("language", "fr"),
        ("hash", "md5"),
        ("province", "  "),
    ],
)
def test_wrong_value_names_key_value_and_expectation(name: str, text: str) -> None:
    """A wrong value is refused with all that one needs to correct it."""
    with pytest.raises(SettingsError) as caught:
        load({BY_NAME[name].env: text})
    assert caught.value.exit_code == 2
    assert (caught.value.key, caught.value.value) == (name, text)
    assert BY_NAME[name].expected in caught.value.message
    assert BY_NAME[name].env in caught.value.message


def test_wrong_type_in_file(tmp_path: Path) -> None:
    """TOML's own types are held to the declaration too: true is no number."""
    file = tmp_path / "s.toml"
    file.write_text("threads = true\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        load({}, file)


@pytest.mark.parametrize("env", [{"YILU_BUKETS": "8"}, {"YILU_": "1"}])
def test_misspelt_variable_is_refused(env: dict[str, str]) -> None:
    """A misspelt setting would silently do nothing."""
    with pytest.raises(SettingsError):
        load(env)


def test_misspelt_key_in_file(tmp_path: Path) -> None:
    """So would a misspelt key of the file."""
    file = tmp_path / "s.toml"
    file.write_text("bukets = 8\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="bukets"):
        load({}, file)


@pytest.mark.parametrize("text", ["= 3", "\xff"])
def test_broken_file(tmp_path: Path, text: str) -> None:
    """A file that is no TOML is an error with a next step, not a traceback."""
    file = tmp_path / "s.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(YiluError) as caught:
        load({}, file)
    assert caught.value.next_step


def test_missing_named_file(tmp_path: Path) -> None:
    """A file that was named must be there."""
    with pytest.raises(YiluError, match="can't be read"):
        load({"YILU_SETTINGS": str(tmp_path / "none.toml")})


@given(st.sampled_from(INTS), st.integers(-(2**70), 2**70))
def test_integers_are_taken_exactly_within_bounds(setting: object, number: int) -> None:
    """Any whole number is either taken unchanged, when within the declared bounds, or refused."""
    declared = BY_NAME[setting.name]  # type: ignore[attr-defined]
    good = declared.least <= number <= declared.most and not (declared.power_of_two and number & (number - 1))
    if good:
        assert load({declared.env: str(number)}).value(declared.name) == number
    else:
        with pytest.raises(SettingsError):
            load({declared.env: str(number)})
