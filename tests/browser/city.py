"""A believable city for browser tests, pictures and tries: calls with words, findings in every state, staff of each role."""

import io
import math
import struct
import wave
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from oncall.follow_up import acts, cases
from oncall.models import (
    Alarm,
    AnsweredBy,
    Assessment,
    Attempt,
    AttemptState,
    Campaign,
    Case,
    CheckInState,
    Drill,
    Evidence,
    Level,
    Outcome,
    Recording,
    RecordingState,
    Resident,
    Role,
    Signal,
    SignalCode,
    Staff,
    Turn,
    TurnSource,
)  # fmt: skip
from oncall.models.risk import Detector
from oncall.web.login import hashed
from tests.makers import make_attempt, make_campaign, make_check_in, make_city, make_resident, make_staff, make_turns

PASSWORD = "부천 안부전화 2026"

Heard = tuple[SignalCode, Level, str]


@dataclass
class City:
    """What was seeded, by the names the tests speak of."""

    staff: dict[str, Staff] = field(default_factory=dict)
    residents: dict[str, Resident] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    campaign: Campaign | None = None
    sounds: dict[str, bytes] = field(default_factory=dict)  # recording key -> sealed bytes
    live: Attempt | None = None


def settle(session: Session, now: datetime) -> City:
    """The city as it stands at `now`: eleven residents, eight of them in the queue, one speaking, one ringing."""
    made = City()
    areas = make_city(session)
    secret = hashed(PASSWORD)
    for login, name, role, area in [
        ("han", "한지우", Role.CASEWORKER, "중동"), ("seo", "서민호", Role.SUPERVISOR, "부천시"),
        ("yun", "윤가람", Role.SCHEDULER, "부천시"), ("admin", "정보람", Role.ADMIN, "부천시"),
    ]:  # fmt: skip
        made.staff[login] = make_staff(session, role, area=area, login=login, password_hash=secret, name=name)
    made.campaign = make_campaign(session, area_id=areas["부천시"].id, changed_at=now)
    for name, dong, born, address in [
        ("홍광수", "중동", "1947", "중동로 12"), ("송정희", "중동", "1960", "부흥로 3"), ("박광수", "상동", "1940", None),
        ("최병철", "상동", "1961", None), ("장말순", "소사동", "1937", None), ("이정희", "중동", "1958", "중동로 30"),
        ("박금례", "중동", "1961", None), ("김순자", "중동", "1944", None), ("Grace Kim", "상동", "1950", None),
        ("오판석", "중동", "1949", None), ("남궁옥분", "소사동", "1935", None),
    ]:  # fmt: skip
        made.residents[name] = make_resident(session, name, dong=dong, birth_year=born, address=address, now=now)
    _flagged(session, made, now)
    _silent(session, made, now)
    _on_the_line(session, made, now)
    _drilled(session, made, now)
    session.flush()
    return made


def _drilled(session: Session, made: City, now: datetime) -> None:
    """The night's drill failed and this morning's went well."""
    for login, hours, failure, answered in (("han", 17, "not_acknowledged", None), ("han", 5, "", 21.4)):
        at = now - timedelta(hours=hours)
        had_it = at + timedelta(seconds=answered) if answered else None
        session.add(Drill(
            staff_id=made.staff[login].id, shift_started_at=at - timedelta(minutes=5), started_at=at, heard_ms=1.3,
            written_ms=18.0, paged_at=at + timedelta(seconds=0.4), acknowledged_at=had_it,
            ended_at=had_it or at + timedelta(minutes=5), failure=failure,
        ))  # fmt: skip


