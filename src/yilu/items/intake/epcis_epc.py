"""GS1 identifiers of EPCIS events as item numbers: the URN and the Digital Link of one thing give one number.

An EPC may be written as ``urn:epc:id:sscc:4012345.0000000333`` or as ``https://id.gs1.org/00/040123450000003338``; both
are the element string (00) 040123450000003338. The number given here is that element string:

- an SSCC is its bare 18 digits, as printed on a label, so that it meets the same number in a carrier's own file;
- any other GS1 key is ``AI/value``, qualifiers behind it: ``01/09521141012345/21/2017``, ``8003/00401234555555987``;
- a URI that starts with one of the feed's own prefixes is what stands behind the prefix (a carrier's waybill number);
- any other URI is itself.

Serial numbers distinguish letter case, spaces and hyphens, which the normalisation of waybill numbers does not: small
letters, blanks, hyphens and ``%`` are therefore written as ``%`` and two hex digits. Sources: GS1 EPC Tag Data Standard
(URN forms), GS1 General Specifications (element strings, check digit), GS1 Digital Link URI syntax.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_KEEP = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ!\"&'()*+,./:;<=>?_#@$[]~|")
_URN = re.compile(r"urn:epc:id:([a-z]+):(.+)", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")

# Primary keys of Digital Links that name something carried, and the qualifiers that may follow in the path.
_QUALIFIERS: dict[str, frozenset[str]] = {
    "00": frozenset(),
    "01": frozenset({"22", "10", "21", "235"}),
    "253": frozenset(),
    "255": frozenset(),
    "401": frozenset(),
    "402": frozenset(),
    "414": frozenset({"254", "7040"}),
    "417": frozenset({"7040"}),
    "8003": frozenset(),
    "8004": frozenset({"7040"}),
    "8006": frozenset({"22", "10", "21"}),
    "8010": frozenset({"8011"}),
    "8017": frozenset({"8019"}),
    "8018": frozenset({"8019"}),
}
# Length of the key's value from which on it names one instance and not a class: these keys end in a serial number.
_INSTANCE_FROM = {"253": 14, "255": 14, "8003": 15}
_SERIAL_OF = {"01": ("21", "235"), "8006": ("21",), "8010": ("8011",)}


class Epc(NamedTuple):
    """One identifier: its number, its GS1 key (application identifier, empty for another URI), one item or a class."""

    number: str
    key: str
    instance: bool


def identify(uri: str, prefixes: tuple[str, ...] = ()) -> Epc:
    """The item number of a URI, for a feed whose own numbers stand behind ``prefixes``. Never raises."""
    for prefix in prefixes:
        if uri.startswith(prefix) and len(uri) > len(prefix):
            return Epc(uri[len(prefix) :], "", True)
    found = _from_urn(uri) or _from_link(uri)
    if found is None:
        is_class = uri.startswith(("urn:epc:class:", "urn:epc:idpat:"))
        return Epc(_escaped(uri), "", not is_class)
    key, value, qualifiers = found
    if key == "00":
        return Epc(value, key, True)
    serials = [(ai, qualifiers[ai]) for ai in _SERIAL_OF.get(key, ()) if ai in qualifiers]
    instance = bool(serials) if key in _SERIAL_OF else len(value) >= _INSTANCE_FROM.get(key, 0)
    parts = [key, _escaped(value)]
    # A lot beside a serial number says nothing more about which item it is; without one it names the class.
    for ai, text in serials[:1] if instance else sorted(qualifiers.items()):
        parts += [ai, _escaped(text)]
    return Epc("/".join(parts), key, instance)


def location(uri: str) -> str:
    """A place's identifier: ``414/GLN`` with ``/254/extension`` if it has one, or the URI itself. Never raises."""
    found = _from_urn(uri) or _from_link(uri)
    if found is None or found[0] != "414":
        return uri
    extension = found[2].get("254", "0")
    return f"414/{found[1]}" + (f"/254/{extension}" if extension != "0" else "")


