"""Wishes about the call with the model dead: each one honoured, confirmed and kept, however many there are."""

# ruff: noqa: F811 (a fixture is imported, and asked for by its name)

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from oncall.call import voice
from oncall.models import Consent, ConsentScope, Event, Language, Manner, Path, Resident, Verb
from oncall.models.manner import SPEED
from tests.call.test_half_said import hangs_up, hears
from tests.call.test_keypad import Telephone, asked_by_carrier, called, carrier, ko  # noqa: F401 (a fixture)
from tests.call.test_wishes import remember
from tests.makers import NOON

EVERYTHING = tuple(ConsentScope)


def wished(session: Session) -> list[str]:
    session.flush()
    events = session.exec(select(Event).where(Event.verb == Verb.STANDING_CHANGED))
    return [str(event.detail["wish"]) for event in events if "wish" in event.detail]


def test_a_second_and_a_third_wish_are_honoured_and_confirmed_too(carrier: TestClient, session: Session) -> None:
    attempt = called(session, consents=EVERYTHING, facts=["meals"])
    phone = Telephone(carrier, attempt).pick_up().presses("1")
    for words, line in [("녹음하지 마세요", "wish_do_not_record"), ("그 얘기는 잊어 주세요", "wish_forget"),
                        ("다시 말해 줘요", "wish_say_again"), ("나에 대해 뭘 알고 있어요?", "wish_about_me")]:  # fmt: skip
        action = phone.action
        first = phone.says(words).twiml
        assert phone.heard.startswith(ko(line))
        assert "식사" in phone.heard
        phone.action = action
        assert phone.says(words).twiml == first
    assert wished(session) == ["do_not_record", "forget", "say_again", "about_me"]
    assert phone.presses("1").is_over


def test_who_asks_what_we_know_hears_their_notes_and_none_of_health(carrier: TestClient, session: Session) -> None:
    """C-15: as in a talk; and whoever has not said who they are hears what we hold of everybody."""
    attempt = called(session, consents=EVERYTHING, facts=["meals"])
    resident = session.get_one(Resident, attempt.resident_id)
    for note in ("바둑을 두심", "혈압약을 드심", '"상추"를 심으심 & <끝>'):
        remember(session, resident, note)
    phone = Telephone(carrier, attempt).pick_up()
    phone.says("나에 대해 뭘 알고 있어요?")
    assert phone.heard.startswith(ko("wish_about_me"))
    assert "바둑" not in phone.heard
    phone.presses("1").says("나에 대해 뭘 알고 있어요?")
    assert phone.heard.startswith(ko("wish_about_me"))
    assert "바둑을 두심. '상추'를 심으심" in phone.heard
    assert "혈압약" not in phone.heard
    phone.says("그 얘기는 잊어 주세요")
    phone.says("나에 대해 뭘 알고 있어요?")
    assert phone.heard.startswith(ko("wish_about_me") + " " + ko("known_nothing"))


def test_who_wishes_the_same_again_is_answered_and_it_is_written_once(carrier: TestClient, session: Session) -> None:
    phone = Telephone(carrier, called(session, consents=EVERYTHING)).pick_up().presses("1")
    for _ in range(3):
        assert phone.says("녹음하지 마세요").heard.startswith(ko("wish_do_not_record"))
    refused = select(Consent).where(Consent.scope == ConsentScope.RECORDING, Consent.given == False)  # noqa: E712 (SQL)
    assert len(session.exec(refused).all()) == 1


def test_a_voice_that_wishes_without_end_is_not_answered_for_ever(carrier: TestClient, session: Session) -> None:
    phone = Telephone(carrier, called(session, consents=EVERYTHING)).pick_up().presses("1")
    for _ in range(20):
        phone.says("다시 말해 줘요")
        if not phone.heard.startswith(ko("wish_say_again")):
            break
    assert phone.heard == ko("keypad_still_there")


