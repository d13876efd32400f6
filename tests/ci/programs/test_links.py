from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from ci.programs import links, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ci.programs.pages import Page

NAMES = {"README.md", "docs/a.md", "docs/b c.md", "docs/image.png", "ci/main.py"}
READ = {"docs/a.md": pages.read("# Here\n"), "docs/b c.md": pages.read("# There\n")}


def check(target: str) -> list[tuple[str, str]]:
    page = pages.read(f"[x](<{target}>)\n")

    def known(path: str) -> Page | None:
        return page if path == "docs/page.md" else READ.get(path)

    found = links.check({"docs/page.md": page}, {*NAMES, "docs/page.md"}, known)
    return [(finding.id, f"{finding.path}:{finding.line}") for finding in found]


@pytest.mark.parametrize(
    "target",
    [
        "a.md",
        "./a.md#here",
        "../README.md",
        "/docs/a.md",
        "b%20c.md#there",
        "b c.md",
        "../docs",
        "..",
        "image.png",
        "../ci/main.py#L10",
        "https://shop.test/a?b#c",
        "mailto:ada@shop.test",
    ],
)
def test_good_links(target: str) -> None:
    assert check(target) == []


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("none.md", "link"),
        ("../../out.md", "link"),
        ("A.md", "link"),
        ("a.md#there", "anchor"),
        ("#nowhere", "anchor"),
        ("https:///path", "address"),
        ("http://[::1", "address"),
        ("htps://shop.test", "address"),
        ("//shop.test/a", "address"),
    ],
)
def test_bad_links(target: str, rule: str) -> None:
    assert check(target) == [(rule, "docs/page.md:1")]


def test_a_reference_that_is_nowhere_is_told() -> None:
    page = pages.read("see [this][that]\n")
    (found,) = links.check({"a.md": page}, {"a.md"}, lambda _: None)

    assert (found.id, found.message) == ("reference", "[that] is defined nowhere in the page")


class _Answer(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    served = HTTPServer(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.mark.parametrize(("status", "said"), [(200, ""), (403, ""), (404, "404 Not Found")])
def test_an_address_is_asked_for(server: str, status: int, said: str) -> None:
    assert links.ask(f"{server}/{status}") == said


def test_nobody_answers() -> None:
    assert "refused" in links.ask("http://127.0.0.1:9/")


def test_an_address_is_asked_for_once() -> None:
    page = pages.read("[a](https://shop.test/#x)\n[b](https://shop.test/#y) [c](d.md)\n")

    assert links.addresses({"a.md": page}) == {"https://shop.test/": ("a.md", 1)}
