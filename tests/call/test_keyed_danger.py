"""Danger with the model dead: the hold that fits it, what must be asked, the answers on the card, and no end of ours."""

# ruff: noqa: F811 (a fixture is imported, and asked for by its name)

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from oncall import clock
from oncall.call import lines, progress, redial
from oncall.call.keyed_danger import Begun, known_numbers, known_of
from oncall.models import (
    Alarm,
    Attempt,
    AttemptKind,
    AttemptState,
    ConsentScope,
    Language,
    Level,
    Resident,
    SignalCode,
    Standing,
    Subject,
    Turn,
)
from oncall.models.risk import Detector
from tests.call.test_keypad import Telephone, broken_talk, called, carrier, ko, notes_of  # noqa: F401 (a fixture)

EVERYTHING = tuple(ConsentScope)
YES = {Language.KO: "네, 맞아요.", Language.EN: "Yes, speaking."}


def said(language: Language, *keys: str | tuple[str, int]) -> str:
    """These fixed lines, one after another."""
    return " ".join(
        lines.line(key if isinstance(key, str) else key[0], language, turn=0 if isinstance(key, str) else key[1])
        for key in keys
    )


def asked(carrier: TestClient, session: Session, language: Language = Language.KO, *,
          facts: list[str] | None = None) -> tuple[Attempt, Telephone]:  # fmt: skip
    """Somebody who may be heard abroad has said who they are, and the first question is on the line."""
    attempt = called(session, consents=EVERYTHING, language=language, facts=facts)
    return attempt, Telephone(carrier, attempt).pick_up().says(YES[language])


def the_alarm(session: Session) -> Alarm:
    return session.exec(select(Alarm)).one()


def on_the_card(session: Session, attempt: Attempt) -> dict[str, str]:
    session.flush()
    return the_alarm(session).answers(session.get_one(Resident, attempt.resident_id).seal)


@pytest.mark.parametrize(("language", "words"), [
    (Language.KO, "죽고 싶어요"), (Language.KO, "아이고, 늙으면 죽어야지."), (Language.KO, "그냥 자다가 안 깼으면 좋겠어"),
    (Language.EN, "I want to die"), (Language.EN, "I don't want to live any more"),
])  # fmt: skip
def test_words_of_death_are_never_thanked_for_but_asked_about_and_held(
    carrier: TestClient, session: Session, language: Language, words: str
) -> None:
    """H-13, C-21, C-22: the same turns as in a talk."""
    attempt, phone = asked(carrier, session, language)
    assert phone.says(words).heard == said(language, "ask_dying")
    alarm = the_alarm(session)
    assert (alarm.code, alarm.level, alarm.detector) == (SignalCode.SUICIDAL_IDEATION, Level.URGENT, Detector.NET)
    assert alarm.quote(session.get_one(Resident, attempt.resident_id).seal) == words
    yes = {Language.KO: "네, 들어요", Language.EN: "Yes, I have"}[language]
    assert phone.says(yes).heard == said(language, "hold_suicide", "ask_dying_now")
    assert phone.says(yes).heard == said(language, "fact_where")
    session.refresh(alarm)
    assert (alarm.level, phone.is_over) == (Level.EMERGENCY, False), "C-24: right now makes it an emergency"
    assert on_the_card(session, attempt) == {"dying": yes, "dying_now": yes}


def test_not_right_now_stays_urgent_and_the_line_is_kept(carrier: TestClient, session: Session) -> None:
    _, phone = asked(carrier, session)
    phone.says("죽고 싶어요").says("네").says("아니요, 지금은 아니에요")
    assert phone.heard == ko("fact_where")
    assert the_alarm(session).level is Level.URGENT
    for _ in range(10):
        assert not phone.says_nothing().is_over


def test_who_does_not_say_is_asked_once_more_and_then_taken_at_their_first_word(
    carrier: TestClient, session: Session
) -> None:
    _, phone = asked(carrier, session)
    phone.says("죽고 싶어요")
    assert phone.says_nothing().heard == ko("ask_dying")
    action = phone.action
    first = phone.says_nothing().twiml
    assert phone.heard == said(Language.KO, "hold_suicide", "ask_dying_now")
    phone.action = action
    assert phone.says_nothing().twiml == first, "a repeated webhook is given the same words"
    phone.says_nothing().says_nothing()
    assert the_alarm(session).level is Level.EMERGENCY, "no answer is not a no"