def rates(phone: Telephone) -> set[str]:
    return set(re.findall(r'<prosody[^>]*rate="([^"]+)"', phone.twiml))


@pytest.mark.parametrize(("language", "yes", "words"), [
    (Language.KO, "네, 맞아요.", "천천히 말해 줘요."), (Language.EN, "Yes, speaking.", "Could you speak more slowly?"),
])  # fmt: skip
def test_slower_is_slower_at_once_and_in_the_next_call(
    carrier: TestClient, session: Session, language: Language, yes: str, words: str
) -> None:
    attempt = called(session, consents=EVERYTHING, language=language)
    phone = Telephone(carrier, attempt).pick_up().says(yes)
    assert rates(phone) == set()
    action = phone.action
    first = phone.says(words).twiml
    assert rates(phone) == {"83%"}
    phone.action = action
    assert phone.says(words).twiml == first, "asked for once, however often we are told of it"
    manner = session.get_one(Manner, attempt.resident_id)
    assert manner.speed == pytest.approx(SPEED - 0.15)
    assert session.exec(select(Event).where(Event.verb == Verb.MANNER_CHANGED)).one().detail["asked"] is True
    phone.says(words)
    assert rates(phone) == {"78%"}, "and slower still, down to the slowest"
    again = called(session, consents=EVERYTHING)
    again.resident_id = attempt.resident_id
    session.flush()
    assert rates(Telephone(carrier, again, sid="CA2").pick_up()) == {"78%"}


def test_louder_is_louder_at_once_and_in_the_next_call(carrier: TestClient, session: Session) -> None:
    attempt = called(session, consents=EVERYTHING)
    phone = Telephone(carrier, attempt).pick_up().presses("1").says("소리가 작아요. 크게 말해 주세요.")
    assert phone.twiml.count('volume="loud"') == phone.twiml.count("<Say")
    assert session.get_one(Manner, attempt.resident_id).louder
    assert phone.presses("1").twiml.count('volume="loud"') == phone.twiml.count("<Say")


def test_slower_is_learned_when_the_line_goes_down_over_it(carrier: TestClient, session: Session) -> None:
    attempt = called(session, consents=EVERYTHING)
    telephone = Telephone(carrier, attempt).pick_up().presses("1")
    hears(carrier, telephone, "천천히 말해 줘요", 0)
    hangs_up(carrier, attempt)
    assert session.get_one(Manner, attempt.resident_id).speed < SPEED


def test_a_spoken_line_is_played_slower_where_there_is_its_sound(
    carrier: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "sound", lambda *_: b"\xff")
    attempt = called(session, consents=EVERYTHING)
    phone = Telephone(carrier, attempt).pick_up().presses("1")
    assert voice.fingerprint(ko("keypad_purpose"), Language.KO, 0.9) in phone.twiml
    phone.says("천천히 말해 줘요.")
    assert f"{voice.fingerprint(ko('wish_slower'), Language.KO, 0.75)}.wav" in phone.twiml
    phone.says("크게 말해 주세요.")
    assert f"{voice.fingerprint(ko('wish_louder'), Language.KO, 0.75)}-louder.wav" in phone.twiml


@pytest.mark.parametrize("path", [Path.KEYPAD, Path.TALK])
def test_who_is_known_to_hear_badly_is_spoken_to_slowly_and_loudly_from_the_first_word(
    carrier: TestClient, session: Session, path: Path
) -> None:
    attempt = called(session, consents=EVERYTHING, path=path)
    session.add(Manner(resident_id=attempt.resident_id, speed=0.75, hard_of_hearing=True, changed_at=NOON))
    session.flush()
    answered = asked_by_carrier(carrier, f"/voice/{attempt.token}/answer", {"CallSid": "CA1"})
    said = list(answered.iter("Say"))
    assert said
    for one in said:
        (prosody,) = one.iter("prosody")
        assert (prosody.get("rate"), prosody.get("volume")) == ("83%", "loud")
    assert "김순자" in "".join(answered.itertext())
