"""The commands people script against: init, import, campaign, round; over a committed city that is gone afterwards."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

import oncall
from oncall import clock, db
from oncall.cli import app, campaign, doctor, roster, setup
from oncall.cli import round as round_command
from oncall.gateways import phone
from oncall.models import (
    Campaign,
    CampaignState,
    CheckIn,
    Drill,
    Enrolment,
    Event,
    Heartbeat,
    NodeKind,
    Resident,
    Role,
    Staff,
)
from oncall.schedule.due import lay_out
from oncall.settings import settings
from oncall.web.login import right_password
from tests.makers import NOON, make_staff

CITY = Path(oncall.__file__).parent / "sandbox" / "city"
COMMANDS = (campaign, doctor, roster, setup, round_command)  # importing them registers them


def oncall_(*words: str, **env: str) -> Result:
    return CliRunner().invoke(app, list(words), env=env, catch_exceptions=False)


@pytest.fixture
def city(committed: None) -> None:
    done = oncall_("init", "--areas", str(CITY / "areas.toml"), ONCALL_ADMIN_PASSWORD="한가로운 오후의 비밀번호")
    assert done.exit_code == 0, done.output


def test_init_makes_the_first_administrator_once(city: None) -> None:
    again = oncall_("init", "--areas", str(CITY / "areas.toml"), ONCALL_ADMIN_PASSWORD="다른 비밀번호 열두 자리 넘게")
    assert again.exit_code == 0
    with db.transaction() as session:
        staff = session.exec(select(Staff)).one()
        assert (staff.login, staff.role) == ("admin", Role.ADMIN)
        assert right_password("한가로운 오후의 비밀번호", staff.password_hash)


def test_init_refuses_a_short_password(committed: None) -> None:
    assert oncall_("init", ONCALL_ADMIN_PASSWORD="short").exit_code == 1
    with db.transaction() as session:
        assert session.exec(select(Staff)).first() is None


def test_a_dry_run_names_the_bad_rows_and_writes_nothing(city: None) -> None:
    done = oncall_("import", str(CITY / "roster.csv"), "--dry-run", "--language", "ko")
    assert done.exit_code == 1
    assert "8 refused" in done.output
    assert "신흥동 아닌가요" in done.output
    assert "Nothing was written" in done.output
    with db.transaction() as session:
        assert session.exec(select(Resident)).first() is None
        assert session.exec(select(Event)).first() is None


def test_the_sample_city_is_imported_into_its_campaign_and_falls_due(city: None) -> None:
    assert oncall_("campaign", "apply", str(CITY / "campaign.toml")).exit_code == 0
    done = oncall_("import", str(CITY / "roster.csv"), "--campaign", "안부 확인", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["created"] == told["joined"] >= 220
    assert len({row["row"] for row in told["refused"]}) == 8
    with db.transaction() as session:
        laid = lay_out(session, clock.now())
        callable_now = told["created"] - 2  # two said no to being called; those with a wished hour come at it
        assert callable_now - 25 < laid <= callable_now
    (round_,) = json.loads(oncall_("round", "--json").stdout)
    assert len(round_["check_ins"]) == laid
    assert {"campaign", "date", "check_ins", "unaccounted"} <= set(round_)
    assert oncall_("round", "--campaign", "안부 확인").exit_code == 0


def test_a_clean_roster_ends_well(city: None, tmp_path: Path) -> None:
    file = tmp_path / "명단.csv"
    file.write_bytes("관리번호,성명,전화번호,동,통화동의\nA-1,김가람,010-0123-4530,중동,Y\n".encode("cp949"))
    assert oncall_("import", str(file)).exit_code == 0
    assert "1 unchanged" in oncall_("import", str(file)).output


def test_an_unreadable_file_and_an_unknown_campaign_end_badly_with_a_sentence(city: None, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"\x00\x01")
    done = oncall_("import", str(file), "--language", "en")
    assert (done.exit_code, "cannot be read" in done.output) == (1, True)
    done = oncall_("import", str(CITY / "roster.csv"), "--campaign", "없는 계획")
    assert done.exit_code == 1
    with db.transaction() as session:
        assert session.exec(select(Resident)).first() is None


def test_a_campaign_is_paused_resumed_listed_and_previewed(city: None) -> None:
    oncall_("import", str(CITY / "roster.csv"))
    assert "245 of them new" in oncall_("campaign", "apply", str(CITY / "campaign.toml"), "--everyone").output
    assert "안부 확인" in oncall_("campaign", "list").output
    assert "of them by keypad" in oncall_("campaign", "preview", "안부 확인").output
    assert oncall_("campaign", "pause", "안부 확인").exit_code == 0
    with db.transaction() as session:
        assert session.exec(select(Campaign)).one().state is CampaignState.PAUSED
        assert lay_out(session, clock.now()) == 0
    assert oncall_("campaign", "resume", "안부 확인").exit_code == 0
    assert oncall_("campaign", "pause", "없는 계획").exit_code == 1
    with db.transaction() as session:
        for enrolment in session.exec(select(Enrolment)):
            assert enrolment.next_at is None or enrolment.next_at > clock.now() - timedelta(minutes=1)
        assert session.exec(select(CheckIn)).first() is None


def test_a_wrong_campaign_file_is_refused_by_its_key(city: None, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text((CITY / "campaign.toml").read_text("utf-8").replace("attempts = 3", "atempts = 3"), "utf-8")
    done = oncall_("campaign", "apply", str(file))
    assert done.exit_code == 1
    assert "atempts" in done.output


class TestDoctor:
    """Each wrong setting is named; with all right it would say so."""

    @pytest.fixture(autouse=True)
    def usual_settings_afterwards(self) -> Iterator[None]:
        yield
        self.forget()

    def forget(self) -> None:
        """Let the process read its settings again."""
        settings.cache_clear()
        phone._client.cache_clear()

    def findings(self, **env: str) -> dict[str, dict[str, object]]:
        usual = {
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "secret-token", "ONCALL_CALLER_ID": "+82325550100",
            "OPENAI_API_KEY": "key", "ONCALL_TWILIO_URL": "http://127.0.0.1:9", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
            "ONCALL_PUBLIC_URL": "http://127.0.0.1:9",
        }  # fmt: skip
        self.forget()
        done = oncall_("doctor", "--json", **(usual | env))
        assert done.exit_code == 1
        assert "secret-token" not in done.output
        return {finding["check"]: finding for finding in json.loads(done.stdout)}

    def test_doors_that_do_not_answer_are_named_with_their_setting(self, city: None) -> None:
        found = self.findings()
        assert [(name, finding["setting"]) for name, finding in found.items() if not finding["ok"]] == [
            ("carrier", "ONCALL_TWILIO_URL"), ("model", "OPENAI_BASE_URL"), ("public URL", "ONCALL_PUBLIC_URL"),
            ("processes", "ONCALL_DATABASE_URL"),
        ]  # fmt: skip
        assert found["database"]["ok"]

    def test_a_worker_is_known_by_its_row_and_one_that_fell_silent_by_name(self, city: None) -> None:
        self.heard("one:1:worker", 5)
        found = self.findings()["processes"]
        assert (found["ok"], str(found["said"])[:18]) == (True, "1 worker and 0 web")
        self.heard("two:7:worker", 300)
        silent = self.findings()["processes"]
        assert not silent["ok"]
        assert "two:7:worker (30" in str(silent["said"])

    def test_a_drill_that_failed_is_told_until_one_goes_well(self, city: None) -> None:
        self.heard("one:1:worker", 5)
        assert self.findings()["drill"]["ok"]
        with db.transaction() as session:
            han = make_staff(session)
            session.add(
                Drill(staff_id=han.id, shift_started_at=NOON, started_at=NOON, ended_at=NOON, failure="not_paged")
            )
        told = self.findings(ONCALL_DRILL="true")["drill"]
        assert (told["ok"], "not_paged" in str(told["said"])) == (False, True)

    def heard(self, node: str, seconds: float) -> None:
        """A worker's sign of life, so many seconds ago."""
        with db.transaction() as session:
            session.merge(Heartbeat(node=node, kind=NodeKind.WORKER, at=clock.now() - timedelta(seconds=seconds)))

    @pytest.mark.parametrize(("setting", "value"), [
        ("TWILIO_ACCOUNT_SID", ""), ("TWILIO_AUTH_TOKEN", ""), ("ONCALL_CALLER_ID", "0325550100"), ("ONCALL_CALLER_ID", ""),
        ("ONCALL_DUTY_LAST_RESORT", "119"), ("ONCALL_DUTY_LAST_RESORT", "+82119"),
        ("ONCALL_PROMPTS", "/nowhere"),
    ])  # fmt: skip
    def test_a_missing_or_wrong_setting_is_named(self, city: None, setting: str, value: str) -> None:
        found = self.findings(**{setting: value})["settings"]
        assert (found["ok"], found["setting"]) == (False, setting)

    def test_an_unreadable_setting_is_named_in_its_sentence(self, city: None) -> None:
        assert "ONCALL_LINES" in str(self.findings(ONCALL_LINES="many")["settings"]["said"])

    def test_a_plain_http_address_is_refused_with_a_real_carrier(self, city: None) -> None:
        found = self.findings(ONCALL_TWILIO_URL="", ONCALL_PUBLIC_URL="http://oncall.example.org")
        assert "https" in str(found["public URL"]["said"])
