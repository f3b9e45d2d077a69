"""What items are, a second time: docs/explain/facts.md in plain Python, slow and small, to hold the heart against."""

from collections import Counter, defaultdict
from itertools import pairwise

from tests.items.reference_answers import ENDS, NEVER, VOIDING, K, after, before, bin_of, follow, kept, settle
from tests.items.reference_stages import boundaries
from yilu.items.kinds import KINDS

IDENTITY = ("key", "at", "kind", "place", "piece", "voids")
PAYLOAD = ("operator", "outcome", "item_class", "sender_kind", "service_level", "origin", "destination", "promise", "weight_g",
           "container", "parent", "event_id")  # fmt: skip
TELLING = (K["accept"], K["deliver"])
CARRIED = {kind.id for kind in KINDS if kind.container} - set(VOIDING)
FIRST = {"delivered": ["deliver"], "returned": ["return"], "ended": ["lost", "destroy", "cancel"], "identified": ["identify"],
         "inspected": ["inspect"], "screened": ["screen"], "left": ["depart"]}  # fmt: skip
HAD = {
    "locker": ["locker"],
    "station": ["station"],
    "damaged": ["damage"],
    "customs": ["export_customs", "import_customs"],
    "lost": ["lost"],
    "destroyed": ["destroy"],
}


def holding(events):
    """Each identity once, with its least payload, by number (key, piece)."""
    least, own = {}, defaultdict(list)
    for event in events:
        e = {name: event.get(name, 0) for name in (*IDENTITY, *PAYLOAD)}
        e["parent"] *= not e["piece"] or e["kind"] == K["relabel"]
        same = tuple(e[n] for n in IDENTITY)
        least[same] = min(least.get(same, e), e, key=lambda x: [x[n] for n in PAYLOAD])
    for e in least.values():
        own[e["key"], e["piece"]].append(e | {"word": (e["at"], e["kind"], e["place"]), "from": 0})
    return own


def journeys(own, number, marks, net):
    """What holds of a number in order, one list per journey; marks (what links tell) among it."""
    numbers = before(own, number)
    told = lambda n, e: n == number or e["kind"] != K["relabel"]  # noqa: E731
    mine = kept([{**e, "from": n[0] * (n != number)} for n in numbers for e in own.get(n, ()) if told(n, e)])
    others = [m for n in numbers for m in marks.get(n, ()) if told(n, m)]
    for bag in {(e["container"], 0) for e in mine if e["kind"] == K["bag"]} - {(0, 0)}:
        held = journeys({bag: own.get(bag, ())}, bag, {}, net)
        others += [{**e, "from": bag[0], "via": bag[0]} for j in held for e in j if e["kind"] in CARRIED]
    accepted, inside, out = None, None, [[]]
    for e in sorted(mine + kept(others, mine), key=lambda e: (e["word"], e.get("order", ()), e["from"])):
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


def mark(e, number, kind):
    """What an event of ``number`` tells another number, as an event of this kind; in a second by piece, and by what was told."""
    order = (e["piece"] or 4095, e["kind"] * (e["piece"] > 0))
    return {**e, "mark": number, "kind": K[kind], "word": (e["at"], K[kind], e["place"]), "order": order}


def links_tell(own):
    """Marks by number: it goes on under another number; it has a piece; that piece has ended."""
    marks = defaultdict(list)
    for number, events in own.items():
        later = [e for n in after(own, number) - {number} for e in own[n]]
        held = kept(events, later)
        of = {(e["key"], 0) if e["piece"] else (e["parent"], 0) for e in held if e["piece"] or e["kind"] == K["piece"]}
        for e in kept(events):
            if e["kind"] == K["relabel"]:
                marks[e["parent"], 0].append(mark(e, number, "relabel"))
        for parent in of:
            tells = [e for e in held if e["kind"] == K["piece"] or (e["piece"] and e["kind"] in TELLING)]
            marks[parent] += [mark(e, number, "piece") for e in tells if e["piece"] or e["parent"] == parent[0]]
            marks[parent] += [mark(e, number, c) for e in kept([*events, *later]) for c in ENDS if e["kind"] == K[c]]
    return marks


def record(journey, net, cells):
    """The state of one journey and what follows from it; its cells are added to ``cells``."""
    marks, own = [e for e in journey if "mark" in e], [e for e in journey if "mark" not in e]
    scans = own or [m for m in marks if m["kind"] == K["piece"]]
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
    signed = {e["outcome"] for e in events if e["kind"] == K["deliver"]}
    r |= {"proxy": 2 in signed, "locker": r["locker"] or 3 in signed, "station": r["station"] or 4 in signed}
    r["told"] = boundaries(r, events, net) if r["start"] and not r["start"][0] else (None, None)
    r["after"] = any(e["at"] > r["delivered"] and not times(["return"], events[: i + 1]) for i, e in enumerate(events))
    r["continued"] = any(m["kind"] == K["relabel"] for m in marks)
    r["part"] = any(e["piece"] or e["kind"] == K["piece"] for e in own)
    r["shipment"] = any(m["kind"] == K["piece"] for m in marks)
    r["arrived"], r["container"], r["waited"], place = 0, 0, False, 0
    for i, e in enumerate(events):
        r["waited"] |= i > 0 and net.waited(events[i - 1], r["arrived"], e)
        if e["place"] != place:
            r["arrived"], place = e["at"] if e["place"] and e["kind"] != K["depart"] else 0, e["place"]
        counts = 0 if r["continued"] or r["item_class"] >= 4 or not own else 1
        cells["scans", e["at"] // 3600, e["place"], e["kind"], e["operator"]] += counts
        if e["kind"] == K["depart"] and r["arrived"]:
            cells["dwell", net.day(e["at"]), e["place"], e["operator"], bin_of(e["at"] - r["arrived"])] += counts
            r["arrived"] = 0
        if e["kind"] in (K["bag"], K["unbag"]):
            r["container"] = e["container"] & NEVER if e["kind"] == K["bag"] else 0
    r["delivered_last"] = max(times(["deliver"]), default=0)
    if r["shipment"]:
        settle(
            r,
            [[m for m in marks if m["mark"] == p] for p in {m["mark"] for m in marks if m["kind"] == K["piece"]}],
            times,
        )
    follow(r, net, cells)
    return r


def fold(events, net):
    """({(key, piece): [record per journey]}, cells) of the events."""
    own, cells = holding(events), Counter()
    marks = links_tell(own)
    return {n: [record(j, net, cells) for j in journeys(own, n, marks, net)] for n in {*own, *marks} - {(0, 0)}}, +cells
