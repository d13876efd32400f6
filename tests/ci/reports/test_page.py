"""The page as a parser reads it, and in a real browser: how fast it opens, whom it asks, what its controls do."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from ci.outcome import Outcome
from ci.printable import printable
from ci.reports import page
from tests.ci.reports import browser
from tests.ci.reports.examples import HOSTILE, finding, hostile, lint, many, scan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ci.reports.browser import Browser

PREFIX = "https://host/owner/repository/blob/abc"
LIMIT_SECONDS = 1.0
SIZES = [(1440, 900), (390, 844)]


class Elements(HTMLParser):
    """The elements of a page, with their attributes, and all of its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def attacked() -> list[Outcome]:
    errors = [
        Outcome(f"gate-{number}", error=printable(text)) for number, text in enumerate(HOSTILE)
    ]
    return [lint(*hostile()), scan(*hostile()), *errors]


def test_texts_of_findings_stay_texts() -> None:
    clean, dirty = (Elements(page.render(each, PREFIX)) for each in (many(20), attacked()))

    names = {name for name, _ in clean.found}
    assert {name for name, _ in dirty.found} <= names
    assert [name for name, _ in dirty.found].count("script") == 1
    links = [attributes["href"] for name, attributes in dirty.found if name == "a"]
    assert all(link is not None and link.startswith("https://host/") for link in links)
    assert all(finding(text).fit.id in dirty.text for text in HOSTILE)
    assert not any(key.startswith("on") for _, attributes in dirty.found for key in attributes)


def test_nothing_is_taken_from_elsewhere() -> None:
    found = Elements(page.render(many(20), PREFIX)).found

    assert not any("src" in attributes for _, attributes in found)
    links = [attributes["href"] for name, attributes in found if name == "link"]
    assert links == ["data:,"]
    (policy,) = [each["content"] for _, each in found if "http-equiv" in each]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_what_fails_is_open_and_what_is_waived_or_may_pass_is_apart() -> None:
    found = Elements(page.render(many(100))).found

    sections = [each for name, each in found if name == "details"]
    assert [(each["data-state"], "open" in each) for each in sections] == [
        ("failing", True),
        ("waived", False),
        ("tolerated", False),
    ]


def test_a_gate_says_how_it_stands_and_what_it_is_by() -> None:
    text = Elements(page.render(many(20))).text

    assert "off: pyproject.toml has no [tool.ci.format]" in text
    assert "12 files, on 2026-11-28, by ruff 0.17.6 of lint.txt" in text
    assert "feed: of 2026-11-23T06:12:40Z, 301877 vulnerabilities" in text
    assert "secrets could not be checked" in text
    assert "Give one that is at most 7 days old as --feed." in text


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give a tab of Chromium."""
    if shutil.which(browser.PROGRAM) is None:
        pytest.skip(f"{browser.PROGRAM} is not installed: apt-get install chromium")
    with browser.start(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a page of 5,000 findings."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(page.render(many(5000), PREFIX), encoding="utf-8")
    return path


def choose(tab: Browser, **values: str) -> str:
    """Set controls as a user does, and return how many findings are shown then."""
    told: str = tab.value(f"""(async () => {{
        const form = document.forms[0];
        for (const [name, value] of Object.entries({json.dumps(values)})) form.elements[name].value = value;
        form.dispatchEvent(new Event("input"));
        await new Promise((done) => setTimeout(done, 400));
        return form.querySelector("output").textContent;
    }})()""")
    return told


def shown(tab: Browser, selector: str) -> list[str]:
    """Return the texts of elements that are to be seen."""
    texts: list[str] = tab.value(f"""[...document.querySelectorAll({json.dumps(selector)})]
        .filter((each) => each.checkVisibility()).map((each) => each.textContent)""")
    return texts


def complaints(tab: Browser) -> list[dict[str, Any]]:
    """Return what the browser complained of, and whom the page asked beside itself."""
    return [
        event
        for event in tab.events
        if event["method"]
        in {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}
        or (
            event["method"] == "Network.requestWillBeSent"
            and not event["params"]["request"]["url"].startswith(("file:", "data:"))
        )
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_five_thousand_findings_open_within_a_second(
    tab: Browser, large: Path, width: int, height: int
) -> None:
    tab.open(large, width, height)

    # Until something is to be seen and the page has come to rest.
    wide = tab.value("""new Promise((done) => requestAnimationFrame(() => setTimeout(() =>
        done(document.documentElement.scrollWidth))))""")
    # In time of the processor: what else the machine does is not the page's.
    assert tab.busy() < LIMIT_SECONDS
    assert wide <= width
    assert complaints(tab) == []


@pytest.mark.slow
def test_controls_filter_group_and_sort(tab: Browser, large: Path) -> None:
    tab.open(large, *SIZES[0])

    assert choose(tab, text="module_12/ E1") == "14 of 5000 findings"
    assert choose(tab, text="", severity="CRITICAL") == "250 of 5000 findings"
    assert choose(tab, severity="", gate="lint", state="waived") == "109 of 5000 findings"
    assert shown(tab, ".findings h2") == ["Waived 109"]
    assert choose(tab, state="failing", group="file", sort="rule") == "3891 of 5000 findings"
    assert len(shown(tab, ".group")) == 300
    assert shown(tab, ".group")[1] == "app/module_1/handlers.py 13"
    rules = shown(tab, ".findings tbody:nth-of-type(2) td:nth-child(3)")
    assert rules == sorted(rules)
    assert choose(tab, text="nowhere") == "0 of 5000 findings"
    assert complaints(tab) == []


@pytest.mark.slow
def test_without_javascript_it_is_a_plain_table(tab: Browser, large: Path) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.open(large, *SIZES[0])

        assert shown(tab, ".controls") == []
        assert len(shown(tab, ".findings td:nth-child(3)")) == 4390
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.slow
def test_all_controls_are_reached_by_the_keyboard(tab: Browser, large: Path) -> None:
    tab.open(large, *SIZES[0])
    reached = []
    for _ in range(9):
        for kind in ("keyDown", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
        reached.append(tab.value("document.activeElement.name || document.activeElement.localName"))

    assert reached == ["pre", "text", "gate", "severity", "state", "group", "sort", "summary", "a"]


@pytest.mark.slow
def test_hostile_texts_do_nothing_in_a_browser(tab: Browser, tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text(page.render(attacked(), PREFIX), encoding="utf-8")

    tab.open(path, *SIZES[1])

    assert tab.value("document.title").startswith("7 of 8 gates are red: lint, gate-0")
    assert choose(tab, text="<img", group="file") == "4 of 24 findings"
    assert tab.value("document.images.length") == 0
    assert tab.value("document.documentElement.scrollWidth") <= SIZES[1][0]
    assert complaints(tab) == []