def test_a_set_phrase_that_is_denied_is_followed_by_the_question_it_was_said_at(
    carrier: TestClient, session: Session
) -> None:
    attempt, phone = asked(carrier, session, facts=["meals", "sleep"])
    phone.says("늙으면 죽어야지")
    action = phone.action
    denied = "아니요, 그런 생각은 없어요"
    first = phone.says(denied).twiml
    assert "식사" in phone.heard
    phone.action = action
    assert phone.says(denied).twiml == first
    assert "잠을" in phone.presses("1").heard
    assert the_alarm(session).level is Level.URGENT, "what was raised stays raised"
    assert phone.says("늙으면 죽어야지").heard == said(Language.KO, "hold_suicide", "ask_dying_now"), (
        "said once more after it was denied, it is believed"
    )
    assert len(session.exec(select(Alarm)).all()) == 1
    assert notes_of(session, attempt).keys() == {"meals"}


@pytest.mark.parametrize(("at", "asked_then"), [
    (["죽고 싶어요"], "김순자 님"), (["", "죽고 싶어요"], "식사"), (["네, 맞아요.", "", "죽고 싶어요"], "잠을"), (["네, 맞아요.", "2번", "죽고 싶어요"], "잠을"),
])  # fmt: skip
def test_wherever_it_was_said_the_check_goes_on_after_a_clear_no(
    carrier: TestClient, session: Session, at: list[str], asked_then: str
) -> None:
    phone = Telephone(carrier, called(session, consents=EVERYTHING, facts=["meals", "sleep"])).pick_up()
    for words in at:
        if words:
            phone.says(words)
        else:
            phone.says_nothing()
    assert phone.heard == ko("ask_dying")
    assert asked_then in phone.says("아니요").heard


@pytest.mark.parametrize(("language", "words"), [
    (Language.KO, "아들이 때려요"), (Language.KO, "며느리가 밥을 안 줘"), (Language.EN, "My son hits me"),
])  # fmt: skip
def test_abuse_is_answered_by_its_own_lines_and_leaves_an_alarm(
    carrier: TestClient, session: Session, language: Language, words: str
) -> None:
    """C-25: yes and no are enough, nothing of it is repeated, and whoever is overheard gives nothing away."""
    attempt, phone = asked(carrier, session, language)
    assert phone.says(words).heard == said(language, "hold_abuse", "ask_alone_to_talk")
    alarm = the_alarm(session)
    assert (alarm.code, alarm.level) == (SignalCode.ABUSE_NEGLECT, Level.URGENT)
    no = {Language.KO: "아니요", Language.EN: "No"}[language]
    assert phone.says(no).heard == said(language, "fact_where")
    assert phone.says(no).heard == said(language, "fact_door"), "not whether they are alone"
    assert phone.says(no).heard == said(language, ("stay", 0))
    assert on_the_card(session, attempt) == {"alone_to_talk": no, "where": no, "door": no}


@pytest.mark.parametrize(("language", "words"), [
    (Language.KO, "검사라는 사람이 돈을 보내래요. 지금 은행이에요."),
    (Language.KO, "검사한테 돈을 보냈어요"),
    (Language.EN, "A prosecutor says send money. I'm at the bank now."),
])  # fmt: skip
def test_a_scam_being_paid_is_told_to_stop_first(
    carrier: TestClient, session: Session, language: Language, words: str
) -> None:
    """C-26, H-32."""
    _, phone = asked(carrier, session, language)
    assert phone.says(words).heard == said(language, "hold_scam", "fact_where")
    assert the_alarm(session).code is SignalCode.SCAM
    yes = YES[language]
    assert phone.says(yes).heard == said(language, "fact_alone")
    assert phone.says(yes).heard == said(language, ("stay", 0))


def test_the_four_facts_are_asked_one_at_a_time_and_their_words_are_on_the_card(
    carrier: TestClient, session: Session
) -> None:
    attempt, phone = asked(carrier, session)
    assert phone.says("넘어져서 못 일어나겠어요").heard == said(Language.KO, "hold", "fact_where")
    words = {"where": "안방 바닥이요", "awake": "숨은 쉬어요", "alone": "나 혼자야", "door": "잠겼어"}
    followed = ["fact_awake", "fact_alone", "fact_door", ("stay", 0)]
    for answer, then in zip(words.values(), followed, strict=True):
        action = phone.action
        first = phone.says(answer).twiml
        assert phone.heard == said(Language.KO, then)
        phone.action = action
        assert phone.says(answer).twiml == first
    assert on_the_card(session, attempt) == words
    assert len(session.exec(select(Alarm)).all()) == 1