def _flagged(session: Session, made: City, now: datetime) -> None:
    heard(
        session, made, "이정희", now - timedelta(hours=3), Level.URGENT,
        [("agent", "안녕하세요, 부천시 안부전화입니다. 오늘 하루 어떻게 지내셨어요?"),
         ("resident", "아이고, 그냥 그렇지 뭐. 어제 화장실 가다가 미끄러져서 허리를 좀 다쳤어."),
         ("agent", "많이 놀라셨겠어요. 지금 움직이시는 데 불편하신 곳이 있으세요?"),
         ("resident", "일어날 때 많이 아파. 병원은 혼자 못 가겠고. 밥도 귀찮아서 어제부터 안 먹었어."),
         ("agent", "담당 선생님께 바로 전해 드릴게요. 혹시 옆에 도와주실 분이 계세요?"),
         ("resident", "없어. 아들은 멀리 있고… 말할 사람도 없고 그래."),
         ("agent", "오늘 안에 담당자가 전화드리도록 하겠습니다. 지금 숨이 차거나 어지럽지는 않으세요?"),
         ("resident", "조금 어지럽긴 한데 괜찮아. 쌀이나 좀 보내 주면 좋겠네.")],
        [(SignalCode.FALL, Level.URGENT, "미끄러져서 허리를 좀 다쳤어"),
         (SignalCode.NUTRITION, Level.URGENT, "밥도 귀찮아서 어제부터 안 먹었어"),
         (SignalCode.ISOLATION, Level.CONCERN, "말할 사람도 없고 그래"),
         (SignalCode.HEALTH_ACUTE, Level.CONCERN, "조금 어지럽긴 한데")],
        summary="어제 넘어져 허리를 다치셨고 어제부터 식사를 못 하셨습니다. 도와줄 사람이 없다고 하십니다.",
        requests=["쌀이나 좀 보내 주면 좋겠네"], unknown=["medication"],
    )  # fmt: skip
    acts.take(session, made.cases["이정희"], made.staff["han"].id, now - timedelta(hours=2, minutes=30))
    acts.note(session, made.cases["이정희"], made.staff["han"].id, "오전에 전화했으나 받지 않으심. 점심 뒤에 다시 연락 예정.",
              now - timedelta(hours=1))  # fmt: skip
    heard(
        session, made, "홍광수", now - timedelta(minutes=2), Level.EMERGENCY,
        [("agent", "어르신, 안녕하세요. 부천시 안부전화입니다."), ("resident", "가슴이 꽉 조이고 식은땀이 나요.")],
        [(SignalCode.CHEST_PAIN, Level.EMERGENCY, "가슴이 꽉 조이고 식은땀이 나요")],
        summary="가슴 조임과 식은땀을 호소하십니다.",
    )  # fmt: skip
    heard(
        session, made, "송정희", now - timedelta(minutes=80), Level.URGENT,
        [("agent", "혈압약은 잘 드시고 계세요?"), ("resident", "약이 떨어져서 사흘째 못 먹었어요.")],
        [(SignalCode.MEDICATION, Level.URGENT, "약이 떨어져서 사흘째 못 먹었어요")],
    )  # fmt: skip
    heard(
        session, made, "박광수", now - timedelta(days=1), Level.CONCERN,
        [("agent", "요즘 잠은 잘 주무세요?"), ("resident", "무릎이 아파서 통 못 자. 두 달은 됐지.")],
        [(SignalCode.PAIN_CHRONIC, Level.CONCERN, "무릎이 아파서 통 못 자")],
    )  # fmt: skip
    heard(
        session, made, "Grace Kim", now - timedelta(hours=6), Level.CONCERN,
        [("agent", "Hello, this is the Bucheon city check-in call. How was your day?"),
         ("resident", "There's nobody to talk to since my sister passed away.")],
        [(SignalCode.ISOLATION, Level.CONCERN, "There's nobody to talk to"),
         (SignalCode.BEREAVEMENT, Level.WATCH, "since my sister passed away")],
    )  # fmt: skip
    # Understood, and nothing to follow up.
    heard(session, made, "김순자", now - timedelta(hours=2), Level.NONE,
          [("agent", "식사는 하셨어요?"), ("resident", "그럼요, 잘 먹고 경로당 다녀왔어요.")], [])  # fmt: skip


def _silent(session: Session, made: City, now: datetime) -> None:
    missed = make_check_in(session, made.residents["장말순"], slot=now - timedelta(hours=4))
    for hours in (4, 3, 1):
        attempt = make_attempt(session, missed, claimed_at=now - timedelta(hours=hours))
        attempt.state, attempt.outcome, attempt.ended_at = AttemptState.ENDED, Outcome.NO_ANSWER, attempt.claimed_at
    missed.state, missed.reason = CheckInState.UNREACHED, "no_answer"
    _keep(made, "장말순", cases.unreached(session, missed, now - timedelta(hours=1)))
    unclear = make_check_in(session, made.residents["최병철"], slot=now - timedelta(hours=3))
    unclear.state, unclear.reason = CheckInState.NOT_ACCOUNTED, "model_down"
    _keep(made, "최병철", cases.not_understood(session, unclear, "model_down", now - timedelta(hours=2)))
    kept_back = make_check_in(session, made.residents["박금례"], slot=now - timedelta(hours=2))
    kept_back.state, kept_back.reason = CheckInState.HELD, "no_overseas_consent"
    _keep(made, "박금례", cases.held(session, kept_back, now - timedelta(hours=2)))


