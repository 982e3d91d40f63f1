"""The page in a real browser, against a real instance: signed in, filled, asked, read, and by keys alone."""

import base64
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from deploy.setup.browser import find_browser
from tests.running import RunningInstance

pytestmark = pytest.mark.browser

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ENGLISH = b"""Harbour rules

Boats longer than 12 metres moor at pier seven.

The fee for a night in the harbour is 35 euros.
"""
CHINESE = "# 员工手册\n\n## 年假\n\n员工每年享有十五天带薪年假。\n\n## 报销\n\n差旅费用须在三十天内报销。\n".encode()
BROKEN = b"%PDF-1.7 cut off"
WAIT_MS = 30_000
WIDE: ViewportSize = {"width": 1440, "height": 900}
TELEPHONE: ViewportSize = {"width": 360, "height": 740}
# The way of the browser to say that nobody is signed in yet; every first visit asks.
NOT_SIGNED_IN = re.compile(r"Failed to load resource.*401")
DROP = """([target, files]) => {
  const transfer = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  for (const type of ['dragenter', 'dragover', 'drop'])
    target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_browser()
    assert path is not None, "There is no Chromium; `make test` says how to get one."
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@contextmanager
def visit(
    browser: Browser,
    running: RunningInstance,
    *,
    locale: str = "en-US",
    viewport: ViewportSize = WIDE,
    color_scheme: Literal["light", "dark"] = "light",
) -> Generator[Page]:
    """A fresh visitor; fails at the end where the page complained, was stopped by its policy, or left home."""
    complaints: list[str] = []
    visitor = browser.new_context(locale=locale, viewport=viewport, color_scheme=color_scheme)
    page = visitor.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda one: None if one.url.startswith(running.url) else complaints.append(one.url))
    yield page
    visitor.close()
    assert [text for text in complaints if not NOT_SIGNED_IN.search(text)] == []


@pytest.fixture(scope="module")
def harbour(running_instance: RunningInstance) -> Iterator[str]:
    """The id of a knowledge base with one ready document in each language."""
    with running_instance.client() as client:
        base = client.post("/api/v1/knowledge-bases", json={"name": "Harbour 港口"}).json()["id"]
        sent = running_instance.upload(client, base, {"rules.txt": ENGLISH, "手册.md": CHINESE})
        assert running_instance.await_batch(client, sent["batch_id"])["failed"] == 0
        yield base
        client.delete(f"/api/v1/knowledge-bases/{base}")


def enter(page: Page, running: RunningInstance, address: str = "") -> None:
    """Sign in by a fresh link, then go to a place of the page."""
    page.goto(running.one_time_link())
    expect(page.get_by_role("navigation")).to_be_visible()
    page.goto(f"{running.url}/{address}")


def ask(page: Page, question: str) -> None:
    page.get_by_role("textbox").fill(question)
    with page.expect_response("**/api/v1/ask") as replied:
        page.get_by_role("textbox").press("Enter")
    assert replied.value.headers["content-type"].startswith("text/event-stream")


def drop(page: Page, files: dict[str, bytes]) -> None:
    encoded = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    page.evaluate(DROP, [page.get_by_test_id("drop").element_handle(), encoded])


def test_a_link_signs_in_once_and_then_says_that_it_is_used(
    browser: Browser, running_instance: RunningInstance
) -> None:
    link = running_instance.one_time_link()
    with visit(browser, running_instance) as page:
        page.goto(link)
        expect(page.get_by_role("navigation")).to_be_visible()
        assert "/link/" not in page.url
    with visit(browser, running_instance) as page:
        page.goto(link)
        expect(page.get_by_text("has been used or has expired")).to_be_visible()


def test_a_password_signs_in_and_a_wrong_one_is_refused_in_the_reader_s_language(
    browser: Browser, running_instance: RunningInstance
) -> None:
    with visit(browser, running_instance, locale="zh-CN") as page:
        page.goto(running_instance.url)
        page.get_by_label("邮箱").fill("admin@example.test")
        page.get_by_label("密码").fill("not this one")
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("alert")).to_have_text("邮箱或密码不正确。")
        page.get_by_label("密码").fill("correct-horse-battery")
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("navigation")).to_be_visible()
        page.get_by_role("button", name="退出登录").click()
        expect(page.get_by_label("密码")).to_be_visible()
        page.reload()
        expect(page.get_by_label("密码")).to_be_visible()


def test_from_an_empty_page_to_a_cited_answer_in_both_languages(
    browser: Browser, running_instance: RunningInstance
) -> None:
    with visit(browser, running_instance, locale="zh-CN") as page:
        enter(page, running_instance, "#/documents")
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.get_by_role("button", name="New knowledge base").click()
        page.get_by_label("Name").fill("First visit")
        page.get_by_role("button", name="Create", exact=True).click()
        expect(page.get_by_role("heading", name="First visit")).to_be_visible()

        drop(page, {"rules.txt": ENGLISH, "手册.md": CHINESE, "broken.pdf": BROKEN})
        report = page.get_by_role("region", name="Import")
        expect(report).to_have_attribute("data-done", "true")
        expect(report.get_by_role("status")).to_have_text("2 files ready")
        expect(report.get_by_role("listitem")).to_contain_text("broken.pdf The file is damaged.")
        rows = page.get_by_role("list", name="Documents in this knowledge base").get_by_role("listitem")
        expect(rows).to_have_count(3)
        expect(rows.filter(has_text="rules.txt")).to_have_attribute("data-status", "ready")
        expect(rows.filter(has_text="手册.md")).to_have_attribute("data-status", "ready")
        expect(rows.filter(has_text="broken.pdf")).to_contain_text("Failed")

        page.get_by_role("link", name="Ask", exact=True).click()
        ask(page, "What is the fee for a night?")
        turn = page.get_by_role("article").last
        expect(turn).to_have_attribute("data-state", "answered")
        expect(turn.locator(".markdown")).to_contain_text("35 euros")
        expect(turn.get_by_text("Extractive")).to_be_visible()
        turn.get_by_role("button", name="Source 1: rules.txt").first.click()
        panel = page.get_by_role("complementary", name="rules.txt")
        expect(panel.locator("mark")).to_contain_text("35 euros")
        expect(panel.locator("mark")).to_be_in_viewport()
        panel.get_by_role("button", name="Close").click()
        expect(panel).to_have_count(0)

        page.get_by_role("button", name="中文").click()
        ask(page, "员工每年有多少天年假？")
        turn = page.get_by_role("article").last
        expect(turn).to_have_attribute("data-state", "answered")
        expect(turn.locator(".markdown")).to_contain_text("十五天")
        turn.get_by_role("button", name="出处 1：手册.md").first.click()
        expect(page.get_by_role("complementary", name="手册.md").locator("mark")).to_contain_text("十五天")


def test_a_question_without_an_answer_is_refused_and_named_so(
    browser: Browser, running_instance: RunningInstance, harbour: str
) -> None:
    with visit(browser, running_instance) as page:
        enter(page, running_instance, f"#/ask/{harbour}")
        ask(page, "Who painted the ceiling of the opera house in Paris?")
        turn = page.get_by_role("article").last
        expect(turn).to_have_attribute("data-state", "refused")
        expect(turn.get_by_text("Not in the documents")).to_be_visible()
        expect(turn.locator(".markdown .marker")).to_have_count(0)


def test_the_keyboard_alone_asks_opens_the_source_and_comes_back(
    browser: Browser, running_instance: RunningInstance, harbour: str
) -> None:
    with visit(browser, running_instance) as page:
        enter(page, running_instance, f"#/ask/{harbour}")
        focused = page.locator(":focus")

        def tab_to(role_or_name: str) -> None:
            for _ in range(30):
                page.keyboard.press("Tab")
                if role_or_name in (focused.get_attribute("aria-label") or ""):
                    return
            raise AssertionError(f"Tab never reaches {role_or_name}.")

        expect(page.get_by_role("textbox")).to_be_visible()
        tab_to("Question")
        page.keyboard.type("At which pier do long boats moor?")
        page.keyboard.press("Enter")
        expect(page.get_by_role("article").last).to_have_attribute("data-state", "answered")
        page.keyboard.press("Tab")
        tab_to("Source 1: rules.txt")
        page.keyboard.press("Enter")
        panel = page.get_by_role("complementary", name="rules.txt")
        expect(panel.locator("mark")).to_contain_text("pier seven")
        expect(panel.get_by_role("heading", name="rules.txt")).to_be_focused()
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        expect(focused).to_have_attribute("aria-label", "Source 1: rules.txt")


def test_on_a_telephone_the_source_covers_the_page_and_nothing_is_wider_than_the_screen(
    browser: Browser, running_instance: RunningInstance, harbour: str
) -> None:
    with visit(browser, running_instance, viewport=TELEPHONE, color_scheme="dark") as page:
        enter(page, running_instance, f"#/ask/{harbour}")
        ask(page, "What is the fee for a night?")
        page.get_by_role("button", name="Source 1: rules.txt").first.click()
        panel = page.get_by_role("dialog", name="rules.txt")
        expect(panel.locator("mark")).to_contain_text("35 euros")
        box = panel.bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, TELEPHONE["width"])
        page.keyboard.press("Escape")
        page.goto(f"{running_instance.url}/#/documents/{harbour}")
        expect(page.get_by_role("list", name="Documents in this knowledge base")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]


def test_a_deleted_document_is_gone_from_the_list_and_from_answers(
    browser: Browser, running_instance: RunningInstance, client: httpx.Client, base: str
) -> None:
    sent = running_instance.upload(client, base, {"rules.txt": ENGLISH})
    running_instance.await_batch(client, sent["batch_id"])
    with visit(browser, running_instance) as page:
        enter(page, running_instance, f"#/documents/{base}")
        page.get_by_role("button", name="Delete rules.txt").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_text("No documents yet")).to_be_visible()
        page.get_by_role("link", name="Ask", exact=True).click()
        ask(page, "What is the fee for a night?")
        expect(page.get_by_role("article").last).to_have_attribute("data-state", "refused")
