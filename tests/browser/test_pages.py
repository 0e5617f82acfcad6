"""Every page in a real browser: readable by all, in both languages, light and dark, on a telephone, without scripts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.city import PASSWORD
from tests.browser.conftest import Office, Visit

pytestmark = pytest.mark.browser
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

PAGES: dict[str, Callable[[Office], str]] = {
    "sign-in": lambda office: "/sign-in",
    "today": lambda office: "/",
    "queue": lambda office: "/cases",
    "empty queue": lambda office: "/cases?q=없는사람",
    "case": lambda office: f"/cases/{office.city.cases['이정희'].id}",
    "case without words": lambda office: f"/cases/{office.city.cases['장말순'].id}",
    "board": lambda office: "/board",
    "residents": lambda office: "/residents",
    "resident": lambda office: f"/residents/{office.city.residents['이정희'].id}",
    "new resident": lambda office: "/residents/new",
    "import": lambda office: "/residents/import",
    "campaigns": lambda office: "/campaigns",
    "campaign": lambda office: f"/campaigns/{office.city.campaign.id}" if office.city.campaign else "/campaigns",
    "new campaign": lambda office: "/campaigns/new",
    "nowhere": lambda office: "/nowhere",
}


def violations(page: Page) -> list[Any]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("who", ["seo", "kelly"], ids=["ko", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Visit, office: Office, name: str, who: str, dark: bool) -> None:
    page = visit(PAGES[name](office), who=who, dark=dark)
    assert violations(page) == []
    if page.locator("#keys-open").is_visible():
        page.locator("#keys-open").click()
        assert violations(page) == []


@pytest.mark.parametrize("who", ["seo", "kelly"], ids=["ko", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_small_telephone(visit: Visit, office: Office, name: str, who: str) -> None:
    page = visit(PAGES[name](office), who=who, width=360, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_says_a_word_to_the_console(visit: Visit, office: Office, name: str) -> None:
    page = visit("/sign-in")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(office.url + PAGES[name](office))
    page.wait_for_load_state("load")
    assert [words for words in said if "404" not in words] == []


def test_signing_in_leads_to_the_page_that_was_asked_for(visit: Visit) -> None:
    page = visit("/cases?tab=unassigned", who=None)
    page.get_by_label("아이디").fill("han")
    page.get_by_label("비밀번호").fill("틀린 비밀번호")
    page.get_by_role("button", name="로그인").click()
    expect(page.get_by_role("alert")).to_have_text("아이디 또는 비밀번호가 맞지 않습니다.")
    page.get_by_label("아이디").fill("han")
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="로그인").click()
    expect(page).to_have_url(re.compile(r"/cases\?tab=unassigned$"))
    expect(page.get_by_role("heading", name="후속조치 대기열")).to_be_visible()


def test_without_scripts_a_case_is_found_read_and_noted(visit: Visit) -> None:
    page = visit("/cases", who="seo", scripts=False)
    expect(page.locator("#keys-open")).to_be_hidden()
    expect(page.locator("#live-pause")).to_be_hidden()
    page.get_by_label("이름·동 검색").fill("ㅅㅈㅎ")
    page.get_by_role("button", name="적용").click()
    page.get_by_role("link", name="송정희").click()
    expect(page.locator("mark")).to_have_text("약이 떨어져서 사흘째 못 먹었어요")
    expect(page.get_by_role("link", name="0:05부터 듣기")).to_have_attribute("href", re.compile("#t=5.0$"))
    page.get_by_role("textbox", name="상담 기록").fill("약국에 확인함")
    page.get_by_role("button", name="기록 남기기").click()
    expect(page.get_by_text("상담 기록을 남겼습니다.")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("약국에 확인함")


def test_the_language_is_switched_and_stays(visit: Visit) -> None:
    page = visit("/board", who="yun")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Live board")).to_be_visible()
    page.get_by_role("link", name="Today").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", name="오늘", exact=True)).to_be_visible()


def test_planners_see_the_board_without_words(visit: Visit) -> None:
    page = visit("/board", who="yun")
    expect(page.locator(".board")).to_contain_text("오*석")
    expect(page.locator("body")).not_to_contain_text("콩나물국")
    expect(visit("/board", who="seo").locator("body")).to_contain_text("콩나물국")


def test_a_printed_case_has_the_words_and_not_the_forms(visit: Visit, office: Office) -> None:
    page = visit(PAGES["case"](office))
    page.emulate_media(media="print")
    expect(page.locator("mark").first).to_be_visible()
    for gone in ("nav", "#closing", "audio", ".filters"):
        expect(page.locator(gone).first).to_be_hidden()
