"""Words and namespaces of EPCIS 2.0 documents: the closed lists of CBV 2.0, and what ``@context`` declares.

A value of ``bizStep`` and the like is either a *bare word*, which must be in the list of CBV 2.0, or a URI (also a CURIE),
which is somebody's own vocabulary. The URI forms of CBV itself (``urn:epcglobal:cbv:bizstep:shipping``,
``https://ref.gs1.org/cbv/BizStep-shipping``, ``cbv:BizStep-shipping``) mean the bare word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yilu.items.codes import table

BIZ_STEPS: frozenset[str] = frozenset(row.code for row in table("epcis_bizstep").rows)
DISPOSITIONS: frozenset[str] = frozenset(row.code for row in table("epcis_disposition").rows)
ACTIONS: frozenset[str] = frozenset({"ADD", "OBSERVE", "DELETE"})
PARTIES: frozenset[str] = frozenset({"owning_party", "possessing_party", "location"})
TRANSACTIONS: frozenset[str] = frozenset(
    [
        "bol",
        "cert",
        "desadv",
        "inv",
        "pedigree",
        "po",
        "poc",
        "prodorder",
        "recadv",
        "rma",
        "testprd",
        "testres",
        "upevt",
    ]
)
ERROR_REASONS: frozenset[str] = frozenset({"did_not_occur", "incorrect_data"})
SENSOR_ALERTS: frozenset[str] = frozenset({"ALARM_CONDITION", "ERROR_CONDITION"})

# Prefixes that the GS1 context itself declares.
_BUILT_IN = frozenset({"cbv", "cbvmda", "dcterms", "epcis", "gs1", "owl", "rdf", "rdfs", "xsd"})
_GS1_CONTEXT = re.compile(r"https?://[^ ]*epcis-context\.jsonld")
_CBV_URI = re.compile(
    r"(?:urn:epcglobal:cbv:(bizstep|disp):|(?:https?://(?:ref|ns)\.gs1\.org/cbv/|cbv:)(BizStep|Disp)-)(.+)"
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f<>\"{}|\\^`\ud800-\udfff]+")
MAX_URI = 2048


def is_uri(value: object) -> bool:
    """Whether ``value`` is a string in the form of an absolute URI or CURIE, of at most ``MAX_URI`` characters."""
    return isinstance(value, str) and len(value) <= MAX_URI and _URI.fullmatch(value) is not None


def cbv_word(value: str, vocabulary: str) -> str | None:
    """The CBV word meant by ``value``, ``vocabulary`` being "BizStep" or "Disp"; None for another vocabulary's URI."""
    words = BIZ_STEPS if vocabulary == "BizStep" else DISPOSITIONS
    if value in words:
        return value
    match = _CBV_URI.fullmatch(value)
    if match is None:
        return None
    named = {"bizstep": "BizStep", "disp": "Disp"}.get(match[1], match[2])
    return match[3] if named == vocabulary and match[3] in words else None


@dataclass(frozen=True)
class Namespaces:
    """Prefixes that ``@context`` declares; ``open`` if it names another context whose content is not known here.

    Contexts are never fetched. Where a foreign one is named, any prefix may come from it and is let through.
    """

    prefixes: frozenset[str] = _BUILT_IN
    open: bool = False

    def extended(self, context: object) -> Namespaces:
        """These namespaces and those of ``context`` (whose form was checked by ``is_context``)."""
        prefixes, is_open = set(self.prefixes), self.open
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, dict):
                prefixes.update(name for name in part if isinstance(name, str) and not name.startswith("@"))
            elif isinstance(part, str) and _GS1_CONTEXT.fullmatch(part) is None:
                is_open = True
        return Namespaces(frozenset(prefixes), is_open)

    def knows(self, name: str) -> bool:
        """Whether ``name`` is an extension field with a declared namespace (``prefix:field``, or a full URI)."""
        prefix, colon, local = name.partition(":")
        if not colon or not local:
            return False
        return prefix in self.prefixes or self.open or local.startswith("//") or (prefix == "urn" and is_uri(name))


def is_context(value: object) -> bool:
    """Whether ``value`` may stand as ``@context``: a URI, an object of namespaces, or a list of these, not empty."""
    parts = value if isinstance(value, list) else [value]
    return bool(parts) and all(is_uri(part) or (isinstance(part, dict) and bool(part)) for part in parts)
