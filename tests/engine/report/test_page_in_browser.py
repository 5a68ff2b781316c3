"""The pages in a real browser: clean console, details unfold, both themes, narrow and wide."""

import shutil

import pytest

from grader.mock.card_view import card_html
from grader.report.page import render
from tests.engine.mock.test_mock_card import a_card
from tests.engine.report.test_attempts import keep, read_attempts
from tests.support.examples import a_challenge, a_span, a_trace

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: uv sync --extra pages"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    slow = a_trace([a_span(n, n + 0.9, submitted_s=n) for n in range(6)], seconds=6.0)
    keep(folder / "records", "a.json", score=40, when="2026-01-01T00:00:00Z")
    traces = {"learner": slow.to_json(), "reference": a_trace().to_json()}
    keep(folder / "records", "b.json", score=70, traces=traces)
    (folder / "report.html").write_text(render([a_challenge()], read_attempts(folder=folder / "records")[0]))
    (folder / "card.html").write_text(card_html(a_card()))
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["report.html", "card.html"])
def test_a_page_opens_cleanly_and_fits(browser, pages, name, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((pages / name).as_uri())
    assert said == []
    assert len(asked) == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert contrast(ground, ink) > 7
    assert (luminance(ground) < luminance(ink)) == (scheme == "dark")
    context.close()


def test_details_unfold_and_every_picture_has_words(browser, pages):
    page = browser.new_page()
    page.goto((pages / "report.html").as_uri())
    detail = page.locator("details").first
    before = detail.evaluate("d => d.open")
    detail.locator("summary").click()
    assert detail.evaluate("d => d.open") is not before
    for picture in page.locator("svg, .bar").all():
        assert picture.get_attribute("role") == "img"
        assert len(picture.get_attribute("aria-label")) > 8
    page.close()


def luminance(colour):
    """Relative luminance of an rgb(...) colour, WCAG 2."""
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
