"""What rules say, a second time: docs/explain/alerts.md in plain Python over the reference's journeys, one item after the other."""

from collections import Counter, defaultdict
from itertools import groupby, pairwise

from tests.items.facts import key_of
from tests.items.reference import IDENTITY, holding, journeys, links_tell, record
from tests.items.reference_answers import NEVER, K

HOUR = 3600
CHECKS = (("inspect", "inspected", "inspection_missing"), ("identify", "identified", "identification_missing"),
          ("screen", "screened", "screening_missing"))  # fmt: skip
CUSTOMS = {K[c] for c in ("export_customs", "export_release", "import_customs", "customs_hold", "import_release")}
WAITING = {K[c] for c in ("locker", "station", "customs_hold", "export_customs", "import_customs")}
LEAVING = {K[c] for c in ("depart", "out_for_delivery", "locker", "station", "deliver", "return")}
BROUGHT = {K[c] for c in ("out_for_delivery", "attempt", "locker", "station", "deliver")}
MOVED = {K[c] for c in ("arrive", "depart", "sort", "bag", "unbag", "load", "unload", "hold")}


def end_of(r):
    """When an item is no longer open."""
    ends = [r["ended"]]
    if r["delivered"] <= r["returned"]:
        ends.append(r["delivered"])
    elif r["delivered_last"] >= r["returned"]:
        ends.append(r["delivered_last"])
    return min(ends) if min(ends) != NEVER else 1 << 62


def of_checks(r, events, net, say):
    """Owed checks missing, or made after leaving."""
    start = r["start"]
    origin = r["origin"] or net.area[start[3]]
    for number, (check, field, missing) in enumerate(CHECKS):
        status = r["checks"][number]
        if status == 4:
            made = next(e for e in events if e["kind"] == K[check] and e["at"] == r[field])
            say("check_after", made["place"], made["at"])
        if status == 3:
            at_site = net.owed(number, r, start[1], origin)
            left = min(r["left_processing" if at_site else "left"], r["delivered"])
            place = start[3]
            if at_site:
                departs = [e for e in events if e["kind"] == K["depart"] and net.processing[e["place"]]]
                by = departs if r["left_processing"] <= left else [e for e in events if e["kind"] == K["deliver"]]
                place = next((e["place"] for e in by if e["at"] == left), 0)
            say(missing, place, left)


def of_scans(r, events, net, c, say):
    """Single scans and pairs of them."""
    for e in events:
        if e["kind"] in {K[check] for check, _, _ in CHECKS} and "via" not in e:
            if e["recorded_at"] - e["at"] > HOUR * c["backfill_hours"]:
                say("check_backfilled", e["place"], e["at"])
    for a, b in pairwise(events):
        if a["place"] and b["place"] and net.impossible(a["place"], b["place"], b["at"] - a["at"]):
            say("impossible_travel", b["place"], b["at"])
    if r["delivered"] != NEVER and r["delivered"] <= r["returned"]:
        since = r["delivered"] + 60 * c["after_minutes"]
        later = [e for e in events if since < e["at"] <= r["returned"] and "via" not in e]
        if any(e["kind"] in BROUGHT for e in later):
            signed = [e["place"] for e in events if e["kind"] == K["deliver"] and e["at"] == r["delivered"]]
            say("false_signing", signed[0] if signed else 0, r["delivered"])
        for e in [e for e in later if e["kind"] in MOVED][:1]:
            say("scan_after_delivery", e["place"], e["at"])


def of_waits(r, events, net, c, now, abroad, say):
    """Gaps between scans, and the promise."""
    end = end_of(r)
    origin = r["origin"] or net.area[r["start"][3]]
    far = abroad[origin] or abroad[r["destination"]]
    wait = HOUR * c["stalled_abroad_hours" if far else "stalled_hours"]
    for a, b in pairwise([*events, None]):
        until = min(b["at"] if b else now, end)
        if a["at"] < end and a["kind"] not in WAITING and until - a["at"] > wait:
            say("stalled", a["place"], a["at"] + wait, until if b or end < 1 << 62 else 0)
    limit = r["promised"] + HOUR * c["late_hours"]
    over = {"delivered": r["delivered"], "returned": r["returned"]}.get(r["outcome"], r["ended"])
    if r["promised"] and (now if r["outcome"] == "open" else over) > limit:
        place = [e["place"] for e in events if e["at"] <= limit][-1:]
        say("late", place[0] if place else 0, limit, 0 if r["outcome"] == "open" else over)


def stays_of(r, events, net, c, now):
    """(place, begin, end or 0) of long stays at processing sites inside."""
    known = [list(g) for _, g in groupby([e for e in events if e["place"]], key=lambda e: e["place"])]
    for run, after in pairwise([*known, None]):
        place, begin = run[0]["place"], run[0]["at"]
        ends = [e["at"] for e in run if e["kind"] in LEAVING][:1] + [end_of(r)] + ([after[0]["at"]] if after else [])
        over = min(ends) if min(ends) < 1 << 62 else 0
        inside = net.processing[place] and net.inside[net.area[place]]
        if inside and not any(e["kind"] in CUSTOMS for e in run) and (over or now) - begin > HOUR * c["backlog_hours"]:
            yield place, begin, over


