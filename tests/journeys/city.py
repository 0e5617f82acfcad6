"""A whole city, really running: OnCall and the stand-ins as processes of their own, and rounds of calls to everybody.

A round takes half a minute or more; each journey then reads what became of one resident. Starting a city costs as much
again, so further rounds, with other people and other faults, are called in a city that runs already (`City.call`).
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import httpx2
import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, create_engine, select

from oncall.models import (
    Assessment,
    Attempt,
    Campaign,
    Case,
    CheckIn,
    ConsentScope,
    Enrolment,
    Evidence,
    Language,
    Memory,
    MemoryKind,
    Resident,
    Signal,
    Turn,
    TurnSource,
)  # fmt: skip
from tests.journeys.listening import Tape
from tests.journeys.wiretap import Wiretap, tapping
from tests.makers import make_campaign, make_resident

SPEED = 4
LINES = "6"  # most calls at once: more of them make every call's sound late on two cores, and talks are refused
LATER = "later"  # the second check-in of somebody who asked to be called another time, hours from now
STORIES = {
    "well": 0, "hungry": 1, "fallen": 2, "silent": 3, "hard_of_hearing": 4, "hostile": 5, "wrong_person": 6,
    "machine": 7, "gone": 8, "busy": 9, "not_in_service": 10, "lonely": 11, "asks_for_person": 14, "interrupts": 18,
    "child": 20, "hangs_up": 21, "medicine_out": 23, "knee": 29,
}  # fmt: skip
ENGLISH = {"well_en": 50, "hungry_en": 51, "fallen_en": 52, "lonely_en": 61}


@dataclass
class Found:
    """What became of one resident's check-in, read from the rows."""

    resident: Resident
    check_in: CheckIn
    attempts: list[Attempt]
    turns: list[tuple[str, str, TurnSource]]  # speaker, words, source
    assessment: Assessment | None
    signals: list[Signal]
    quotes: list[str]
    case: Case | None

    def heard(self, source: TurnSource = TurnSource.RECORDING) -> str:
        """Everything the far end said, as one text."""
        return " ".join(words for speaker, words, of in self.turns if speaker == "resident" and of is source)

    def said(self, source: TurnSource = TurnSource.RECORDING) -> str:
        """Everything we said."""
        return " ".join(words for speaker, words, of in self.turns if speaker == "agent" and of is source)


@dataclass
class City:
    """The running city: its database, its addresses, and how to look at one resident."""

    engine: Engine
    url: str
    sandbox: dict[str, str]
    model_url: str
    folder: Path
    tap: Wiretap | None = None
    residents: dict[str, object] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    environment: dict[str, str] = field(default_factory=dict)

    def session(self) -> Session:
        """A session on the running city's database."""
        return Session(self.engine)

    def log(self) -> str:
        """Everything OnCall has logged so far."""
        return (self.folder / "oncall.log").read_text(encoding="utf-8")

    def give_numbers(self, people: Mapping[str, object]) -> None:
        """Have these numbers answered by people told in a story's fields."""
        if people:
            httpx2.post(f"{self.sandbox['ONCALL_TWILIO_URL']}/sandbox/people", json=people).raise_for_status()

    def call(self, people: Mapping[str, "Someone"], *, faults: dict[str, object] | None = None,
             dongs: Mapping[str, str] = MappingProxyType({})) -> None:  # fmt: skip
        """Enrol further people while everything runs, with these faults on the model, and wait until nobody of them is
        left to be called; then the model is well again."""
        self.give_faults(faults)
        try:
            self.enrol(people, dongs)
            _wait_until_done(self)
        finally:
            self.give_faults(None)

    def enrol(self, people: Mapping[str, "Someone"], dongs: Mapping[str, str] = MappingProxyType({})) -> None:
        """Enrol further people, who are due now; nothing is waited for."""
        _enrol(self, {name: one.code for name, one in people.items()}, dongs, *_told(people))

    def make_due(self, name: str) -> None:
        """Have somebody's next check-in be due now."""
        due = sa.update(Enrolment).where(col(Enrolment.resident_id) == self.residents[name])
        with self.session() as session, session.begin():
            session.execute(due.values(next_at=datetime.now(UTC)))

    def give_faults(self, faults: dict[str, object] | None) -> None:
        """Have the model do these things wrong from now on; None for none."""
        address = self.model_url + "/sandbox/faults"
        httpx2.post(address, json=faults or {}).raise_for_status()

    def tape(self, story: str, attempt: int = -1) -> Tape:
        """The carrier's own tape of one of a resident's calls, the last unless told otherwise."""
        call_sid = self.found(story).attempts[attempt].call_sid
        return Tape.of(self.folder / "tapes" / f"{call_sid}.wav")

    def found(self, story: str) -> Found:
        """What became of the resident with this story; of their first check-in, when they rang back for another."""
        with self.session() as session:
            resident = session.get_one(Resident, self.residents[story])
            check_in = session.exec(
                select(CheckIn).where(CheckIn.resident_id == resident.id, CheckIn.reason != LATER)
                .order_by(col(CheckIn.slot))
            ).first()  # fmt: skip
            if check_in is None:
                raise LookupError(f"{story} is not planned yet")
            attempts = list(
                session.exec(select(Attempt).where(Attempt.check_in_id == check_in.id).order_by(col(Attempt.number)))
            )
            turns = session.exec(
                select(Turn).where(Turn.resident_id == resident.id).order_by(col(Turn.starts_ms))
            ).all()
            signals = list(session.exec(select(Signal).where(Signal.resident_id == resident.id)))
            quotes = [
                evidence.quote(resident.seal)
                for signal in signals
                for evidence in session.exec(select(Evidence).where(Evidence.signal_id == signal.id))
            ]
            return Found(
                resident, check_in, attempts,
                [(str(turn.speaker), turn.words(resident.seal), turn.source) for turn in turns],
                session.exec(select(Assessment).where(Assessment.check_in_id == check_in.id)).first(),
                signals, quotes,
                session.exec(select(Case).where(Case.resident_id == resident.id)).first(),
            )  # fmt: skip


