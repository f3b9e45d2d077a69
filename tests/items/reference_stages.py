"""Steps of ``reference``: the stages of an item's transit, and how it ended."""

from yilu.items.kinds import BY_CODE

NEVER = 0xFFFFFFFF
K = {code: kind.id for code, kind in BY_CODE.items()}
TOURS = (K["out_for_delivery"], K["attempt"], K["locker"], K["station"])


def boundaries(r, events, net):
    """(minutes to the destination's city, minutes to the first tour) of an item's events, None where not told."""
    known, goal, reached, out = False, 0, None, None
    for e in events:
        if e["kind"] == K["deliver"]:
            break
        known |= e["kind"] == K["accept"]
        said = 0 if e.get("via") else net.city[e["destination"]]
        minutes = (e["at"] - r["start"][1]) // 60
        if said and said != goal:
            goal, reached, out = said, None, None
        if known and reached is None and goal and e["place"] and net.city[net.area[e["place"]]] == goal:
            reached, out = minutes, None
        if known and out is None and e["kind"] in TOURS:
            out = minutes
    return reached, out


def staged(r, delivered, cities):
    """(stages, seconds) of a delivered item, from acceptance to delivery."""
    start, alike = r["start"][1], cities[0] == cities[1] != 0
    reached, out = (None if m is None or start + 60 * m > delivered else start + 60 * m for m in r["told"])
    reached = None if alike else reached
    left = None if r["left_processing"] in (NEVER, 0) or r["left_processing"] < start else r["left_processing"]
    left = None if left is None else left - (left - start) % 60
    later = [at for at in (reached, out, delivered) if at is not None]
    ends = {1: left if left is not None and left <= later[0] else None, 2: reached, 4: out, 8: delivered}
    since, bits, found = start, 0, []
    for bit, end in ends.items():
        bits |= bit if not (alike and bit == 2) else 0
        if end is not None:
            found, since, bits = [*found, (bits, end - since)], end, 0
    return found if len(found) > 1 else []


def how_ended(r):
    """How an item ended, as a number of cubes.HOW."""
    if r["outcome"] == "delivered":
        return 3 if r["locker"] else 4 if r["station"] else 2 if r["proxy"] else 1
    return {"returned": 5, "lost": 6, "stopped": 7 if r["destroyed"] else 8}[r["outcome"]]
