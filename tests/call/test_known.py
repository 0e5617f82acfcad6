"""What a call knows of earlier ones: only with consent, and nothing sensitive is spoken of first (C-15, C-40)."""

import json

from sqlmodel import Session

from oncall.call.checklist import Checklist
from oncall.call.conversation import Conversation
from oncall.call.instructions import instructions
from oncall.call.line import Line
from oncall.call.speech_rules import SpeechRules
from oncall.models import ConsentScope, HelpRequest, Language, RequestState, Resident
from tests.call.test_wishes import remember
from tests.makers import NOON, make_attempt, make_check_in, make_resident


def arranged(session: Session, resident: Resident, answer: str, state: RequestState = RequestState.ARRANGED) -> None:
    request = HelpRequest(resident_id=resident.id, area_id=resident.area_id, state=state, words_sealed=b"",
                          asked_at=NOON, changed_at=NOON)  # fmt: skip
    request.write(resident.seal, "부탁")
    request.answer(resident.seal, answer)
    session.add(request)
    session.flush()


def told(session: Session, resident: Resident) -> str:
    line = Line.of(session, make_attempt(session, make_check_in(session, resident)))
    return instructions(line, Checklist())


def test_what_was_promised_is_asked_about_and_what_cannot_be_done_is_told(session: Session) -> None:
    resident = make_resident(session)
    remember(session, resident, "바둑을 두심")
    arranged(session, resident, "선풍기를 고쳐 드립니다")
    arranged(session, resident, "도배는 해 드릴 수 없습니다", RequestState.DECLINED)
    text = told(session, resident)
    assert "whether it has arrived" in text
    for words in ("바둑을 두심", "선풍기를 고쳐 드립니다", "도배는 해 드릴 수 없습니다"):
        assert f"«{words}»" in text


def test_whether_it_came_is_asked_by_the_checklist_and_no_fact_of_the_campaign(session: Session) -> None:
    """Not left to the model: the second question of the call, without which it cannot end it (C-36)."""
    resident = make_resident(session)
    arranged(session, resident, "금요일에 선풍기를 고쳐 드립니다.")
    noted: list[str] = []
    line = Line.of(session, make_attempt(session, make_check_in(session, resident)))
    call = Conversation(line, lambda fact, *_: noted.append(fact))
    assert call.checklist.to_ask == ["meals", "arrived", "sleep"]
    told = instructions(line, call.checklist)
    assert "2. [arrived] 지난번에 이렇게 말씀드렸지요: 금요일에 선풍기를 고쳐 드립니다. 그대로 되었나요?" in told
    for fact in ("meals", "arrived", "sleep"):
        call.last_heard = "네, 어제 점심때 다 그렇게 했어요."
        assert call.use("end_call", "{}").ends is None or fact == "sleep"
        call.use("note_fact", json.dumps({"fact": fact, "status": "answered", "words": call.last_heard}))
    assert noted == ["meals", "sleep"]
    call.close("done")
    assert noted == ["meals", "sleep"]


def test_what_a_person_promised_may_be_said_again_and_nothing_like_it(session: Session) -> None:
    """C-13: a promise that stands in the database."""
    rules = SpeechRules(Language.KO, answers=["금요일에 선풍기를 고쳐 드립니다."])
    assert rules.check("지난번에 이렇게 말씀드렸지요: 금요일에 선풍기를 고쳐 드립니다.") is None
    broken = rules.check("금요일에 냉장고를 고쳐 드립니다.")
    assert broken is not None
    assert broken.rule.startswith("C-13")
    assert SpeechRules(Language.KO).check("금요일에 선풍기를 고쳐 드립니다.") is not None


def test_a_sensitive_request_is_never_spoken_of_first(session: Session) -> None:
    resident = make_resident(session)
    arranged(session, resident, "병원 가는 차를 예약했습니다")
    arranged(session, resident, "빚 상담은 해 드릴 수 없습니다", RequestState.DECLINED)
    text = told(session, resident)
    assert "병원" not in text
    assert "빚" not in text


def test_an_interest_that_has_come_to_be_sensitive_is_not_offered_as_one(session: Session) -> None:
    """C-15: the list of such words grows, and notes are older."""
    resident = make_resident(session)
    remember(session, resident, "혈압약을 드심")
    remember(session, resident, "바둑을 두심")
    (offered,) = [row for row in told(session, resident).splitlines() if "you may mention one" in row]
    assert "«바둑을 두심»" in offered
    assert "혈압약" not in offered


def test_without_consent_to_notes_nothing_of_them_is_told(session: Session) -> None:
    resident = make_resident(session, consents=(ConsentScope.SERVICE, ConsentScope.OVERSEAS))
    remember(session, resident, "바둑을 두심")
    assert "바둑" not in told(session, resident)
