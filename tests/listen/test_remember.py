"""What is carried to the next call: the resident's own words, little of it, nothing sensitive, never without consent."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from oncall.listen import answer, remember
from oncall.listen.answer import SaidMemory
from oncall.listen.assess import assess
from oncall.listen.remember import MOST_KEPT, Note
from oncall.listen.transcript import Line, Transcript
from oncall.models import (
    ConsentScope,
    Event,
    Memory,
    MemoryKind,
    Resident,
    Verb,
)
from oncall.models.memory import forget_all
from oncall.models.sensitive import sensitive_in
from oncall.models.turn import Speaker
from oncall.settings import settings
from tests.listen.conftest import Door
from tests.makers import NOON, make_attempt, make_check_in, make_resident

BADUK = "바둑 두는 재미로 살지"


def lines(*said: tuple[str, str]) -> list[Line]:
    return [Line(speaker=Speaker(who), text=text) for who, text in said]


def worth(kind: str, text: str, turn: int, *said: tuple[str, str], language: str = "ko") -> tuple[Note, ...]:
    return remember.worth([SaidMemory(kind=MemoryKind(kind), text=text, turn=turn)], lines(*said), language)


def noted(session: Session, resident: Resident) -> list[str]:
    rows = select(Memory).where(Memory.resident_id == resident.id).order_by(col(Memory.made_at), col(Memory.kind))
    return [memory.words(resident.seal) for memory in session.exec(rows)]


@pytest.fixture
def call(session: Session) -> Any:
    """(resident, attempt id) of a call of somebody who consents to everything."""
    resident = make_resident(session)
    return resident, make_attempt(session, make_check_in(session, resident)).id


def test_the_residents_own_words_are_remembered() -> None:
    assert worth("interest", BADUK, 1, ("agent", "요즘 어떠세요?"), ("resident", f"{BADUK}, 허허.")) == (
        Note(MemoryKind.INTEREST, BADUK),
    )


def test_our_words_and_invented_ones_are_not() -> None:
    said = (("agent", "바둑 두시는 거 좋아하세요?"), ("resident", "그저 그래요."))
    assert worth("interest", "바둑 두시는 거", 0, *said) == ()
    assert worth("interest", "낚시를 좋아함", 1, *said) == ()


@pytest.mark.parametrize("text", [
    "혈압약 이야기", "병원 다니는 재미", "연금 나오는 날", "아들이 때리는 이야기", "교회 찬송가", "굿하러 가는 거", "무당 점 보러", "기도원에서 병 고친 거",
    "영감 제사 지내는 거", "빚 갚는 이야기", "선거 이야기",
])  # fmt: skip
def test_an_interest_never_touches_what_is_sensitive(text: str) -> None:
    """C-15: health, money, abuse, faith healing and the like are never spoken of first."""
    assert worth("interest", text, 0, ("resident", f"나는 {text} 그게 좋아")) == ()


@pytest.mark.parametrize(
    "text", ["my church choir", "my new doctor", "getting my pension", "the faith healer", "bank holiday cash"]
)
def test_nor_in_english(text: str) -> None:
    assert worth("interest", text, 0, ("resident", f"I do like {text}."), language="en") == ()


def test_the_list_lets_ordinary_pleasures_pass() -> None:
    known = sensitive_in(settings().prompts)
    for text in ("손자가 일요일에 온대", BADUK, "화분에 물 주는 거", "트로트 노래", "뜨개질", "야구 보는 거", "약속", "my garden",
                 "bingo on Tuesdays", "my granddaughter visits on Sunday", "knitting", "painting"):  # fmt: skip
        assert known.touched_by(text) is None, text
    assert known.owner


def test_what_the_net_hears_as_danger_is_never_a_note() -> None:
    said = "다 정리하고 이제 죽어야지 싶어"
    assert worth("interest", said, 0, ("resident", said)) == ()
    assert worth("complaint", said, 0, ("resident", said)) == ()


def test_a_long_standing_complaint_is_known_without_being_an_interest() -> None:
    said = "허리가 늘 쑤셔"
    assert worth("complaint", said, 0, ("resident", said)) == (Note(MemoryKind.COMPLAINT, said),)
    assert worth("interest", said, 0, ("resident", said)) == ()


def test_nothing_is_noted_of_a_call_in_which_they_said_forget_it() -> None:
    assert worth("interest", BADUK, 0, ("resident", BADUK), ("resident", "방금 한 말은 잊어 주세요")) == ()


def test_at_most_three_of_a_call() -> None:
    said = ["바둑이 좋아", "노래가 좋아", "낚시가 좋아", "야구가 좋아"]
    proposed = [SaidMemory(kind=MemoryKind.INTEREST, text=text, turn=n) for n, text in enumerate(said)]
    assert len(remember.worth(proposed, lines(*(("resident", text) for text in said)), "ko")) == 3


def test_notes_are_written_sealed_with_their_call(session: Session, call: Any) -> None:
    resident, attempt_id = call
    assert remember.keep(session, resident, [Note(MemoryKind.INTEREST, BADUK)], attempt_id, NOON) == 1
    memory = session.exec(select(Memory)).one()
    assert (memory.attempt_id, memory.words(resident.seal)) == (attempt_id, BADUK)
    assert BADUK.encode() not in memory.words_sealed
    event = session.exec(select(Event).where(Event.verb == Verb.REMEMBERED)).one()
    assert BADUK not in str(event.detail)


def test_the_same_note_in_another_spelling_is_written_once(session: Session, call: Any) -> None:
    resident, attempt_id = call
    remember.keep(session, resident, [Note(MemoryKind.INTEREST, BADUK)], attempt_id, NOON)
    assert remember.keep(session, resident, [Note(MemoryKind.INTEREST, "바둑두는 재미로 살지!")], attempt_id, NOON) == 0
    assert noted(session, resident) == [BADUK]


def test_without_consent_nothing_is_written(session: Session) -> None:
    resident = make_resident(session, consents=(ConsentScope.SERVICE, ConsentScope.OVERSEAS))
    attempt = make_attempt(session, make_check_in(session, resident))
    assert remember.keep(session, resident, [Note(MemoryKind.INTEREST, BADUK)], attempt.id, NOON) == 0
    assert noted(session, resident) == []


def test_after_forget_in_this_call_nothing_of_it_comes_back(session: Session, call: Any) -> None:
    resident, attempt_id = call
    forget_all(session, resident.id, NOON, about=f"attempt:{attempt_id}")
    session.flush()
    assert remember.keep(session, resident, [Note(MemoryKind.INTEREST, BADUK)], attempt_id, NOON) == 0


def test_the_oldest_interest_makes_room_and_a_complaint_never_does(session: Session, call: Any) -> None:
    resident, attempt_id = call
    first = [Note(MemoryKind.COMPLAINT, "허리가 늘 쑤셔"), *(Note(MemoryKind.INTEREST, f"노래 {n}") for n in range(11))]
    for n, note in enumerate(first):
        remember.keep(session, resident, [note], attempt_id, NOON + timedelta(minutes=n))
    remember.keep(session, resident, [Note(MemoryKind.INTEREST, BADUK)], attempt_id, NOON + timedelta(hours=1))
    kept = noted(session, resident)
    assert len(kept) == MOST_KEPT
    assert kept[0] == "허리가 늘 쑤셔"
    assert "노래 0" not in kept
    assert kept[-1] == BADUK


def test_notes_are_asked_for_only_of_somebody_who_agreed(door: Door) -> None:
    door.answers()
    told = {"id": "1", "lang": "ko", "turns": [{"speaker": "resident", "text": BADUK}]}
    assess(Transcript.model_validate(told))
    schema = door.asked[0]["text"]["format"]["schema"]
    assert "remember" not in schema["properties"]
    assert "promises" not in schema["properties"]
    door.says.clear()
    door.answers(remember=[{"kind": "interest", "text": BADUK, "turn": 0}])
    judged = assess(Transcript.model_validate(told | {"remembers": True}))
    assert judged.remember == (Note(MemoryKind.INTEREST, BADUK),)
    assert "remember" in door.asked[1]["text"]["format"]["schema"]["required"]


def test_notes_volunteered_without_consent_are_dropped(door: Door) -> None:
    door.answers(remember=[{"kind": "interest", "text": BADUK, "turn": 0}])
    told = {"id": "1", "lang": "ko", "turns": [{"speaker": "resident", "text": BADUK}]}
    assert assess(Transcript.model_validate(told)).remember == ()


def test_the_schema_stays_strict_with_notes_and_promises() -> None:
    schema = answer.schema(["meals"], remembers=True, promises=2)
    assert schema["required"] == list(schema["properties"])
    assert schema["$defs"]["SaidPromise"]["properties"]["index"]["enum"] == [0, 1]
    assert schema["$defs"]["SaidMemory"]["additionalProperties"] is False


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(("level", "kept"), [("watch", 2), ("concern", 1)])
def test_a_pain_of_a_call_that_worries_is_not_filed_as_long_known(door: Door, level: str, kept: int) -> None:
    from oncall import db
    from oncall.models import CheckInState, Outcome, TurnSource
    from tests.listen.test_understand import rows, understood
    from tests.makers import make_turns

    said = "허리가 늘 쑤셔"
    door.answers(level=level, remember=[{"kind": "complaint", "text": said, "turn": 1}, {"kind": "interest", "text": BADUK, "turn": 2}])  # fmt: skip
    with db.transaction() as session:
        check_in = make_check_in(session, state=CheckInState.HEARD)
        attempt = make_attempt(session, check_in, outcome=Outcome.SPOKEN)
        make_turns(
            session, attempt, ("agent", "어떠세요?"), ("resident", said), ("resident", BADUK), source=TurnSource.LIVE
        )
        check_in_id = check_in.id
    understood(check_in_id, NOON + timedelta(minutes=9))
    assert len(rows(Memory)) == kept
