"""A caseworker's hands in a real browser: keys with Hangul input on, ticks, the player, news while working."""

import pytest
from playwright.sync_api import Page, expect

from oncall import clock, db
from oncall.follow_up import cases
from oncall.models import Alarm, CheckIn, Level, Resident, SignalCode
from oncall.models.risk import Detector
from tests.browser.conftest import Office, Visit
from tests.makers import make_attempt, make_check_in, make_resident

pytestmark = pytest.mark.browser


def press(page: Page, code: str, key: str, *, shift: bool = False) -> None:
    """A key as the keyboard sends it: with Hangul input on, the place `KeyJ` gives `ㅓ`."""
    expect(page.locator("#keys-open")).to_be_visible()  # the scripts of this page are awake
    page.evaluate(
        "([code, key, shiftKey]) => document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {code, key, shiftKey, bubbles: true, cancelable: true}))",
        [code, key, shift],
    )


def test_keys_walk_the_queue_with_hangul_input_on(visit: Visit) -> None:
    page = visit("/cases")
    rows = page.locator("[data-row] .cell-name a")
    press(page, "KeyJ", "ㅓ")
    expect(rows.nth(0)).to_be_focused()
    press(page, "KeyJ", "ㅓ")
    expect(rows.nth(1)).to_be_focused()
    press(page, "KeyK", "ㅏ")
    expect(rows.nth(0)).to_be_focused()
    press(page, "KeyX", "ㅌ")
    expect(page.locator("[data-row] input").first).to_be_checked()
    expect(page.locator("#tick-count")).to_have_text("1건 선택")
    press(page, "Slash", "/")
    expect(page.get_by_label("이름·동 검색")).to_be_focused()
    press(page, "KeyJ", "ㅓ")
    expect(page.get_by_label("이름·동 검색")).to_be_focused()


def test_keys_can_be_switched_off_for_good(visit: Visit) -> None:
    page = visit("/cases")
    press(page, "Slash", "?", shift=True)
    expect(page.get_by_role("dialog", name="키보드 단축키")).to_be_visible()
    page.get_by_label("한 글자 단축키 사용").uncheck()
    page.get_by_role("button", name="확인").click()
    page.reload()
    press(page, "KeyJ", "ㅓ")
    expect(page.locator("[data-row] a").first).not_to_be_focused()
    press(page, "Slash", "?", shift=True)
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="단축키").click()
    page.get_by_label("한 글자 단축키 사용").check()


def test_keys_walk_from_case_to_case_and_to_the_note(visit: Visit, office: Office) -> None:
    page = visit(f"/cases/{office.city.cases['이정희'].id}")
    press(page, "KeyN", "ㅜ")
    expect(page.get_by_role("textbox", name="상담 기록")).to_be_focused()
    page.locator("main").focus()
    press(page, "KeyK", "ㅏ")
    expect(page.get_by_role("heading", level=1)).to_contain_text("홍광수")
    press(page, "KeyJ", "ㅓ")
    expect(page.get_by_role("heading", level=1)).to_contain_text("이정희")
    press(page, "KeyU", "ㅕ")
    expect(page.get_by_role("heading", name="후속조치 대기열")).to_be_visible()


def test_a_quote_plays_from_its_second(visit: Visit, office: Office) -> None:
    page = visit(f"/cases/{office.city.cases['이정희'].id}")
    sound = page.locator("audio")
    page.get_by_role("link", name="밥도 귀찮아서").click()
    page.wait_for_timeout(1200)
    at = sound.evaluate("sound => sound.currentTime")
    assert 15 <= at < 20
    expect(page.locator(".turn.playing")).to_contain_text("밥도 귀찮아서")
    page.get_by_role("link", name="0:25부터 듣기").click()
    page.wait_for_timeout(500)
    assert 25 <= sound.evaluate("sound => sound.currentTime") < 28
    assert page.url.endswith("#turn-" + page.locator(".turn:target").get_attribute("id").removeprefix("turn-"))


def test_the_contacts_are_shown_for_a_minute_only(visit: Visit, office: Office) -> None:
    case = office.city.cases["이정희"]
    page = visit("/cases", who="han")
    page.clock.install()
    page.goto(f"{office.url}/cases/{case.id}")
    page.get_by_text("연락처 보기").first.click()
    page.get_by_label("대상자에게 전화하려고").check()
    page.get_by_role("button", name="연락처 보기").click()
    number = page.locator(".contact a").first
    expect(number).to_be_visible()
    page.wait_for_load_state()  # the minute begins when the page's script has run, which may be after the number shows
    page.clock.fast_forward(61_000)
    expect(page.get_by_text("연락처를 다시 가렸습니다.")).to_be_visible()
    expect(number).to_have_count(0)