def of_protection(r, events, net, extra, say):
    """Extra checks not made when their place was left, and items accepted while closed; ``extra``: the network with the lines as its obligations."""
    start = r["start"]
    if start[0]:
        return
    origin = r["origin"] or net.area[start[3]]
    for number, (_, field, _) in enumerate(CHECKS):
        at_site = extra.owed(number, r, start[1], origin)
        left = min(r["left_processing" if at_site else "left"], r["delivered"])
        if at_site is None or left == NEVER or r[field] <= left or r["checks"][number] in (3, 4):
            continue
        place = start[3]
        if at_site:
            departs = [e for e in events if e["kind"] == K["depart"] and net.processing[e["place"]]]
            by = departs if r["left_processing"] <= left else [e for e in events if e["kind"] == K["deliver"]]
            place = next((e["place"] for e in by if e["at"] == left), 0)
        say("protected_check_missing", place, left)
    if extra.owed(3, r, start[1], origin) is not None:
        say("protected_acceptance", start[3], start[1])


def of_places(r, events, net, c, now, watched, say):
    """Outlets without a filing that scan, and waits where a closed crossing cuts off the destination, or the origin once it was returned."""
    seen = set()
    for e in events:
        if "via" not in e and e["place"] not in seen and watched.lacks(e["place"], e["at"]):
            seen.add(e["place"])
            say("unfiled_outlet", e["place"], e["at"])
    since, until = watched.closed
    for a, b in pairwise([*events, None]):
        goal = (r["origin"] or net.area[r["start"][3]]) if a["at"] >= r["returned"] else r["destination"]
        at = max(a["at"], since) + HOUR * c["closure_hours"]
        if watched.parts(a["place"], goal) and a["at"] < end_of(r) and at <= min(b["at"] if b else now, until):
            say("crossing_closed", a["place"], at, b["at"] if b else 0)


def stricter(r, net, c, protected):
    """(periods that bind an item, thresholds that hold of it)."""
    at, origin = r["start"][1], r["origin"] or net.area[r["start"][3]]
    side = lambda p: origin if p.at_origin else r["destination"]  # noqa: E731
    mine = [p for p in protected if p.since <= at < p.until and side(p) in p.areas and p.item_class in (0, r["item_class"])]  # fmt: skip
    return mine, {n: min([v, *(p.thresholds[n] for p in mine if n in p.thresholds)]) for n, v in c.items()}


def enough(name, rows, c, protected):
    """Of (row, periods that bind its item) in a group those that are enough together: as asked of all, or as a period asks of its own."""
    kept = {row for row, _ in rows} if len(rows) >= c[name] else set()
    for p in protected:
        own = [row for row, mine in rows if p in mine]
        if name in p.thresholds and len(own) >= p.thresholds[name]:
            kept |= set(own)
    return kept


def judge(world, net, c, now, abroad, watched=None, protected=()):
    """{(rule, key, operator, place, at, until)} of the events of a world; ``watched``: registers that some rules need; ``protected``: periods that tighten ``c``."""
    own, found, bound = holding(world), set(), {}
    recorded = {tuple(e.get(n, 0) for n in IDENTITY): e.get("recorded_at", 0) for e in world}
    for events in own.values():
        for e in events:
            e["recorded_at"] = recorded[tuple(e[n] for n in IDENTITY)]
    marks, groups = links_tell(own), defaultdict(list)
    for number in {*own, *marks} - {(0, 0)}:
        for journey in journeys(own, number, marks, net):
            r = record(journey, net, Counter())
            scans = [e for e in journey if "mark" not in e]
            events = [e for i, e in enumerate(scans) if not i or e["word"] != scans[i - 1]["word"]]
            told_by_itself = any(not e["from"] for e in scans)
            if not told_by_itself or r["continued"] or r["part"] or r["item_class"] >= 4:
                continue
            mine, strict = stricter(r, net, c, protected)

            def say(rule, place, at, until=0):
                row = (rule, key_of(number), r["operator"], place, at, until)  # noqa: B023
                found.add(row)
                bound[row] = mine  # noqa: B023

            of_checks(r, events, net, say)
            of_scans(r, events, net, strict, say)
            of_waits(r, events, net, strict, now, abroad, say)
            if watched:
                of_protection(r, events, net, watched.extra, say)
                of_places(r, events, net, c, now, watched, say)
            for place, begin, over in stays_of(r, events, net, strict, now):
                row = ("backlog", key_of(number), r["operator"], place, begin + HOUR * strict["backlog_hours"], over)
                groups[r["operator"], place, net.day(begin)].append((row, mine))
    for stays in groups.values():
        found |= enough("backlog_least", stays, c, protected)
    missing = defaultdict(list)
    for row in found:
        if row[0] == "screening_missing" and net.processing[row[3]]:
            missing[row[2], row[3], row[4] // HOUR].append((row, bound[row]))
    active = screens(own, marks, net)
    for group, rows in missing.items():
        if group not in active:
            found |= {("screening_off", *row[1:]) for row in enough("off_least", rows, c, protected)}
    return found


def screens(own, marks, net):
    """(operator, place, hour) in which anything counted was screened."""
    cells = Counter()
    for number in {*own, *marks} - {(0, 0)}:
        for journey in journeys(own, number, marks, net):
            record(journey, net, cells)
    return {
        (o, p, h)
        for (cube, *rest), n in cells.items()
        if cube == "scans" and n
        for h, p, k, o in [rest]
        if k == K["screen"]
    }
