"""Which servers functions may ask through the engine."""

from __future__ import annotations

import urllib.request
from ipaddress import IPv4Network

import pytest

from portable_dagger.errors import HttpError
from portable_dagger.ops.http import Request
from portable_dagger.ops.reach import refusal

CONTAINERS = IPv4Network("10.213.0.0/22")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://127.9.9.9:8080/x",
        "http://localhost/x",
        "http://[::1]:80/x",
        "ssh://git@localhost:22/x",
        "git@localhost:x",
        "http://2130706433/",
    ],
)
def test_this_machine_is_refused(url: str) -> None:
    assert refusal(url, CONTAINERS).startswith(f"{url} is on the host")


def test_containers_are_refused() -> None:
    url = "http://10.213.0.9:5432/"
    assert refusal(url, CONTAINERS).startswith(f"{url} is a container's")


@pytest.mark.parametrize("url", ["http://192.0.2.7/", "http://no-such-name.invalid/", "nothing"])
def test_other_machines_and_names_that_nobody_knows_are_not(url: str) -> None:
    assert refusal(url, CONTAINERS) == ""


def test_what_goes_by_a_proxy_is_the_proxys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert refusal("http://localhost/", CONTAINERS) == ""
    monkeypatch.setenv("no_proxy", "localhost")
    assert refusal("http://localhost/", CONTAINERS)


def test_a_redirection_to_this_machine_is_refused() -> None:
    opener = Request("http://192.0.2.7/", away_from=CONTAINERS).opener()
    handlers = [h for h in opener.handlers if isinstance(h, urllib.request.HTTPRedirectHandler)]
    asked = urllib.request.Request("http://192.0.2.7/")
    (follows,) = handlers
    with pytest.raises(HttpError, match="is on the host"):
        follows.redirect_request(asked, None, 302, "Found", {}, "http://localhost/secret")
    elsewhere = follows.redirect_request(asked, None, 302, "Found", {}, "http://192.0.2.8/")
    assert elsewhere is not None
    assert elsewhere.full_url == "http://192.0.2.8/"
