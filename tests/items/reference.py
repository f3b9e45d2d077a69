"""What items are, a second time: docs/explain/facts.md in plain Python, slow and small, to hold the heart against."""

from collections import Counter, defaultdict
from itertools import pairwise

from tests.items.reference_answers import NEVER, bin_of, follow
from yilu.items.kinds import BY_CODE, KINDS

IDENTITY = ("key", "at", "kind", "place", "piece", "voids")
PAYLOAD = ("operator", "outcome", "item_class", "sender_kind", "service_level", "origin", "destination", "promise", "weight_g",
           "container", "parent", "event_id")  # fmt: skip
K = {code: kind.id for code, kind in BY_CODE.items()}
VOIDING = (K["void"], K["void_depart"])
CARRIED = {kind.id for kind in KINDS if kind.container} - set(VOIDING)
FIRST = {"delivered": ["deliver"], "returned": ["return"], "ended": ["lost", "destroy", "cancel"], "identified": ["identify"],
         "inspected": ["inspect"], "screened": ["screen"], "left": ["depart"]}  # fmt: skip
HAD = {
    "locker": ["locker"],
    "station": ["station"],
    "damaged": ["damage"],
    "customs": ["export_customs", "import_customs"],
    "lost": ["lost"],
}


def holding(events):
    """Each identity once, with its least payload, by number (key, piece)."""
    least, own = {}, defaultdict(list)
    for event in events:
        e = {name: event.get(name, 0) for name in (*IDENTITY, *PAYLOAD)}
        same = tuple(e[n] for n in IDENTITY)
        least[same] = min(least.get(same, e), e, key=lambda x: [x[n] for n in PAYLOAD])
    for e in least.values():
        own[e["key"], e["piece"]].append(e | {"word": (e["at"], e["kind"], e["place"]), "from": 0})
    return own


def kept(events, also=()):
    """Events less those whose id a ``void`` among them, or ``also``, names."""
    named = {e["voids"] for e in (*events, *also) if e["kind"] == K["void"]} - {0}
    return [e for e in events if e["kind"] in VOIDING or e["event_id"] not in named]


def gathered(own, number):
    """Events of a number and, relabelled, of the numbers before it."""
    out = list(own.get(number, ()))
    for old in {e["parent"] for e in out if e["kind"] == K["relabel"]} - {0}:
        out += [{**e, "from": old} for e in gathered(own, (old, 0)) if e["kind"] != K["relabel"]]
    return out


def journeys(own, number, marks, net):
    """What holds of a number in order, one list per journey; marks (what links tell) among it."""
    mine, others = kept(gathered(own, number)), list(marks.get(number, ()))
    for bag in {e["container"] for e in mine if e["kind"] == K["bag"]} - {0}:
        scans = [e for journey in journeys(own, (bag, 0), {}, net) for e in journey if e["kind"] in CARRIED]
        others += [{**e, "from": bag, "via": bag} for e in scans]
    accepted, inside, out = None, None, [[]]
    for e in sorted(mine + kept(others, mine), key=lambda e: (e["word"], e["from"])):
        if e["kind"] == K["accept"]:
            if e["at"] - (accepted or e["at"]) > net.reuse_s:
                inside = out.append([])
            accepted = e["at"]
        if e.get("via") and not (inside and inside[0] == e["via"] and e["at"] - inside[1] <= net.container_s):
            continue
        if e["kind"] in (K["bag"], K["unbag"]):
            inside = (e["container"], e["at"]) if e["kind"] == K["bag"] else None
        if e["kind"] == K["void_depart"]:
            for journey, depart in [
                (j, o) for j in out for o in j if (o["kind"], o["place"]) == (K["depart"], e["place"])
            ][-1:]:
                journey[:] = [o for o in journey if o is not depart]
        elif e["kind"] != K["void"]:
            out[-1].append(e)
    return out


