"""Who is called in a chaos run: what each kind of person does at the telephone, and which of their words are danger."""

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import requests
import sqlalchemy as sa
from plan import Plan

BREATHLESS = "숨이 안 쉬어져요."
HELP_KEY = "9"


@dataclass(frozen=True)
class Person:
    """One kind of person: their share of the residents, whether a model may hear them, and their story."""

    share: float
    by_keypad: bool
    story: dict[str, object]


def _presses(*keys: str, hangs_up_at: float | None = None) -> dict[str, object]:
    return {"keys": [{"when": "", "press": list(keys)}], "hangs_up_at_seconds": hangs_up_at}


# Most calls are short, so that many fit into a run: what breaks is between the calls' steps, not in their length.
PEOPLE = {
    "well, by keys": Person(0.16, True, {}),
    "not so well, by keys": Person(0.02, True, _presses("1", "2", "1", "1", "1")),
    "in danger, by keys": Person(0.10, True, _presses("1", HELP_KEY, "", hangs_up_at=30)),
    "in danger at the end, by keys": Person(0.03, True, _presses("1", "1", HELP_KEY, "", hangs_up_at=45)),
    "presses nothing": Person(0.01, True, {"key": "", "hangs_up_at_seconds": 40}),
    "never answers": Person(0.22, True, {"tries": ["no-answer"]}),
    "answers later": Person(0.05, True, {"tries": ["no-answer", "answer"]}),
    "busy at first": Person(0.06, True, {"tries": ["busy", "answer"]}),
    "cannot be reached": Person(0.12, True, {"tries": ["failed"]}),
    "hangs up at once": Person(0.16, True, {"hangs_up_at_seconds": 1.5}),
    "a machine": Person(0.02, True, {"like": "07"}),
    "well, talks": Person(0.01, False, {"hangs_up_after": 4}),
    "in danger, talks": Person(0.03, False, {"first": ["네, 맞아요.", BREATHLESS], "key": "", "hangs_up_after": 2}),
    "hangs up on the talk": Person(0.01, False, {"hangs_up_at_seconds": 6}),
}
SHARES = {name: person.share for name, person in PEOPLE.items()}


def words_of_danger(spoken: list[dict[str, object]]) -> bool:
    """Whether a conversation, as the sandbox tells it, holds a cry for help: in words, or as the key for it."""
    return any(
        (one["speaker"] == "person" and BREATHLESS in str(one["text"]))
        or (one["speaker"] == "keys" and HELP_KEY in str(one["text"]))
        for one in spoken
    )


def phone_of(number: int) -> str:
    """The telephone of the `number`-th resident, in E.164."""
    return f"+8210{50_000_000 + number}"


def settle_in(plan: Plan, folder: Path, carrier: str, now: datetime) -> dict[str, str]:
    """Enrol everybody in a campaign that calls around the clock; gives back their telephones. Nobody is due yet."""
    from oncall import db
    from oncall.cli.demo import CITY
    from oncall.enrol import areas, roster
    from oncall.schedule import campaign_file

    phones = {slot.resident: phone_of(number) for number, slot in enumerate(plan.slots)}
    people = folder / "residents.csv"
    with people.open("w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["external_id", "name", "phone", "language", "dong", "consent_service", "consent_recording",
                       "consent_overseas", "consent_date"])  # fmt: skip
        for slot in plan.slots:
            abroad = "N" if PEOPLE[slot.person].by_keypad else "Y"
            rows.writerow([slot.resident, f"김{slot.resident[2:]}", "0" + phones[slot.resident][3:], "ko", "중1동", "Y", "Y",
                           abroad, "2025-01-02"])  # fmt: skip
    campaign = folder / "campaign.toml"
    campaign.write_text(
        'name = "chaos"\nevery = "1 week"\nwindows = ["mon-sun 00:00-24:00"]\nholidays = true\nstarts = 2025-01-01\n'
        f'attempts = {ATTEMPTS}\nretry_after = ["{RETRY_SECONDS} s"]\nbusy_retry_after = "{BUSY_RETRY_SECONDS} s"\nlines = 1000\n'
        'facts = ["meals", "medication"]\n',
        encoding="utf-8",
    )
    with db.transaction() as session:
        areas.load(session, CITY / "areas.toml")
    with db.transaction() as session:
        made = roster.bring_in(session, people, now, campaign=campaign_file.apply(session, campaign, now))
        if made.created != len(plan.slots):
            raise RuntimeError(f"not everybody could be enrolled: {made}")
        session.flush()
        session.execute(sa.text("UPDATE enrolment SET next_at = :never"), {"never": now + timedelta(days=5)})
    stories = {
        phones[slot.resident]: {"language": "ko", "like": "00"} | PEOPLE[slot.person].story for slot in plan.slots
    }
    for part in _in_parts(list(stories.items()), 500):
        requests.post(f"{carrier}/sandbox/people", json=dict(part), timeout=60).raise_for_status()
    return phones


ATTEMPTS, RETRY_SECONDS, BUSY_RETRY_SECONDS = 2, 8, 4


def fall_due(plan: Plan, begin: datetime) -> None:
    """Let the slots fall due from `begin` on, each at its second."""
    from oncall import db

    with db.transaction() as session:
        session.execute(
            sa.text(
                "UPDATE enrolment SET next_at = :at FROM resident r WHERE r.id = resident_id AND r.external_id = :who"
            ),
            [{"who": slot.resident, "at": begin + timedelta(seconds=slot.at)} for slot in plan.slots],
        )


def _in_parts(items: list[tuple[str, object]], size: int) -> list[list[tuple[str, object]]]:
    return [items[first : first + size] for first in range(0, len(items), size)]