@dataclass(frozen=True)
class Someone:
    """A resident made up for one city: how they answer the telephone (docs/sandbox.md), what they consented to, and what
    earlier calls left of them."""

    story: dict[str, object]
    language: str = "ko"
    consents: tuple[ConsentScope, ...] = tuple(ConsentScope)
    notes: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """The two digits their number ends with: they speak the language of that half, and are otherwise made up."""
        return 50 if self.language == "en" else 0


Consents = Mapping[str, tuple[ConsentScope, ...]]
Notes = Mapping[str, tuple[str, ...]]


def _told(people: Mapping[str, Someone]) -> tuple[Mapping[str, object], Consents, Notes]:
    return (
        {name: {"language": one.language, **one.story} for name, one in people.items()},
        {name: one.consents for name, one in people.items()},
        {name: one.notes for name, one in people.items()},
    )


@contextmanager
def running(folder: Path, stories: dict[str, int], *, faults: dict[str, object] | None = None, speed: int = SPEED,
            dongs: Mapping[str, str] = MappingProxyType({}), people: Mapping[str, object] = MappingProxyType({}),
            at_home: Collection[str] = (), made_up: Mapping[str, Someone] = MappingProxyType({}),
            settings: Mapping[str, str] = MappingProxyType({}),
            prepare: Callable[[City], None] | None = None, until_done: bool = True, tapped: bool = False) -> Iterator[City]:  # fmt: skip
    """Start stand-ins and an OnCall of their own, enrol one resident a story, wait until nobody is left to be called.

    `faults` are set on the model before the first call; `dongs` says where somebody lives, `people` who they are instead
    of their story (`/sandbox/people`), `made_up` are further residents; those of the stories `at_home` do not agree to
    processing abroad; `settings` are set in OnCall's environment;
    `tapped` keeps what was said on the model's line, which costs as much as a call; `prepare` runs when all are enrolled and nobody has been called.
    """
    stories = stories | {name: one.code for name, one in made_up.items()}
    told, consents, notes = _told(made_up)
    url = _new_database(folder)
    with _stand_ins(folder, speed) as sandbox, ExitStack() as listening:
        model_url, tap = sandbox["OPENAI_BASE_URL"].removesuffix("/v1"), None
        if tapped:
            tap = listening.enter_context(tapping(model_url))
            sandbox = sandbox | {"OPENAI_BASE_URL": f"{tap.url}/v1"}
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        port = _free_port()
        city = City(engine, f"http://127.0.0.1:{port}", sandbox, model_url, folder, tap)
        environment = {
            **os.environ, **city.sandbox, "ONCALL_DATABASE_URL": url, "ONCALL_DATA": str(folder),
            "ONCALL_PUBLIC_URL": city.url, "ONCALL_LINES": LINES, "ONCALL_CPS": "5",
            "ONCALL_REQUIRE_DUTY": "false",
            "ONCALL_SECRET_FILE": str(Path(os.environ["ONCALL_DATA"]) / "secret.key"), **settings,
        }  # fmt: skip
        city.environment = environment
        if faults:
            city.give_faults(faults)
        subprocess.run([sys.executable, "-m", "oncall", "upgrade"], env=environment, check=True, capture_output=True)
        at_home_only = dict.fromkeys(at_home, tuple(set(ConsentScope) - {ConsentScope.OVERSEAS}))
        _enrol(city, stories, dongs, {**people, **told}, {**at_home_only, **consents}, notes)
        if prepare is not None:
            prepare(city)
        with (folder / "oncall.log").open("w") as noise:
            command = [sys.executable, "-m", "oncall", "serve", "--port", str(port)]
            city.process = serving = subprocess.Popen(command, env=environment, stderr=noise)
        try:
            if until_done:
                _wait_until_done(city)
            yield city
        finally:
            serving.terminate()
            serving.wait(20)
            engine.dispose()


