"""Rendered as the code host renders it, by markdown-it: what is HTML there is ours."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from ci.outcome import Outcome
from ci.reports import markdown
from ci.waivers import Waiver
from tests.ci.reports.examples import ERROR, HOSTILE, TODAY, finding, hostile, lint, many, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

PREFIX = "https://host/owner/repository/blob/abc"


def flat(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or ())


def tokens(text: str) -> list[Token]:
    return list(flat(MarkdownIt("commonmark").enable("table").parse(text)))


def test_first_is_the_marker_then_the_verdict_then_the_gates() -> None:
    lines = markdown.render(many(20)).splitlines()

    assert lines[:7] == [
        markdown.MARKER,
        "",
        "**3 of 3 gates are red: lint, scan, secrets**",
        "",
        "| Gate | State | To mend | Waived | Let pass |",
        "|---|---|--:|--:|--:|",
        "| format | off | - | - | - |",
    ]
    assert "| secrets | **error** | - | - | - |" in lines


def test_a_finding_links_to_its_line_and_its_rule() -> None:
    text = markdown.render([lint(finding(path="shop/a b(1).py"))], PREFIX)

    assert f"[`shop/a b(1).py:3`](<{PREFIX}/shop/a%20b%281%29.py#L3>)" in text
    assert "[`F401`](<https://docs.astral.sh/ruff/rules/unused-import>)" in text
    assert "- to do for `F401`: `` `dagger generate format-fix` mends it ``" in text


def test_without_a_prefix_places_are_texts() -> None:
    assert " `shop/price.py:3`: " in markdown.render([lint(finding())])


def test_no_text_of_a_finding_becomes_html_a_link_or_a_mention() -> None:
    gates = [lint(*hostile()), scan(*hostile()), *many(4)[3:]]
    gates += [Outcome(f"gate-{number}", error=text) for number, text in enumerate(HOSTILE)]

    found = tokens(markdown.render(gates, PREFIX))

    html = {token.content.strip() for token in found if token.type.startswith("html")}
    assert html <= {
        markdown.MARKER,
        "</details>",
        "<details><summary>lint: 12 to mend, 0 waived</summary>",
        "<details><summary>scan: 12 to mend, 0 waived</summary>",
        *(
            f"<details><summary>{gate} could not be checked</summary>"
            for gate in ("secrets", *(f"gate-{number}" for number in range(len(HOSTILE))))
        ),
    }
    links = [token.attrs["href"] for token in found if token.type == "link_open"]
    assert links
    assert all(str(link).startswith("https://host/") for link in links)
    said = "".join(token.content for token in found if token.type == "text")
    assert not set("@#<>|`") & set(said)


@pytest.mark.parametrize("count", [20, 1000, 5000])
def test_it_fits_into_a_comment_and_says_what_is_left_out(count: int) -> None:
    text = markdown.render(many(count), PREFIX)

    assert len(text) <= markdown.LIMIT
    assert ("more, which the report has" in text) is (count > 20)
    assert text.count("<details>") == text.count("</details>") == 3


def test_a_long_error_is_cut_within_its_fence() -> None:
    text = markdown.render([Outcome("scan", error=f"{ERROR}\n{'x' * 100_000}\nthe last line")])

    assert len(text) < 4_000
    assert text.count("```") == 2
    assert ERROR in text
    assert "\nthe last line\n```" in text


def test_waivers_that_expired_are_told_but_do_not_fill_it() -> None:
    over = TODAY - dt.timedelta(days=1)
    waivers = tuple(
        Waiver(id=f"E{number}", owner="ada", reason="shown", expires=over) for number in range(1000)
    )

    text = markdown.render([lint(waivers=waivers)])

    assert "- `the waiver of E0 by ada expired on 2026-11-27`" in text
    assert "- … and 988 more waivers that expired" in text


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("", ""),
        (" \n ", ""),
        ("a\n b", "`a b`"),
        ("a`b", "``a`b``"),
        ("``a", "``` ``a ```"),
        ("abcdef", "`abc…`"),
    ],
)
def test_a_code_span_is_one_line_that_its_text_cannot_end(text: str, span: str) -> None:
    assert markdown.code(text, 4) == span