def links_tell(own):
    """Marks by number: it goes on under another number; it has a piece; that piece was delivered."""
    marks = defaultdict(list)
    for number, events in own.items():
        held = kept(events)
        of = {(e["key"], 0) if e["piece"] else (e["parent"], 0) for e in held if e["piece"] or e["kind"] == K["piece"]}
        for e in held:
            mark = {**e, "mark": number, "from": e["key"], "kind": max(e["kind"], K["piece"])}
            mark["word"] = (e["at"], mark["kind"], e["place"])
            tells = e["kind"] in (K["piece"], K["deliver"]) or (e["kind"] == K["accept"] and e["piece"])
            for parent in {(e["parent"], 0)} if e["kind"] == K["relabel"] else of if tells else ():
                marks[parent].append(mark)
    return marks


def record(journey, net, cells):
    """The state of one journey and what follows from it; its cells are added to ``cells``."""
    marks, scans = [e for e in journey if "mark" in e], [e for e in journey if "mark" not in e]
    events = [e for i, e in enumerate(scans) if not i or e["word"] != scans[i - 1]["word"]]
    times = lambda codes, among=events: [e["at"] for e in among if e["kind"] in {K[c] for c in codes}]  # noqa: E731
    r = {name: min(times(codes), default=NEVER) for name, codes in FIRST.items()}
    r |= {name: bool(times(codes)) for name, codes in HAD.items()}
    r["left_processing"] = min(times(["depart"], [e for e in events if net.processing[e["place"]]]), default=NEVER)
    accepted = [e for e in events if e["kind"] == K["accept"]]
    r["start"], r["last"] = (
        ((not accepted, *(accepted or events)[0]["word"]), events[-1]["word"]) if events else (None, (0, 0, 0))
    )
    says = [e for e in events if not e.get("via")]
    for name in ("operator", "promise", "origin", "service_level", "item_class", "sender_kind", "destination"):
        among = says[::-1] if name == "destination" else says
        r[name] = next((e[name] for e in among if e[name]), 0)
    pairs = [(a, b) for a, b in pairwise(events) if a["place"] and b["place"]]
    r["attempts"] = min(255, len(times(["attempt"])))
    r["hops"] = min(255, sum(a["place"] != b["place"] for a, b in pairs))
    r["impossible"] = any(net.impossible(a["place"], b["place"], b["at"] - a["at"]) for a, b in pairs)
    r["proxy"] = any(e["kind"] == K["deliver"] and e["outcome"] == 2 for e in events)
    r["after"] = any(e["at"] > r["delivered"] and not times(["return"], events[: i + 1]) for i, e in enumerate(events))
    r["continued"] = any(m["kind"] == K["relabel"] for m in marks)
    r["part"] = any(e["piece"] or e["kind"] == K["piece"] for e in events)
    r["shipment"] = any(m["kind"] != K["relabel"] for m in marks)
    r["arrived"], r["container"], place = 0, 0, 0
    for e in events:
        if e["place"] != place:
            r["arrived"], place = e["at"] if e["place"] and e["kind"] != K["depart"] else 0, e["place"]
        counts = 0 if r["continued"] or r["item_class"] >= 4 else 1
        cells["scans", e["at"] // 3600, e["place"], e["kind"], e["operator"]] += counts
        if e["kind"] == K["depart"] and r["arrived"]:
            cells["dwell", net.day(e["at"]), e["place"], e["operator"], bin_of(e["at"] - r["arrived"])] += counts
            r["arrived"] = 0
        if e["kind"] in (K["bag"], K["unbag"]):
            r["container"] = e["container"] & NEVER if e["kind"] == K["bag"] else 0
    r["delivered_last"] = max(times(["deliver"]), default=0)
    if r["shipment"]:
        pieces = {m["mark"] for m in marks if m["kind"] != K["relabel"]}
        firsts = [min(times(["deliver"], [m for m in marks if m["mark"] == p]), default=NEVER) for p in pieces]
        r["delivered"] = max(firsts + times(["deliver"])[:1])
        r["delivered_last"] = 0 if r["delivered"] == NEVER else max(r["delivered"], r["delivered_last"])
    follow(r, net, cells)
    return r


def fold(events, net):
    """({(key, piece): [record per journey]}, cells) of the events."""
    own, cells = holding(events), Counter()
    marks = links_tell(own)
    return {n: [record(j, net, cells) for j in journeys(own, n, marks, net)] for n in {*own, *marks} - {(0, 0)}}, +cells