@contextmanager
def _stand_ins(folder: Path, speed: int) -> Iterator[dict[str, str]]:
    """The settings that point at a carrier and a model in a process of their own."""
    command = [sys.executable, "-m", "oncall", "sandbox", "--speed", str(speed), "--cps", "20",
               "--tapes", str(folder / "tapes")]  # fmt: skip
    with (folder / "sandbox.log").open("w") as noise:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=noise, text=True)
    told: dict[str, str] = {}
    assert process.stdout is not None
    try:
        while "ONCALL_CALLER_ID" not in told and (line := process.stdout.readline()):
            key, _, value = line.strip().partition("=")
            told[key] = value
        yield told
    finally:
        process.terminate()
        process.wait(20)


def _new_database(folder: Path) -> str:
    base = os.environ["ONCALL_DATABASE_URL"]
    name = f"city_{os.getpid()}_{folder.name.replace('-', '_')}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return base.replace("/" + base.split("?")[0].rsplit("/", 1)[1], "/" + name, 1)


def _enrol(city: City, stories: Mapping[str, int], dongs: Mapping[str, str], people: Mapping[str, object],
           consents: Consents, notes: Notes) -> None:  # fmt: skip
    """Have these people in the city's one campaign, due now; their numbers are given before anybody can be dialled."""
    now, first = datetime.now(UTC), len(city.phones)
    for position, (story, code) in enumerate(stories.items(), first):
        city.phones[story] = f"+8210{5000 + position:04d}{code + 1000:04d}"
    city.give_numbers({city.phones[story]: people[story] for story in stories if story in people})
    with city.session() as session, session.begin():
        campaign = session.exec(select(Campaign)).first() or make_campaign(
            session, windows=["mon-sun 00:00-24:00"], holidays=True, starts=now.date() - timedelta(days=1), attempts=2,
            retry_after_seconds=[2], busy_retry_after_seconds=1, lines=24,
            facts=["meals", "medication", "health_change", "contact"],
        )  # fmt: skip
        for story, code in stories.items():
            resident = make_resident(
                session, f"김{story}", phone=city.phones[story], now=now,
                consents=consents.get(story, tuple(ConsentScope)), dong=dongs.get(story, "중동"),
                language=Language.EN if code >= 50 else Language.KO,
            )  # fmt: skip
            session.add(Enrolment(campaign_id=campaign.id, resident_id=resident.id, joined_at=now, next_at=now))
            city.residents[story] = resident.id
            for words in notes.get(story, ()):
                note = Memory(resident_id=resident.id, kind=MemoryKind.INTEREST, words_sealed=b"", made_at=now)
                note.write(resident.seal, words)
                session.add(note)


def _wait_until_done(city: City) -> None:
    deadline = time.monotonic() + 400  # a keypad call waits up to a minute for its tape, whatever the telephone's speed
    states: list[str] = []
    while time.monotonic() < deadline:
        assert city.process is not None
        assert city.process.poll() is None, f"OnCall ended early:\n{city.log()[-3000:]}"
        with city.session() as session:
            rows = session.exec(select(CheckIn).where(CheckIn.reason != LATER)).all()
            names = {who: story for story, who in city.residents.items()}
            states = [f"{names[row.resident_id]}: {row.state}" for row in rows if not row.state.is_final]
            if names.keys() <= {row.resident_id for row in rows} and not states:
                return
        time.sleep(0.5)
    pytest.fail(f"not everybody was accounted for: {sorted(states)}\n{city.log()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
