"""Authorisation, and what registries do differently, against real ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci.programs import logins
from ci.programs.errors import AccessError, PlanError, RegistryError
from ci.programs.hiccup import Patience
from ci.programs.logins import Logins
from ci.programs.parts import Part
from ci.programs.registry import PULL, PUSH, Repository
from tests.ci.programs.proxy import FOR_EVER, Fault, Proxy
from tests.ci.programs.service import IDENTITY, PASSWORD, USERNAME, TokenService, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ci.programs.sample import Sample

NAME = "one.test/team/app"
QUICK = Patience(attempts=3, first=0.01, longest=0.3)


def repository(
    address: str, login: dict[str, Any] | None = None, actions: str = PUSH, name: str = NAME
) -> Repository:
    auths = {} if login is None else {"auths": {"one.test": login}}
    known = logins.parse(json.dumps(auths))
    return Repository(name, address, known, actions, QUICK, lambda _: None)


def layer(sample: Sample) -> Part:
    size = sample.path(sample.own_layer()).stat().st_size
    return Part({"mediaType": "x/y", "digest": sample.own_layer(), "size": size}, "layer")


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[TokenService]:
    with TokenService(tmp_path / "tokens").running() as service:
        yield service


@pytest.fixture
def guarded(tokens: TokenService, tmp_path: Path) -> Iterator[Proxy]:
    """Give a registry that lets in who has a token."""
    with (
        serve(tmp_path / "guarded", **tokens.configuration) as address,
        Proxy(address).running() as proxy,
    ):
        yield proxy


@pytest.mark.parametrize(
    ("login", "method"),
    [
        ({"username": USERNAME, "password": PASSWORD}, "GET"),
        ({"username": USERNAME, "identitytoken": IDENTITY}, "POST"),
    ],
    ids=["password", "identity token"],
)
def test_token(
    guarded: Proxy, tokens: TokenService, sample: Sample, login: dict[str, Any], method: str
) -> None:
    target = repository(guarded.address, login)
    target.reach()
    target.put_blob(layer(sample), sample.path(sample.own_layer()))
    assert target.has_blob(sample.own_layer())
    ((used, query),) = tokens.asked
    assert (used, query["service"]) == (method, "registry.test")
    assert query["scope"] == "repository:team/app:pull,push"
    target.close()


def test_token_that_has_run_out(guarded: Proxy, tokens: TokenService, sample: Sample) -> None:
    target = repository(guarded.address, {"username": USERNAME, "password": PASSWORD})
    target.reach()
    realm = f'Bearer realm="http://127.0.0.1:{tokens.port}/token",service="registry.test"'
    guarded.faults.append(Fault("PUT", "/blobs/", 401, headers={"WWW-Authenticate": realm}))
    target.put_blob(layer(sample), sample.path(sample.own_layer()))
    assert len(tokens.asked) == 2
    guarded.faults.append(
        Fault("HEAD", "/blobs/", 401, FOR_EVER, headers={"WWW-Authenticate": realm})
    )
    before = guarded.count("HEAD", "/blobs/")
    with pytest.raises(AccessError, match="HTTP 401 Unauthorized; the login 'ada' is not enough"):
        target.has_blob(sample.own_layer())
    assert (guarded.count("HEAD", "/blobs/") - before, len(tokens.asked)) == (2, 3)
    target.close()


def test_token_that_is_refused(guarded: Proxy) -> None:
    target = repository(guarded.address, {"username": USERNAME, "password": "wrong-secret"})
    with pytest.raises(AccessError) as error:
        target.reach()
    assert str(error.value) == (
        "one.test/team/app: its token service answers HTTP 401 Unauthorized; the login 'ada' is not enough\n"
        "Check its password, and that it may do this: repository:team/app:pull,push."
    )
    target.close()


def test_login_stays_at_the_registry(guarded: Proxy, sample: Sample) -> None:
    """An upload that goes on elsewhere, as to a storage service, is not given the token."""
    target = repository(guarded.address, {"username": USERNAME, "password": PASSWORD})
    target.reach()
    with Proxy(guarded.upstream).running() as elsewhere:
        location = {"Location": f"{elsewhere.address}/v2/team/app/blobs/uploads/x?state=1"}
        guarded.faults.append(Fault("POST", "/blobs/uploads/", 202, FOR_EVER, headers=location))
        with pytest.raises(AccessError, match="upload layer"):
            target.put_blob(layer(sample), sample.path(sample.own_layer()))
        assert elsewhere.count("PUT", f"state=1&digest={sample.own_layer()}") == 2
    target.close()


def test_relative_locations(tmp_path: Path, sample: Sample) -> None:
    with serve(tmp_path / "relative", http={"relativeurls": True}) as address:
        target = repository(address)
        target.put_blob(layer(sample), sample.path(sample.own_layer()))
        assert target.has_blob(sample.own_layer())
        target.close()


def test_upload_whose_answer_is_lost(registry: str, sample: Sample) -> None:
    with Proxy(registry, [Fault("HEAD", "/blobs/", 404)]).running() as proxy:
        target = repository(proxy.address, name="one.test/team/lost")
        assert not target.has_blob(sample.own_layer())
        repository(registry, name="one.test/team/lost").put_blob(
            layer(sample), sample.path(sample.own_layer())
        )
        proxy.faults.append(Fault("PUT", "/blobs/", 500))
        target.put_blob(layer(sample), sample.path(sample.own_layer()))
        assert proxy.count("PUT", "/blobs/") == 1
        target.close()


def test_content_of_another_digest(registry: str, tmp_path: Path, sample: Sample) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"")
    target = repository(registry)
    with pytest.raises(RegistryError, match=r"upload layer \S*: HTTP 400 DIGEST_INVALID"):
        target.put_blob(layer(sample), other)
    target.close()


def test_empty_registry(registry: str) -> None:
    target = repository(registry, actions=PULL, name="one.test/team/nothing")
    target.reach()
    digest = f"sha256:{'0' * 64}"
    assert target.find_manifest("latest") == ""
    assert target.referrers(digest).entries == []
    assert not target.has_blob(digest)
    target.close()


@pytest.mark.parametrize(
    ("name", "address", "message"),
    [
        ("team", "https://one.test", "'team' at 'https://one.test' is no repository"),
        ("one.test/app", "one.test", "is no repository\nGive a name such as ghcr.io"),
        ("one.test/app", "https://ada:secret@one.test", "address of one.test/app holds a login"),
    ],
)
def test_address_that_is_none(name: str, address: str, message: str) -> None:
    with pytest.raises(PlanError, match=message) as error:
        Repository(name, address, Logins())
    assert "secret" not in str(error.value)
