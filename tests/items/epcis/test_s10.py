"""S10 check digits against published numbers and an independent one-number implementation."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.items import s10

VALID = ["LX050606084NL", "RB123456785GB", "EE876543216CA", "RR473124829GB", "CP123456785US", "rb 123-456-785 gb"]
WRONG = ["LX050606085NL", "RB123456784GB", "EE876543210CA"]
MISSHAPEN = ["", "RB12345678GB", "RB1234567850GB", "1B123456785GB", "RB12345678XGB", "RB123456785G1", "SF1234567890123"]


def reference(number: str) -> bool:
    """The check written out for one number, straight from the rule."""
    n = number.replace(" ", "").replace("-", "").upper()
    if len(n) != 13 or not (n[:2] + n[11:]).isalpha() or not n[2:11].isdigit() or not n.isascii():
        return False
    rest = 11 - sum(int(d) * w for d, w in zip(n[2:10], [8, 6, 4, 2, 3, 5, 9, 7], strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest) == int(n[10])


def test_published_numbers_pass_and_wrong_digits_fail() -> None:
    """Numbers printed in public documents verify; the same with another check digit, or another shape, do not."""
    assert s10.is_s10(VALID).all()
    assert not s10.is_s10(WRONG).any()
    assert s10.looks_like_s10(VALID + WRONG).all()
    assert not s10.looks_like_s10(MISSHAPEN).any()
    assert not s10.is_s10(MISSHAPEN).any()


def test_the_number_with_country_xx_is_well_formed() -> None:
    """RB123456785XX has the right check digit; only the list of countries tells that XX is none."""
    assert s10.is_s10(["RB123456785XX"]).all()
    assert s10.known_country(["RB123456785XX", "RB123456785GB", "LX050606084NL", "nonsense"]).tolist() == [
        False,
        True,
        True,
        False,
    ]


def test_every_remainder_has_its_digit() -> None:
    """Remainders 1 and 0 give the special digits 0 and 5 (11 − 1 = 10 → 0, 11 − 0 = 11 → 5)."""
    serials = np.arange(0, 5000)
    got = s10.check_digit(serials)
    for serial, digit in zip(serials, got, strict=True):
        assert reference(f"RA{serial:08d}{digit}GB")
    assert s10.check_digit(np.array([0]))[0] == 5


def test_serial_out_of_range_is_refused() -> None:
    """A serial number of nine digits is an error, not a wrong digit."""
    with pytest.raises(ValueError, match="eight digits"):
        s10.check_digit(np.array([100_000_000]))


@given(
    st.lists(st.one_of(st.from_regex(r"\A[A-Za-z]{2}[0-9]{9}[A-Z]{2}\Z"), st.text(max_size=16), st.none()), max_size=30)
)
def test_columns_agree_with_one_number_at_a_time(numbers: list[str | None]) -> None:
    """Any column (nulls, empty, foreign letters, too long) gives what the written-out rule gives number by number."""
    column = pa.array(numbers, pa.string())
    want = [n is not None and reference(n) for n in numbers]
    assert s10.is_s10(column).tolist() == want
    assert (
        s10.is_s10(pa.chunked_array([column, column]).slice(len(numbers) // 2)).tolist()
        == (want + want)[len(numbers) // 2 :]
    )
    assert s10.is_s10(column.dictionary_encode()).tolist() == want
