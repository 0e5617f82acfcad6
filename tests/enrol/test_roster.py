"""A roster brought in: bad rows named and left out whole, the same number again a correction, an old yes no yes."""

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, func, select

import oncall
from oncall.enrol import areas, cell, consent, roster
from oncall.enrol.column import Column
from oncall.enrol.reason import Refused
from oncall.enrol.standing import stand
from oncall.models import (
    Case,
    CaseKind,
    Consent,
    ConsentScope,
    Enrolment,
    Household,
    Language,
    Level,
    Resident,
    Standing,
)
from oncall.models.consent import scopes_given
from tests.makers import NOON, make_campaign, make_city, make_resident

BASE = {"관리번호": "A-1", "성명": "김가람", "전화번호": "010-0123-4530", "동": "중동", "통화동의": "Y"}
CITY = Path(oncall.__file__).parent / "sandbox" / "city"


def file(*rows: dict[str, str], **more: str) -> bytes:
    """A roster of these rows over one usual row each."""
    full = [BASE | more | row for row in rows]
    columns = list(dict.fromkeys(key for row in full for key in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(full)
    return out.getvalue().encode()


def bring_in(session: Session, content: bytes, now: datetime = NOON) -> roster.Imported:
    make_city(session)
    return roster.enter(session, roster.read(session, content, now), now)


def everybody(session: Session) -> list[Resident]:
    return list(session.exec(select(Resident).order_by(Resident.external_id)))


def test_all_a_row_says_is_kept(session: Session) -> None:
    done = bring_in(session, file({
        "호칭": "어르신", "전화번호2": "032-320-3000", "언어": "영어", "출생연도": "1941년", "구": "원미구", "주소": "새봄로 1",
        "희망시간": "10:30", "녹음동의": "아니오", "국외이전동의": "O", "동의일": "2026. 11. 2.", "비상연락인": "딸 나루",
        "비상연락처": "+1 212 555 0123", "특이사항": "계단이 가파름\n조심", "발굴경로": "통장 제보",
    }))  # fmt: skip
    assert (done.created, done.refused) == (1, [])
    (who,) = everybody(session)
    assert (who.name, who.preferred_name, who.phone, who.phone2) == (
        "김가람",
        "어르신",
        "+821001234530",
        "+82323203000",
    )
    assert (who.language, who.birth_year, who.address, who.preferred_time) == (
        Language.EN,
        "1941",
        "새봄로 1",
        time(10, 30),
    )
    assert (who.emergency_name, who.emergency_phone) == ("딸 나루", "+12125550123")
    assert (who.notes, who.source, who.area_id) == ("계단이 가파름\n조심", "통장 제보", make_city(session)["중동"].id)
    rows = {row.scope: row for row in session.exec(select(Consent))}
    assert {scope: row.given for scope, row in rows.items()} == {
        ConsentScope.SERVICE: True, ConsentScope.RECORDING: False, ConsentScope.OVERSEAS: True,
    }  # fmt: skip
    assert rows[ConsentScope.SERVICE].given_at == datetime(2026, 11, 1, 15, tzinfo=UTC)
    assert len(rows[ConsentScope.SERVICE].text_sha256) == 64


@pytest.mark.parametrize(("wrong", "column", "code"), [
    ({"관리번호": ""}, "external_id", "missing"), ({"성명": " "}, "name", "missing"), ({"전화번호": ""}, "phone", "missing"),
    ({"동": ""}, "dong", "missing"), ({"통화동의": ""}, "consent_service", "missing"), ({"통화동의": "글쎄"}, "consent_service", "bad_consent"),
    ({"녹음동의": "?"}, "consent_recording", "bad_consent"), ({"동": "중등"}, "dong", "unknown_dong_near"),
    ({"동": "평양"}, "dong", "unknown_dong"), ({"구": "소사구"}, "dong", "wrong_district"), ({"전화번호": "+1 212 555 0123"}, "phone", "foreign_phone"),
    ({"전화번호2": "060-123-4567"}, "phone2", "special_phone"), ({"언어": "日本語"}, "language", "bad_language"),
    ({"출생연도": "470101"}, "birth_year", "bad_year"), ({"출생연도": "2031"}, "birth_year", "bad_year"), ({"희망시간": "아침"}, "preferred_time", "bad_time"),
    ({"희망시간": "25:00"}, "preferred_time", "bad_time"), ({"동의일": "언젠가"}, "consent_date", "bad_date"), ({"동의일": "2026-02-30"}, "consent_date", "bad_date"),
    ({"동의일": "2027-01-01"}, "consent_date", "future_date"), ({"특이사항": "470101-2345678"}, "notes", "rrn"), ({"주소": "010101 3456789"}, "address", "rrn"),
    ({"성명": "=1+1"}, "name", "formula"), ({"성명": "@SUM"}, "name", "formula"), ({"성명": "가" * 61}, "name", "too_long"), ({"성명": "김\x07"}, "name", "unprintable"),
])  # fmt: skip
def test_a_bad_row_is_named_with_its_number_and_reason_and_left_out_whole(
    session: Session, wrong: dict[str, str], column: str, code: str
) -> None:
    done = bring_in(session, file({}, {"관리번호": "A-2"} | wrong, {"관리번호": "A-3", "전화번호": "010-0123-4531"}))
    assert [(number, reason.column, reason.code) for number, reason in done.refused] == [(3, column, code)]
    assert [who.external_id for who in everybody(session)] == ["A-1", "A-3"]
    assert session.exec(select(func.count()).select_from(Household)).one() == 2
    for language in ("ko", "en"):
        assert done.refused[0][1].say(language)


def test_all_that_is_wrong_with_a_row_is_said_at_once(session: Session) -> None:
    done = bring_in(session, file({"성명": "", "동": "어디", "통화동의": "?"}))
    assert [reason.column for _, reason in done.refused] == ["name", "dong", "consent_service"]


def test_a_misspelt_dong_is_answered_with_the_nearest_names(session: Session) -> None:
    ((_, reason),) = bring_in(session, file({"동": "소사둥"})).refused
    assert reason.say("ko") == "동: 소사둥: 우리 시에 없는 동입니다. 혹시 소사동 아닌가요?"


def test_an_english_dong_name_is_understood(session: Session) -> None:
    assert bring_in(session, file({"동": "sosa dong"})).created == 1


def test_the_same_number_again_is_a_correction_and_blank_cells_change_nothing(session: Session) -> None:
    bring_in(session, file({"특이사항": "무릎"}, 호칭="어르신"))
    done = bring_in(session, file({"성명": "김나루", "특이사항": "", "호칭": ""}))
    assert (done.created, done.corrected) == (0, 1)
    (who,) = everybody(session)
    assert (who.name, who.notes, who.preferred_name) == ("김나루", "무릎", "어르신")


def test_the_same_roster_again_changes_nothing(session: Session) -> None:
    content = file(
        {}, {"관리번호": "A-2", "전화번호": "010-0123-4531"}, 녹음동의="N", 주소="새봄로 1", 동의일="2026-11-01"
    )
    bring_in(session, content)
    rows = session.exec(select(func.count()).select_from(Consent)).one()
    done = bring_in(session, content, NOON + timedelta(days=1))
    assert (done.created, done.corrected, done.unchanged) == (0, 0, 2)
    assert session.exec(select(func.count()).select_from(Consent)).one() == rows


def test_the_same_number_twice_in_one_file_is_one_person_as_the_later_row_says(session: Session) -> None:
    done = bring_in(session, file({}, {"성명": "김나루"}))
    assert [who.name for who in everybody(session)] == ["김나루"]
    assert [(number, reason.code) for number, reason in done.doubtful] == [(3, "repeated")]


def test_one_person_under_two_numbers_is_pointed_out(session: Session) -> None:
    make_city(session)
    make_resident(session, "김가람", phone="+821001234530", external_id="Z-9")
    done = bring_in(session, file({}))
    assert [reason.say("ko") for _, reason in done.doubtful] == [
        "이름과 전화번호가 Z-9번과 같습니다. 같은 분인지 확인해 주세요."
    ]


def test_people_at_one_address_of_one_dong_are_one_household(session: Session) -> None:
    bring_in(session, file(
        {"주소": "새봄로 12, 101동 3호"}, {"관리번호": "A-2", "주소": "새봄로12 101동 3호"},
        {"관리번호": "A-3", "주소": "새봄로 12, 101동 3호", "동": "상동"}, {"관리번호": "A-4"}, {"관리번호": "A-5"},
    ))  # fmt: skip
    homes = [who.household_id for who in everybody(session)]
    assert homes[0] == homes[1]
    assert len(set(homes)) == 4


def test_somebody_who_moves_takes_their_open_case_to_the_new_dong(session: Session) -> None:
    bring_in(session, file({"주소": "새봄로 1"}))
    (who,) = everybody(session)
    case = Case(household_id=who.household_id, resident_id=who.id, area_id=who.area_id, kind=CaseKind.FLAGGED,
                level=Level.CONCERN, level_rank=2, opened_at=NOON, raised_at=NOON, due_at=NOON)  # fmt: skip
    session.add(case)
    bring_in(session, file({"주소": "달빛로 2", "동": "상동"}))
    assert who.household_id == case.household_id
    assert who.area_id == case.area_id == make_city(session)["상동"].id


def test_one_of_two_who_moves_out_leaves_the_household(session: Session) -> None:
    bring_in(session, file({"주소": "새봄로 1"}, {"관리번호": "A-2", "주소": "새봄로 1"}))
    bring_in(session, file({"주소": "달빛로 2"}))
    one, other = everybody(session)
    assert one.household_id != other.household_id
    bring_in(session, file({"주소": "새봄로 1"}))
    assert one.household_id == other.household_id


def test_an_old_roster_does_not_bring_back_a_call_that_was_stopped(session: Session) -> None:
    bring_in(session, file({}, 동의일="2026-11-01"))
    (who,) = everybody(session)
    consent.record(session, who, ConsentScope.SERVICE, False, NOON, channel="phone")
    for content in (file({}, 동의일="2026-11-01"), file({})):
        done = bring_in(session, content, NOON + timedelta(days=1))
        assert [reason.code for _, reason in done.doubtful] == ["kept_no"]
    assert who.standing is Standing.WITHDRAWN
    assert not consent.may(session, who.id, ConsentScope.SERVICE)


def test_a_consent_given_after_the_stop_brings_the_calls_back(session: Session) -> None:
    bring_in(session, file({}))
    (who,) = everybody(session)
    consent.record(session, who, ConsentScope.SERVICE, False, NOON, channel="phone")
    bring_in(session, file({}, 동의일="2026-11-30"), NOON + timedelta(days=7))
    assert consent.may(session, who.id, ConsentScope.SERVICE)
    assert who.standing is Standing.ACTIVE


def test_a_no_on_the_roster_stops_the_calls(session: Session) -> None:
    bring_in(session, file({}))
    bring_in(session, file({}, 통화동의="N"), NOON + timedelta(days=1))
    (who,) = everybody(session)
    assert who.standing is Standing.WITHDRAWN
    assert scopes_given(session, [who.id])[who.id] == frozenset()


def test_a_no_written_while_another_clock_ran_ahead_still_counts(session: Session) -> None:
    bring_in(session, file({}), NOON + timedelta(seconds=30))
    (who,) = everybody(session)
    consent.record(session, who, ConsentScope.SERVICE, False, NOON, channel="phone")
    assert not consent.may(session, who.id, ConsentScope.SERVICE)


def test_a_new_number_ends_the_standing_of_a_wrong_one_and_nothing_else_does(session: Session) -> None:
    bring_in(session, file({}))
    (who,) = everybody(session)
    stand(session, who, Standing.WRONG_NUMBER, "call", NOON)
    bring_in(session, file({"성명": "김나루"}))
    assert who.standing is Standing.WRONG_NUMBER
    bring_in(session, file({"전화번호": "010-0123-4599"}))
    assert who.standing is Standing.ACTIVE
    stand(session, who, Standing.DECEASED, "call", NOON)
    bring_in(session, file({"전화번호": "010-0123-4598"}))
    assert who.standing is Standing.DECEASED


def test_a_campaign_takes_everybody_in_once(session: Session) -> None:
    make_city(session)
    campaign = make_campaign(session)
    for joined in (2, 0):
        checked = roster.read(session, file({}, {"관리번호": "A-2"}), NOON)
        assert roster.enter(session, checked, NOON, campaign=campaign).joined == joined
    assert len(session.exec(select(Enrolment)).all()) == 2


@pytest.mark.parametrize(("header", "code"), [
    ("관리번호,성명,전화번호,동", "missing_columns"), ("관리번호,성명,전화번호,동,통화동의,name", "double_column"),
    ("관리번호,성명,전화번호,동,통화동의,주민등록번호", "rrn_column"),
])  # fmt: skip
def test_a_header_that_cannot_do_refuses_the_file(session: Session, header: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        roster.read(session, f"{header}\n1,2,3,4,5,6\n".encode(), NOON)
    assert refusal.value.reason.code == code


def test_every_column_is_found_by_either_name_in_any_order(session: Session) -> None:
    make_city(session)
    for names in (lambda c: c.value, lambda c: c.korean, lambda c: f" {c.value.upper()} "):
        columns = list(reversed(Column))
        cells = {Column.EXTERNAL_ID: "A-1", Column.NAME: "Ivy Brook", Column.PHONE: "010-0123-4580", Column.DONG: "중동",
                 Column.CONSENT_SERVICE: "Y"}  # fmt: skip
        text = ",".join(names(c) for c in columns) + "\n" + ",".join(cells.get(c, "") for c in columns) + "\n"
        assert len(roster.read(session, text.encode(), NOON).good) == 1


def test_the_sample_city_has_its_people_and_its_bad_rows(session: Session) -> None:
    assert areas.load(session, CITY / "areas.toml") == 41
    assert areas.load(session, CITY / "areas.toml") == 0
    done = roster.bring_in(session, CITY / "roster.csv", NOON)
    assert done.created >= 220
    assert 6 <= done.refused_rows <= 8
    assert len({reason.code for _, reason in done.refused}) == done.refused_rows
    people = everybody(session)
    assert 0.12 < sum(who.language is Language.EN for who in people) / len(people) < 0.2
    stories = {int((who.phone or "")[-2:]) for who in people}
    assert {story % 50 for story in stories} == set(range(50))
    assert all((int((who.phone or "")[-2:]) >= 50) is (who.language is Language.EN) for who in people)


@given(st.sampled_from(["예", "Y", "o", "1", "네", "TRUE", "○", " yes "]))
def test_every_usual_yes_is_a_yes(word: str) -> None:
    assert cell.read_consent(word, "consent_service") is True


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=20), st.floats(), st.dates(), st.times(), st.booleans()))
def test_no_cell_breaks_its_reader(value: object) -> None:
    today = date(2026, 11, 24)
    for read in (
        lambda: cell.read_consent(value, "consent_service"), lambda: cell.read_time(value, "preferred_time"),
        lambda: cell.read_date(value, "consent_date", today=today), lambda: cell.read_year(value, "birth_year", today=today),
        lambda: cell.read_language(value, "language"), lambda: cell.read_words(value, "name", limit=60),
    ):  # fmt: skip
        said = ("", "-")
        try:
            read()
        except Refused as refusal:
            said = (refusal.reason.say("ko"), refusal.reason.say("en"))
        assert said[0] != said[1]
