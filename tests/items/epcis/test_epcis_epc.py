"""GS1 identifiers: URN and Digital Link of one thing give one number, different things different numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yilu.items.intake.epcis_epc import check_digit, identify, location

# Pairs printed in GS1's Tag Data Standard and example documents: pure identity URN, element string as a Digital Link.
PAIRS = [
    ("urn:epc:id:sgtin:0614141.812345.6789", "https://id.gs1.org/01/80614141123458/21/6789"),
    ("urn:epc:id:sscc:0614141.1234567890", "https://id.gs1.org/00/106141412345678908"),
    ("urn:epc:id:sscc:4012345.0000000333", "https://id.gs1.org/00/040123450000003338"),
    ("urn:epc:id:grai:0614141.12345.400", "https://id.gs1.org/8003/00614141123452400"),
    ("urn:epc:id:giai:0614141.12345400", "https://id.gs1.org/8004/061414112345400"),
    ("urn:epc:id:gsrn:0614141.1234567890", "https://id.gs1.org/8018/061414112345678902"),
    ("urn:epc:id:gdti:0614141.12345.400", "https://id.gs1.org/253/0614141123452400"),
    ("urn:epc:id:sgcn:4012345.67890.04711", "https://id.gs1.org/255/401234567890104711"),
    ("urn:epc:id:ginc:0614141.xyz3311cba", "https://id.gs1.org/401/0614141xyz3311cba"),
    ("urn:epc:id:gsin:0614141.123456789", "https://id.gs1.org/402/06141411234567890"),
    ("urn:epc:id:cpi:0614141.123ABC.123456789", "https://id.gs1.org/8010/0614141123ABC/8011/123456789"),
    ("urn:epc:id:itip:4012345.012345.01.02.987", "https://id.gs1.org/8006/040123451234560102/21/987"),
    (
        "urn:epc:id:upui:1234567.089456.51qIgY)%3C%26Jp3*j7SDB",
        "https://id.gs1.org/01/01234567894560/235/51qIgY)%3C%26Jp3*j7SDB",
    ),
]


@pytest.mark.parametrize(("urn", "link"), PAIRS)
def test_urn_and_digital_link_give_one_number(urn: str, link: str) -> None:
    """Every kind of GS1 key that may name an item gives the same number in both forms, as one instance."""
    assert identify(urn) == identify(link)
    assert identify(urn).instance


def test_an_sscc_is_its_bare_digits() -> None:
    """An SSCC meets the same number in a carrier's own file."""
    assert identify("urn:epc:id:sscc:0614141.1234567890").number == "106141412345678908"


def test_any_domain_path_stem_lot_and_query() -> None:
    """A Digital Link may stand under any domain and path, carry a lot beside the serial, a query and a fragment."""
    plain = identify("https://id.gs1.org/01/80614141123458/21/6789")
    assert identify("http://shop.example/some/path/01/80614141123458/10/LOT1/21/6789?linkType=x#y") == plain
    assert identify("https://id.gs1.org/01/0614141812347/21/1").number == "01/00614141812347/21/1"


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:class:lgtin:4012345.012345.998877",
        "urn:epc:idpat:sgtin:4012345.066666.*",
        "https://id.gs1.org/01/70614141123451/10/998877",
        "https://id.gs1.org/01/09521141012345",
        "https://id.gs1.org/8003/00614141123452",
    ],
)
def test_classes_are_not_items(uri: str) -> None:
    """A product, a lot or a pattern names no single item."""
    assert not identify(uri).instance


def test_own_prefix_gives_the_carriers_waybill_number() -> None:
    """What stands behind a feed's own prefix is the number as the carrier writes it elsewhere."""
    got = identify("https://carrier.example/waybill/LX050606084NL", ("https://carrier.example/waybill/",))
    assert (got.number, got.instance) == ("LX050606084NL", True)
    assert identify("https://carrier.example/waybill/", ("https://carrier.example/waybill/",)).number != ""


def test_places() -> None:
    """URN and Digital Link of one place agree; extension 0 means none; another URI is itself."""
    assert (
        location("urn:epc:id:sgln:0614141.12345.0")
        == location("https://id.gs1.org/414/0614141123452")
        == "414/0614141123452"
    )
    assert location("urn:epc:id:sgln:0614141.12345.400") == location("https://x.example/414/0614141123452/254/400")
    assert location("https://carrier.example/site/7") == "https://carrier.example/site/7"


def test_gs1_check_digit_of_published_numbers() -> None:
    """Check digits of numbers printed by GS1: a GTIN-13, a GTIN-14 and an SSCC."""
    assert [check_digit(n) for n in ("629104150021", "8061414112345", "10614141234567890")] == ["3", "8", "8"]


def normalised(number: str) -> str:
    """What the key's normalisation does to a number: upper case, no blanks, no hyphens."""
    return "".join(c for c in number.upper() if c not in " -")


SERIAL = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="./?#%"), min_size=1, max_size=8
)


@given(SERIAL, SERIAL)
def test_serials_that_differ_stay_different_after_normalisation(a: str, b: str) -> None:
    """Letter case and hyphens of serial numbers survive the normalisation of waybill numbers."""
    first, second = (normalised(identify(f"urn:epc:id:sgtin:0614141.812345.{s}").number) for s in (a, b))
    assert (first == second) == (a == b)
    assert normalised(first) == first


@given(
    st.text(max_size=60),
    st.sampled_from(["", "urn:epc:id:", "urn:epc:id:sgtin:", "urn:epc:id:sscc:", "https://x/01/", "https://x/"]),
)
def test_any_text_is_identified_without_failing(text: str, start: str) -> None:
    """No text makes identification fail, and none gives an empty number except the empty text."""
    got = identify(start + text)
    assert got.number or not (start + text)
    location(start + text)
