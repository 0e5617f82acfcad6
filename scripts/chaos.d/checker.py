"""The judge: the carrier's ledger against the rows against the plan. Every definition of docs/reliability.md is here.

It knows nothing of how OnCall works inside, and takes no excuse: whatever it cannot explain it counts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from ledger import Call
from rows import Row, Standing, Try

# After these the telephone may ring again, as the campaign's ladder says.
MISSED = {"no_answer", "busy", "failed", "machine", "hung_up", "cancelled"}
AT_LEAST = timedelta(seconds=0.5)  # the carrier's clock and the database's are read a moment apart
LEAVES_WITHIN = timedelta(seconds=25)  # an intention committed before a withdrawal is with the carrier by then


@dataclass(frozen=True)
class Finding:
    """One thing that must not be: whose, and what."""

    resident: str
    what: str


@dataclass
class World:
    """Everything the judge is told."""

    calls: list[Call]
    tries: list[Try]
    rows: list[Row]
    standing: list[Standing]
    residents: list[str]  # each has exactly one planned slot
    phones: dict[str, str]  # of each resident
    attempts: int  # of the campaign
    retry: timedelta
    busy_retry: timedelta
    withdrawn: dict[str, datetime] = field(default_factory=dict)  # when that was committed
    in_danger: dict[str, int] = field(
        default_factory=dict
    )  # residents who said so into the line, and in how many calls


def doubles(world: World) -> list[Finding]:
    """Telephones that rang once too often: for one attempt, for one slot, or after a withdrawal."""
    known = {one.token: one for one in world.tries}
    whose = {phone: resident for resident, phone in world.phones.items()}
    found: list[Finding] = []
    by_token: dict[str, list[Call]] = defaultdict(list)
    for call in world.calls:
        if call.token in known:
            by_token[str(call.token)].append(call)
        elif call.to in whose:
            found.append(Finding(whose[call.to], f"{call.sid}: a call of which no attempt was written"))
    for token, calls in by_token.items():
        if len(calls) > 1:
            found.append(Finding(known[token].resident, f"attempt {token}: placed {len(calls)} times"))
    slots: dict[str, list[tuple[Call, Try]]] = defaultdict(list)
    for token, calls in by_token.items():
        slots[known[token].check_in] += [(call, known[token]) for call in calls if call.disturbed]
        found += _after_withdrawal(world, known[token], calls)
    for rang in slots.values():
        found += _of_one_slot(world, rang)
    found += _laid_out_twice(world.rows)
    return found


def _of_one_slot(world: World, rang: list[tuple[Call, Try]]) -> Iterable[Finding]:
    """Every ringing of one slot, in order, against the one before."""
    planned = sorted((pair for pair in rang if pair[1].kind == "planned"), key=lambda pair: pair[0].placed)
    redials = [pair for pair in rang if pair[1].kind == "redial"]
    if len(planned) > world.attempts:
        yield Finding(planned[0][1].resident, f"rang {len(planned)} times, the campaign allows {world.attempts}")
    if len(redials) > 1:
        yield Finding(redials[0][1].resident, f"rung again {len(redials)} times after danger, once is allowed")
    for (before, old), (after, new) in pairwise(planned):
        if old.token == new.token:
            continue  # counted as placed twice
        if before.ended is None or after.placed < before.ended:
            yield Finding(new.resident, f"{after.sid} rang while {before.sid} had not ended")
            continue
        wait = world.busy_retry if before.status == "busy" else world.retry
        if after.placed < before.ended + wait - AT_LEAST:
            early = (before.ended + wait - after.placed).total_seconds()
            yield Finding(new.resident, f"{after.sid} rang {early:.1f} s before its time after {before.sid}")
        if old.outcome not in MISSED:
            yield Finding(new.resident, f"{after.sid} rang although {before.sid} was {old.outcome} ({old.error})")


def _after_withdrawal(world: World, one: Try, calls: list[Call]) -> Iterable[Finding]:
    since = world.withdrawn.get(one.resident)
    if since is None or one.kind == "redial":
        return
    for call in calls:
        if (one.asked is not None and one.asked > since) or call.placed > since + LEAVES_WITHIN:
            yield Finding(one.resident, f"{call.sid} was placed after the withdrawal")


def _laid_out_twice(rows: list[Row]) -> Iterable[Finding]:
    seen: set[str] = set()
    for row in rows:
        if row.resident in seen:
            yield Finding(row.resident, "one slot became two check-ins")
        seen.add(row.resident)


def silent(world: World) -> list[Finding]:
    """Planned slots that nobody can name the end of: at most one finding for each resident."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in world.rows:
        rows[row.resident].append(row)
    on_line = {one.check_in: one.state for one in world.tries if one.state != "ended" or one.outcome is None}
    found = []
    for resident in world.residents:
        why = next(filter(None, (_silence(world, row, on_line) for row in rows[resident])), "")
        if not rows[resident] and resident not in world.withdrawn:
            why = "never laid out"
        if why:
            found.append(Finding(resident, why))
    return found


def _silence(world: World, row: Row, on_line: dict[str, str]) -> str:
    """Why this check-in has no end by name; empty when it has one."""
    if row.id in on_line:
        return f"{row.state}, and a call of it is still {on_line[row.id]}"
    match row.state:
        case "assessed":
            if not row.assessed:
                return "assessed without an assessment"
            return "assessed as needing a person, and on no case" if row.wants_a_case and not row.on_a_case else ""
        case "unreached" | "held" | "not_accounted":
            return "" if row.on_a_case else f"{row.state} ({row.reason}), and on no case"
        case "cancelled":
            return (
                ""
                if row.resident in world.withdrawn and row.reason
                else f"cancelled ({row.reason}) without a withdrawal"
            )
    return f"still {row.state}"


def lost(world: World) -> list[Finding]:
    """Residents who said into the line that they are in danger, and for whom neither an alarm nor an open case stands."""
    stands = {one.resident for one in world.standing if one.kind is not None or one.alarmed}
    return [Finding(resident, f"cried for help in {calls} call(s)")
            for resident, calls in world.in_danger.items() if resident not in stands]  # fmt: skip


def flagged_by_name(world: World) -> int:
    """How many of those in danger have an alarm or a flagged case; the others stand before a person for another reason."""
    named = {one.resident for one in world.standing if one.alarmed or one.kind == "flagged"}
    return sum(resident in named for resident in world.in_danger)


def let_go_unheard(world: World) -> int:
    """Calls that were placed and hung up before any telephone rang."""
    return sum(not call.disturbed and call.status == "canceled" for call in world.calls)