def test_a_neighbour_is_asked_about_in_words_that_fit(carrier: TestClient, session: Session) -> None:
    _, phone = asked(carrier, session)
    assert phone.says("옆집 사람이 쓰러졌어요").heard == said(Language.KO, "hold", "fact_where_other")
    assert the_alarm(session).subject is Subject.THIRD_PARTY


def test_a_child_is_spoken_to_as_a_child(carrier: TestClient, session: Session) -> None:
    phone = Telephone(carrier, called(session, consents=EVERYTHING)).pick_up().says("할머니가 안 일어나요.")
    assert phone.heard == said(Language.KO, "hold_child", "fact_where_child")
    assert phone.says("네").heard == said(Language.KO, "fact_awake_child")


def test_where_keys_are_all_we_take_the_facts_are_asked_by_keys(carrier: TestClient, session: Session) -> None:
    attempt = called(session)
    phone = Telephone(carrier, attempt).pick_up().presses("9")
    assert phone.heard == said(Language.KO, "hold", "fact_where", "keypad_yes_or_no")
    assert phone.presses("1").heard == said(Language.KO, "keypad_fact_awake")
    assert phone.presses("2").heard == said(Language.KO, "fact_alone", "keypad_yes_or_no")
    assert phone.presses("5").heard == said(Language.KO, "fact_alone", "keypad_yes_or_no"), "no answer: once more"
    assert phone.presses("*").heard == said(Language.KO, "fact_door", "keypad_yes_or_no")
    assert phone.presses("2").heard == ko("stay")
    assert on_the_card(session, attempt) == {
        "where": "네 [1번 누름]", "awake": "괜찮지 않음 [2번 누름]", "alone": "", "door": "아니요 [2번 누름]",
    }  # fmt: skip


def test_somebody_else_who_presses_nine_is_asked_about_whoever_it_is(carrier: TestClient, session: Session) -> None:
    phone = Telephone(carrier, called(session)).pick_up().presses("2").presses("9")
    assert phone.heard == said(Language.KO, "hold", "keypad_fact_where_other")


def test_more_danger_in_a_hold_is_answered_and_raised_once(carrier: TestClient, session: Session) -> None:
    _, phone = asked(carrier, session)
    phone.says("넘어져서 못 일어나겠어요")
    action = phone.action
    first = phone.says("약을 모아놨어. 오늘 밤에 다 먹으려고").twiml
    assert phone.heard == said(Language.KO, "hold_suicide", "ask_dying_now")
    phone.action = action
    assert phone.says("약을 모아놨어. 오늘 밤에 다 먹으려고").twiml == first
    raised = session.exec(select(Alarm).order_by(col(Alarm.raised_at))).all()
    assert [one.code for one in raised] == [SignalCode.FALL, SignalCode.SUICIDAL_IDEATION]


def test_a_nine_while_words_of_death_are_asked_about_is_help_now(carrier: TestClient, session: Session) -> None:
    _, phone = asked(carrier, session)
    assert phone.says("죽고 싶어요").presses("9").heard == said(Language.KO, "hold", "ask_dying")
    levels = [one.level for one in session.exec(select(Alarm).order_by(col(Alarm.level)))]
    assert sorted(levels) == [Level.EMERGENCY, Level.URGENT]


def test_a_wish_in_a_hold_is_honoured_and_the_line_is_kept(carrier: TestClient, session: Session) -> None:
    attempt, phone = asked(carrier, session)
    phone.says("넘어져서 못 일어나겠어요").says("이제 전화하지 마세요")
    assert not phone.is_over
    assert session.get_one(Resident, attempt.resident_id).standing is Standing.WITHDRAWN


def rung_again(session: Session, attempt: Attempt) -> Attempt:
    """The line drops, and rings once more."""
    progress.carrier_says(session, attempt, "completed", clock.now())
    assert redial.if_dropped(session, attempt, clock.now())
    again = session.exec(select(Attempt).where(Attempt.kind == AttemptKind.REDIAL)).one()
    again.state = AttemptState.RINGING
    session.flush()
    return again