def check_digit(digits: str) -> str:
    """GS1 check digit: weights 3 and 1 from the right, up to the next ten (GS1 General Specifications 7.9)."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return str(-total % 10)


def _escaped(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    return "".join(chr(b) if b in _KEEP else f"%{b:02X}" for b in raw)


def _unquoted(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


def _with_check(body: str, length: int) -> str | None:
    """``body`` and its check digit, or None unless it is ``length`` digits."""
    if len(body) != length or _DIGITS.fullmatch(body) is None or not body.isascii():
        return None
    return body + check_digit(body)


def _from_urn(uri: str) -> tuple[str, str, dict[str, str]] | None:
    """Key, value and qualifiers of an EPC pure-identity URN; None for other URIs and for parts of a wrong length."""
    match = _URN.fullmatch(uri)
    if match is None:
        return None
    scheme, rest = match.groups()
    count = {"sgtin": 3, "sgln": 3, "grai": 3, "gdti": 3, "sgcn": 3, "cpi": 3, "upui": 3, "itip": 5}.get(scheme, 2)
    parts = [_unquoted(p) for p in rest.split(".", count - 1)]
    if len(parts) != count or not all(parts):
        return None
    company, second = parts[0], parts[1]
    serial = parts[-1]
    match scheme:
        case "sscc":
            value = _with_check(second[0] + company + second[1:], 17)
            return ("00", value, {}) if value else None
        case "sgtin" | "upui" | "itip":
            gtin = _with_check(second[0] + company + second[1:], 13)
            if gtin is None:
                return None
            if scheme == "itip":
                return "8006", gtin + parts[2] + parts[3], {"21": serial}
            return "01", gtin, {"21" if scheme == "sgtin" else "235": serial}
        case "sgln" | "pgln":
            gln = _with_check(company + second, 12)
            if gln is None:
                return None
            return ("414", gln, {} if serial == "0" else {"254": serial}) if scheme == "sgln" else ("417", gln, {})
        case "grai" | "gdti" | "sgcn":
            value = _with_check(company + second, 12)
            if value is None:
                return None
            return (
                {"grai": "8003", "gdti": "253", "sgcn": "255"}[scheme],
                ("0" * (scheme == "grai")) + value + serial,
                {},
            )
        case "gsrn" | "gsrnp":
            value = _with_check(company + second, 17)
            return ({"gsrn": "8018", "gsrnp": "8017"}[scheme], value, {}) if value else None
        case "gsin":
            value = _with_check(company + second, 16)
            return ("402", value, {}) if value else None
        case "giai" | "ginc":
            return {"giai": "8004", "ginc": "401"}[scheme], company + second, {}
        case "cpi":
            return "8010", company + second, {"8011": serial}
    return None


def _from_link(uri: str) -> tuple[str, str, dict[str, str]] | None:
    """Key, value and qualifiers of a GS1 Digital Link of any domain, with or without a path stem."""
    if not uri.startswith(("https://", "http://")):
        return None
    path = uri.split("#", 1)[0].split("?", 1)[0].split("/")[3:]
    for i in range(len(path) - 1):
        key, value, tail = path[i], _unquoted(path[i + 1]), path[i + 2 :]
        if key not in _QUALIFIERS or not value or len(tail) % 2:
            continue
        names = tail[::2]
        if len(set(names)) != len(names) or not _QUALIFIERS[key].issuperset(names) or not all(tail[1::2]):
            continue
        if key == "01":
            if len(value) not in (8, 12, 13, 14):
                continue
            value = value.zfill(14)
        fixed = {"00": 18, "01": 14, "402": 17, "414": 13, "417": 13, "8017": 18, "8018": 18}.get(key)
        if fixed is not None and (len(value) != fixed or not value.isascii() or not value.isdigit()):
            continue
        return key, value, {n: _unquoted(v) for n, v in zip(names, tail[1::2], strict=True)}
    return None
