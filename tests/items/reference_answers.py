"""Steps of ``reference``: what voids leave, the numbers of an item, a shipment by its pieces, and what follows from a record."""

import math

from tests.items.reference_stages import how_ended, staged
from yilu.items.kinds import BY_CODE

NEVER = 0xFFFFFFFF
K = {code: kind.id for code, kind in BY_CODE.items()}
ENDS = ("deliver", "return", "lost", "destroy", "cancel")
LOST = {"lost": "lost", "destroyed": "destroy"}
VOIDING = (K["void"], K["void_depart"])


def kept(events, also=()):
    """Events less those whose id a ``void`` among them, or ``also``, names."""
    named = {e["voids"] for e in (*events, *also) if e["kind"] == K["void"]} - {0}
    return [e for e in events if e["kind"] in VOIDING or e["event_id"] not in named]


def before(own, number):
    """The numbers that a number goes on for, and itself."""
    olds = {e["parent"] for e in kept(own.get(number, ())) if e["kind"] == K["relabel"]} - {0}
    return {number}.union(*(before(own, (old, 0)) for old in olds))


def after(own, number):
    """A number, and those that it was ever said to go on under."""
    news = {n for n, events in own.items() for e in events if e["kind"] == K["relabel"] and (e["parent"], 0) == number}
    return {number}.union(*(after(own, new) for new in news))


def bin_of(seconds):
    """The bin of a time: bins grow by 2 % from one minute on."""
    return 0 if seconds < 60 else min(1023, 1 + int(math.log(seconds / 60) / math.log(1.02)))


def settle(r, pieces, times):
    """A shipment by its pieces: delivered with the last; all ended otherwise, lost, stopped or returned."""
    ends = []
    for mine in pieces:
        d, b, n = (min(times(codes, mine), default=NEVER) for codes in (ENDS[:1], ENDS[1:2], ENDS[2:]))
        how = "delivered" if d <= b and d != NEVER else "returned" if b != NEVER else "ended"
        gone = {name for name, code in LOST.items() if how == "ended" and times([code], mine)}
        ends.append((how, {"delivered": d, "returned": b, "ended": n}[how], gone))
    hows, latest = {how for how, _, _ in ends}, max(at for _, at, _ in ends)
    if hows == {"delivered"}:
        r["delivered"] = max([latest] + [r["delivered"]] * (r["delivered"] != NEVER))
        r["delivered_last"] = max(latest, r["delivered_last"])
        return
    r["delivered"], r["delivered_last"] = NEVER, 0
    if latest != NEVER:
        how = "ended" if "ended" in hows else "returned"
        r[how] = latest if r[how] == NEVER else r[how]
        r |= dict.fromkeys(set().union(*(gone for _, _, gone in ends)), True)


def follow(r, net, cells):
    """Outcome, promise and checks of a record, and its cells."""
    unaccepted, at, _, place = r["start"] or (True, 0, 0, 0)
    origin, destination = r["origin"] or net.area[place], r["destination"]
    derived = (
        0 if unaccepted or not origin or not destination else net.promised(at, origin, destination, r["service_level"])
    )
    promise = r["promised"] = r["promise"] or derived
    level = r["service_level"] or net.level_of_pair[origin][destination]
    reached = r["delivered"] != NEVER and r["delivered"] <= r["returned"]
    other = ("returned", r["returned"]) if r["returned"] != NEVER else ("lost" if r["lost"] else "stopped", r["ended"])
    r["outcome"], when = ("delivered", r["delivered"]) if reached else other if other[1] != NEVER else ("open", 0)
    delivered, elsewise = when * reached, when * (not reached)
    r["checks"] = [0, 0, 0]
    for check, name in enumerate(("inspected", "identified", "screened")):
        processing = None if unaccepted else net.owed(check, r, at, origin)
        if processing is not None:
            left = min(r["left_processing" if processing else "left"], r["delivered"])
            r["checks"][check] = (
                1 if r[name] <= min(left, NEVER - 1) else 2 if left == NEVER else 3 if r[name] == NEVER else 4
            )
    if r["start"] is None or r["continued"] or r["part"] or r["item_class"] >= 4:
        return
    late = when > promise > 0
    whens = [at, at * unaccepted, promise, promise * (reached and not late), delivered, delivered * late, elsewise, elsewise * late,
             promise * (elsewise > 0 and not late)]  # fmt: skip
    cities = net.city[origin], net.city[destination]
    for measure, moment in [(m, moment) for m, moment in enumerate(whens, 1) if moment]:
        for side, area in ((1, origin), (2, destination)):
            cells["clock", measure, side, moment // 3600, r["operator"], area, level] += 1
        if measure in (1, 3, 4, 5, 6, 7):
            basis = (2 - bool(r["promise"])) * (measure in (3, 4, 6))
            cells["flow", measure, net.day(moment), r["operator"], *cities, level, r["item_class"], basis] += 1
    if reached and not unaccepted and when >= at:
        cells["transit", net.day(when), r["operator"], *cities, level, bin_of(when - at)] += 1
        for bits, seconds in staged(r, when, cities):
            cells["stages", net.day(when), r["operator"], *cities, bits, bin_of(seconds)] += 1
    if when:
        most = (min(3, r["attempts"]), min(15, r["hops"])) if reached else (0, 0)
        cells["ends", how_ended(r), net.day(when), r["operator"], *cities, level, *most] += 1
    for check, status in enumerate(r["checks"]):
        if status:
            cells["checks", check, status, net.day(at), r["operator"], origin, r["item_class"], r["sender_kind"]] += 1