def test_the_one_redial_goes_on_with_what_is_not_known_yet(carrier: TestClient, session: Session) -> None:
    """R-21."""
    attempt, phone = asked(carrier, session)
    phone.says("넘어져서 못 일어나겠어요").says("부엌이요")
    again = rung_again(session, attempt)
    phone = Telephone(carrier, again, sid="CA2").pick_up()
    assert phone.heard == ko("call_again")
    assert phone.says("아니요").heard == said(Language.KO, "hold", "fact_awake"), "where they are is known"
    assert phone.says("네").heard == ko("fact_alone")
    card = on_the_card(session, again)
    assert (card["where"], card["all_right"], card["awake"]) == ("부엌이요", "아니요", "네")


def test_the_redial_of_a_child_speaks_as_to_a_child(carrier: TestClient, session: Session) -> None:
    """R-21, C-33."""
    attempt = called(session, consents=EVERYTHING)
    phone = Telephone(carrier, attempt).pick_up()
    assert phone.says("할머니가 안 일어나요").heard == said(Language.KO, "hold_child", "fact_where_child")
    again = rung_again(session, attempt)
    phone = Telephone(carrier, again, sid="CA2").pick_up()
    assert phone.says("아니요").heard == said(Language.KO, "hold_child", "fact_where_child")


def alarmed_in_a_talk(session: Session, answers: dict[str, str]) -> Attempt:
    attempt = broken_talk(session)
    resident = session.get_one(Resident, attempt.resident_id)
    alarm = Alarm(attempt_id=attempt.id, resident_id=resident.id, code=SignalCode.SUICIDAL_IDEATION, level=Level.URGENT,
                  detector=Detector.NET, quote_sealed=b"", second=1.0, raised_at=attempt.answered_at)  # fmt: skip
    alarm.write(resident.seal, "늙으면 죽어야지")
    alarm.write_answers(resident.seal, answers)
    session.add(alarm)
    session.flush()
    return attempt


@pytest.mark.parametrize(("answers", "heard"), [
    ({}, ["ask_dying"]), ({"dying": "네"}, ["hold_suicide", "ask_dying_now"]),
    ({"dying": "네", "dying_now": "아니요"}, ["hold_suicide", "fact_where"]),
])  # fmt: skip
def test_a_talk_that_breaks_off_over_words_of_death_goes_on_where_it_was(
    carrier: TestClient, session: Session, answers: dict[str, str], heard: list[str]
) -> None:
    phone = Telephone(carrier, alarmed_in_a_talk(session, answers)).stream_breaks()
    assert phone.heard == said(Language.KO, *heard)
    action, first = phone.action, phone.says("네").twiml
    phone.action = action
    assert phone.says("네").twiml == first


def test_what_was_denied_in_the_talk_does_not_stop_the_check(carrier: TestClient, session: Session) -> None:
    phone = Telephone(carrier, alarmed_in_a_talk(session, {"dying": "아니요"})).stream_breaks()
    assert phone.heard.startswith(ko("keypad_switch"))


def test_company_is_kept_by_the_same_words_for_the_same_answer_however_late_it_is_repeated(
    carrier: TestClient, session: Session
) -> None:
    attempt, phone = asked(carrier, session)
    phone.says("넘어져서 못 일어나겠어요")
    for _ in range(12):
        for turn in session.exec(select(Turn).where(Turn.attempt_id == attempt.id)):
            turn.said_at -= timedelta(seconds=50)
        session.flush()
        action = phone.action
        first = phone.says_nothing().twiml
        assert not phone.is_over
        for turn in session.exec(select(Turn).where(Turn.attempt_id == attempt.id)):
            turn.said_at -= timedelta(seconds=20)
        session.flush()
        phone.action = action
        assert phone.says_nothing().twiml == first


def test_what_began_and_what_was_known_is_kept_in_numbers_and_read_back() -> None:
    for begun in (Begun(), Begun(SignalCode.SCAM, Level.URGENT, Subject.THIRD_PARTY)):
        assert Begun.of_turn(Turn(timing=begun.numbers)) == begun
    assert Begun.of_turn(Turn(timing={"step": 1})) is None
    assert known_of(Turn(timing=known_numbers({"where": "집", "door": "", "dying": "네"}))) == {"where", "dying"}