def _on_the_line(session: Session, made: City, now: datetime) -> None:
    speaking = make_check_in(session, made.residents["오판석"], slot=now - timedelta(minutes=2))
    speaking.state = CheckInState.SPEAKING
    made.live = make_attempt(session, speaking, claimed_at=now - timedelta(seconds=95))
    made.live.state, made.live.answered_at = AttemptState.ANSWERED, now - timedelta(seconds=80)
    made.live.placed_at = made.live.claimed_at
    turns = make_turns(session, made.live, ("agent", "식사는 잘 하고 계세요?"), ("resident", "응, 오늘은 콩나물국 끓여 먹었지."),
               ("agent", "맛있게 드셨겠어요. 약은 드셨나요?"), source=TurnSource.LIVE)  # fmt: skip
    for turn, waited in ((turns[0], 1640), (turns[2], 910)):
        turn.latency_ms, turn.said_at = waited, now - timedelta(seconds=20)
    ringing = make_check_in(session, made.residents["남궁옥분"], slot=now - timedelta(minutes=1))
    ringing.state = CheckInState.DIALLING
    attempt = make_attempt(session, ringing, claimed_at=now - timedelta(seconds=12))
    attempt.state, attempt.placed_at = AttemptState.RINGING, now - timedelta(seconds=11)


def heard(session: Session, made: City, name: str, at: datetime, level: Level, lines: list[tuple[str, str]],
          signals: list[Heard], *, summary: str = "", requests: list[str] | None = None, **columns: Any) -> Attempt:  # fmt: skip
    """A call that was spoken, recorded, understood, and followed up."""
    resident = made.residents[name]
    check_in = make_check_in(session, resident, slot=at)
    check_in.state, check_in.changed_at = CheckInState.ASSESSED, at
    attempt = make_attempt(session, check_in, claimed_at=at, answered_by=AnsweredBy.RESIDENT)
    attempt.state, attempt.outcome, attempt.seconds = AttemptState.ENDED, Outcome.SPOKEN, 5 * len(lines)
    attempt.placed_at = attempt.answered_at = at
    attempt.ended_at = at + timedelta(seconds=5 * len(lines))
    turns = make_turns(session, attempt, *lines)
    _recorded(session, made, attempt, resident, seconds=5 * len(lines))
    assessment = Assessment(check_in_id=check_in.id, attempt_id=attempt.id, resident_id=resident.id, level=level,
                            answered_by=AnsweredBy.RESIDENT, made_at=at + timedelta(minutes=1), **columns)  # fmt: skip
    assessment.write(resident.seal, summary=summary, requests=requests or [])
    session.add(assessment)
    session.flush()
    for code, gravity, quote in signals:
        _signal(session, assessment, resident, turns, code, gravity, quote)
    if level is Level.EMERGENCY:
        alarm = Alarm(attempt_id=attempt.id, resident_id=resident.id, code=signals[0][0], level=level,
                      detector=Detector.NET, quote_sealed=b"", second=5.0, raised_at=at)  # fmt: skip
        alarm.write(resident.seal, signals[0][2])
        session.add(alarm)
        session.flush()
        cases.alarmed(session, alarm, at)
    case = cases.follow_up(session, assessment, at + timedelta(minutes=1))
    if case:
        _keep(made, name, case)
    return attempt


def _signal(session: Session, assessment: Assessment, resident: Resident, turns: list[Turn], code: SignalCode,
            level: Level, quote: str) -> None:  # fmt: skip
    turn = next(turn for turn in turns if quote in turn.words(resident.seal))
    signal = Signal(assessment_id=assessment.id, resident_id=resident.id, code=code, level=level,
                    detector=Detector.MODEL, confidence=0.9)  # fmt: skip
    start = turn.words(resident.seal).index(quote)
    evidence = Evidence(signal_id=signal.id, turn_id=turn.id, starts_at=start, ends_at=start + len(quote),
                        quote_sealed=b"", second=turn.starts_ms / 1000)  # fmt: skip
    evidence.write(resident.seal, quote)
    session.add(signal)
    session.flush()
    session.add(evidence)
    session.flush()


def _recorded(session: Session, made: City, attempt: Attempt, resident: Resident, *, seconds: int) -> None:
    recording = Recording(attempt_id=attempt.id, resident_id=resident.id, sid=f"RE{uuid4().hex}",
                          state=RecordingState.KEPT, seconds=seconds, changed_at=attempt.claimed_at)  # fmt: skip
    recording.key = f"{recording.id}.wav"
    session.add(recording)
    made.sounds[recording.key] = resident.seal.close_bytes(tone(seconds), "recording.sound", recording.id)


def tone(seconds: int) -> bytes:
    """A quiet stereo WAV of telephone quality, a second of hum for each second."""
    rate = 8000
    wave_bytes = b"".join(
        struct.pack("<hh", level, level)
        for level in (int(900 * math.sin(2 * math.pi * 220 * n / rate)) for n in range(rate))
    )
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(wave_bytes * seconds)
    return out.getvalue()


def _keep(made: City, name: str, case: Case | None) -> None:
    assert case is not None
    made.cases[name] = case
