"""What one call has taught about a resident's pace, the next one keeps to: through real sound, in two calls of one day."""

import pytest
from sqlmodel import col, select

from oncall.models import Attempt, CheckIn, Event, Manner, Speaker, Turn, TurnSource, Verb
from oncall.models.manner import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.people import IN_PIECES
from tests.journeys.waiting import until

pytestmark = pytest.mark.xdist_group("wishes")

SENTENCES = ["밥은 잘 먹었어요.", "약은 꼬박꼬박 먹고요.", "요새는 아픈 데 없어요.", "딸이 자주 와요."]


def turns_of_calls(city: City, name: str) -> list[list[str]]:
    """What somebody said in each of their calls, turn by turn, as it was heard while the call went on."""
    seal = city.found(name).resident.seal
    with city.session() as session:
        attempts = session.exec(
            select(Attempt).where(Attempt.resident_id == city.residents[name]).order_by(col(Attempt.answered_at))
        ).all()
        return [
            [turn.words(seal) for turn in session.exec(
                select(Turn).where(Turn.attempt_id == attempt.id, Turn.speaker == Speaker.RESIDENT,
                                   Turn.source == TurnSource.LIVE).order_by(col(Turn.position)))]
            for attempt in attempts
        ]  # fmt: skip


def whole(turns: list[str]) -> int:
    """How many of the sentences stand in one turn each."""
    return sum(any(sentence.rstrip(".") in turn for turn in turns) for sentence in SENTENCES)


@pytest.mark.parametrize("name", IN_PIECES)
def test_who_was_cut_in_on_is_waited_for_in_the_next_call(city_in_danger: City, name: str) -> None:
    """Learned in a call, kept with the resident, and used."""
    city = city_in_danger

    def both_are_done() -> bool:
        with city.session() as session:
            rows = session.exec(select(CheckIn).where(CheckIn.resident_id == city.residents[name])).all()
        return len(rows) == 2 and all(row.state.is_final for row in rows)

    until(both_are_done, 120)
    first, second = turns_of_calls(city, name)
    assert whole(first) <= 1, first
    assert whole(second) >= 3, second
    with city.session() as session:
        assert session.get_one(Manner, city.residents[name]).patience_ms > PATIENCE_MS
        learned = session.exec(
            select(Event).where(Event.verb == Verb.MANNER_CHANGED, Event.resident_id == city.residents[name])
        ).all()
    assert [event.detail["asked"] for event in learned] == [False] * len(learned)
    assert {"patience_ms": PATIENCE_MS + 250} in [event.detail["to"] for event in learned]
