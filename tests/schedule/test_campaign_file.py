"""Campaigns as files: what they may say, and what a change does to those already planned."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

import oncall
from oncall.errors import BadInput, NotFound
from oncall.models import Campaign, CampaignState, Enrolment, Event, Purpose, Verb
from oncall.schedule import campaign_file
from oncall.schedule.campaign_file import read_duration, say_duration
from tests.makers import NOON, make_campaign, make_city, make_resident

CONTRACT = """
name = "안부 확인"
purpose = "check_in"
every = "1 week"
windows = ["mon-fri 10:00-12:00", "mon-fri 14:00-17:00"]
starts = 2026-12-01
attempts = 3
retry_after = ["30 min", "2 h"]
busy_retry_after = "10 min"
lines = 20
facts = ["meals", "medication", "sleep", "health_change", "mood", "contact", "heating"]
language = "ko"
"""


@pytest.fixture
def write(tmp_path: Path):  # a function
    def put(text: str) -> Path:
        file = tmp_path / "campaign.toml"
        file.write_text(text, "utf-8")
        return file

    return put


def test_the_file_of_the_contract_becomes_a_campaign(session: Session, write) -> None:  # the fixture above
    city = make_city(session)["부천시"]
    made = campaign_file.apply(session, write(CONTRACT), NOON)
    assert (made.name, made.purpose, made.state) == ("안부 확인", Purpose.CHECK_IN, CampaignState.RUNNING)
    assert (made.every_seconds, made.cron, made.starts) == (604800, None, date(2026, 12, 1))
    assert (made.retry_after_seconds, made.busy_retry_after_seconds) == ([1800, 7200], 600)
    assert (made.attempts, made.lines, made.holidays, made.area_id) == (3, 20, False, city.id)


def test_applying_it_again_changes_nothing_and_a_change_changes_that_alone(session: Session, write) -> None:
    make_city(session)
    campaign_file.apply(session, write(CONTRACT), NOON)
    assert campaign_file.put(session, campaign_file.read(write(CONTRACT)), NOON)[1] == []
    other = CONTRACT.replace('every = "1 week"', 'cron = "0 10 * * tue,fri"')
    made, changed = campaign_file.put(session, campaign_file.read(write(other)), NOON)
    assert set(changed) == {"every_seconds", "cron"}
    assert (made.every_seconds, made.cron) == (None, "0 10 * * tue,fri")
    assert len(session.exec(select(Campaign)).all()) == 1
    assert len(session.exec(select(Event).where(Event.verb == Verb.CAMPAIGN_CHANGED)).all()) == 2


@pytest.mark.parametrize(("change", "named"), [
    (("every", "evry"), "evry"), (('"1 week"', '"often"'), "every"), (('every = "1 week"', ""), "every"),
    (('every = "1 week"', 'every = "1 week"\ncron = "0 10 * * *"'), "every"), (('every = "1 week"', 'cron = "0 10 * *"'), "cron"),
    (("12:00", "09:00"), "windows"), (('["mon-fri 10:00-12:00", "mon-fri 14:00-17:00"]', "[]"), "windows"),
    (("2026-12-01", '"soon"'), "starts"), (("attempts = 3", "attempts = 0"), "attempts"), (('"30 min"', '"half an hour"'), "retry_after"),
    (("lines = 20", "lines = 0"), "lines"), (('"meals"', '"shoe_size"'), "shoe_size"), (('language = "ko"', 'language = "jp"'), "language"),
    (('purpose = "check_in"', 'purpose = "sales"'), "purpose"), (("name =", "name"), "TOML"), (('name = "안부 확인"', ""), "name"),
])  # fmt: skip
def test_a_wrong_key_is_refused_by_its_name(session: Session, write, change: tuple[str, str], named: str) -> None:
    make_city(session)
    assert change[0] in CONTRACT
    with pytest.raises(BadInput, match=named):
        campaign_file.apply(session, write(CONTRACT.replace(*change)), NOON)
    assert session.exec(select(Campaign)).first() is None


def test_an_area_may_be_named_and_must_exist(session: Session, write) -> None:
    city = make_city(session)
    assert campaign_file.apply(session, write(CONTRACT + 'area = "소사구"\n'), NOON).area_id == city["소사구"].id
    with pytest.raises(NotFound):
        campaign_file.apply(session, write(CONTRACT + 'area = "평양"\n'), NOON)


@pytest.mark.parametrize(("text", "seconds"), [
    ("1 week", 604800), ("2 weeks", 1209600), ("30 min", 1800), ("2 h", 7200), ("1 day", 86400), ("90 s", 90), ("1h", 3600), ("45 minutes", 2700),
])  # fmt: skip
def test_a_length_of_time_is_read_and_said_again(text: str, seconds: int) -> None:
    assert read_duration(text) == seconds
    assert read_duration(say_duration(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "week", "0 min", "-1 h", "1 month", "1.5 h", "一 week", 30, None])
def test_a_length_of_time_that_is_none_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="length of time"):
        read_duration(text)


def test_a_changed_cadence_is_planned_anew_and_another_change_is_not(session: Session) -> None:
    campaign = make_campaign(session)
    enrolment = Enrolment(campaign_id=campaign.id, resident_id=make_resident(session).id, joined_at=NOON,
                          next_at=NOON + timedelta(days=3))  # fmt: skip
    session.add(enrolment)
    session.flush()
    said = campaign_file.CampaignFile.model_validate(campaign_file.written(campaign))
    campaign_file.put(session, said.model_copy(update={"lines": 5}), NOON)
    session.refresh(enrolment)
    assert enrolment.next_at is not None
    campaign_file.put(session, said.model_copy(update={"windows": ["daily 09:00-18:00"]}), NOON)
    session.refresh(enrolment)
    assert enrolment.next_at is None


def test_what_is_written_of_a_campaign_is_read_as_the_same_campaign(session: Session) -> None:
    for campaign in (make_campaign(session), make_campaign(session, "둘째", cron="0 10 * * mon")):
        said = campaign_file.CampaignFile.model_validate(campaign_file.written(campaign))
        assert campaign_file.put(session, said, NOON, area_id=campaign.area_id)[1] == []


def test_the_sample_campaign_calls_at_any_hour_of_any_day() -> None:
    said = campaign_file.read(Path(oncall.__file__).parent / "sandbox" / "city" / "campaign.toml")
    assert said.holidays
    assert said.windows == ["mon-sun 00:00-24:00"]
    assert said.starts < date(2026, 1, 1)