def _somebody_is_silent(name: str) -> None:
    with db.transaction() as session:
        check_in: CheckIn = make_check_in(session, make_resident(session, name), slot=clock.now())
        cases.unreached(session, check_in, clock.now())


def test_news_arrives_by_itself_waits_while_paused_and_leaves_ticks_and_focus_alone(visit: Visit) -> None:
    page = visit("/cases")
    page.wait_for_timeout(600)  # the event stream opens
    box = page.get_by_role("checkbox", name="선택: 송정희")
    box.check()
    link = page.get_by_role("link", name="송정희")
    link.focus()
    _somebody_is_silent("새소식")
    expect(page.locator("#queue")).to_contain_text("새소식")
    expect(page.locator("#announcer")).to_have_text("대기열에 새로 1건")
    expect(box).to_be_checked()
    expect(link).to_be_focused()
    page.get_by_role("button", name="실시간 멈춤").click()
    _somebody_is_silent("멈춘뒤")
    page.wait_for_timeout(1200)
    expect(page.locator("#queue")).not_to_contain_text("멈춘뒤")
    page.get_by_role("button", name="실시간 다시 받기").click()
    expect(page.locator("#queue")).to_contain_text("멈춘뒤")


def test_many_tabs_share_one_stream(visit: Visit, office: Office) -> None:
    first = visit("/cases")
    first.wait_for_timeout(600)
    streams: list[str] = []
    first.context.on("request", lambda request: streams.append(request.url) if "/live?" in request.url else None)
    tabs = [visit("/cases", context=first.context) for _ in range(5)]
    tabs[0].wait_for_timeout(800)
    assert streams == []
    _somebody_is_silent("여러탭")
    for tab in tabs:
        expect(tab.locator("#queue")).to_contain_text("여러탭")


def test_what_a_resident_says_runs_nowhere(visit: Visit, office: Office) -> None:
    with db.transaction() as session:
        resident: Resident = make_resident(session, '<img src=x onerror="document.title=1">')
        cases.unreached(session, make_check_in(session, resident, slot=clock.now()), clock.now())
    page = visit("/cases")
    page.wait_for_timeout(300)
    assert page.locator("img").count() == 0
    assert "onerror" in page.locator("#queue").inner_text()


def test_several_are_ticked_and_taken(visit: Visit) -> None:
    page = visit("/cases?tab=unassigned&level=concern")
    page.get_by_label("전체", exact=True).check()
    count = page.locator("[data-row] input:checked").count()
    assert count > 1
    page.get_by_role("button", name="선택한 건 담당하기").click()
    expect(page.locator(".done-note")).to_contain_text(f"{count}건을 맡으셨습니다.")
    expect(page.locator("[data-row]").first).to_contain_text("서민호")


def test_an_emergency_is_on_screen_within_seconds_whatever_page_is_open(visit: Visit, office: Office) -> None:
    page = visit(f"/cases/{office.city.cases['박금례'].id}")
    strip = page.locator("#alarms")
    expect(strip).to_contain_text("홍*수")
    page.wait_for_timeout(600)
    with db.transaction() as session:
        check_in = make_check_in(session, make_resident(session, "위급한"), slot=clock.now())
        attempt = make_attempt(session, check_in)
        session.add(
            Alarm(attempt_id=attempt.id, resident_id=check_in.resident_id, code=SignalCode.FALL, level=Level.EMERGENCY,
                  detector=Detector.NET, quote_sealed=b"", second=1.0, raised_at=clock.now())
        )  # fmt: skip
        session.flush()
        cases.pick_up(session, clock.now())
    expect(strip).to_contain_text("위*한", timeout=3_000)
    strip.get_by_role("link", name="위*한").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("위급한")


def test_a_note_outlives_a_time_out(visit: Visit, office: Office) -> None:
    case = office.city.cases["박광수"]
    page = visit(f"/cases/{case.id}")
    page.get_by_role("textbox", name="상담 기록").fill("길게 쓴 상담 기록")
    held = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="기록 남기기").click()
    expect(page.get_by_role("alert")).to_have_text("먼저 로그인해 주세요.")
    page.context.add_cookies(held)
    page.goto(f"{office.url}/cases/{case.id}")
    expect(page.get_by_role("textbox", name="상담 기록")).to_have_value("길게 쓴 상담 기록")
    page.get_by_role("button", name="기록 남기기").click()
    expect(page.locator(".timeline")).to_contain_text("길게 쓴 상담 기록")
    expect(page.get_by_role("textbox", name="상담 기록")).to_have_value("")
    page.goto(f"{office.url}/cases/{case.id}")
    expect(page.get_by_role("textbox", name="상담 기록")).to_have_value("")
