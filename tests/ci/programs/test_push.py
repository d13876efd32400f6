"""Pushing an image to real registries, with faults on the way."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from ci.programs import logins, push, shipment
from ci.programs.delivery import Outcome
from ci.programs.errors import LayoutError, LoginError, PlanError
from ci.programs.hiccup import Patience
from ci.programs.layout import Layout
from tests.ci.programs.proxy import FOR_EVER, Fault, Proxy
from tests.ci.programs.sample import INDEX, Sample
from tests.ci.programs.service import PASSWORD, USERNAME, free_port, serve, with_passwords

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("one.test/team/app", "two.test/team/app")
QUICK = Patience(attempts=3, first=0.01, longest=0.3)


def plan(sample: Sample, *addresses: str, tags: tuple[str, ...] = ("1.2.3",)) -> dict[str, Any]:
    registries = [
        {"repository": name, "address": address}
        for name, address in zip(NAMES, addresses, strict=False)
    ]
    images = [{"digest": sample.digest, "tags": list(tags), "moving": ["latest"]}]
    return {"registries": registries, "images": images}


def pushed(
    sample: Sample,
    *addresses: str,
    auth: str = "{}",
    lines: list[str] | None = None,
    tags: tuple[str, ...] = ("1.2.3",),
) -> list[Outcome]:
    said = [] if lines is None else lines
    return push.push(
        Layout(sample.folder),
        shipment.parse(json.dumps(plan(sample, *addresses, tags=tags))),
        logins.parse(auth),
        QUICK,
        said.append,
    )


def tags(address: str) -> set[str]:
    """Return all tags that the registry has for the image, by itself."""
    found = requests.get(f"{address}/v2/team/app/tags/list", timeout=5).json().get("tags") or []
    return {tag for tag in found if not tag.startswith("sha256-")}


def test_all_of_it_at_two_registries(proxies: list[Proxy], sample: Sample, tmp_path: Path) -> None:
    lines: list[str] = []
    outcomes = pushed(sample, *(proxy.address for proxy in proxies), lines=lines)
    for outcome, proxy in zip(outcomes, proxies, strict=True):
        assert (outcome.state, outcome.error) == ("pushed", "")
        assert (outcome.blobs_uploaded, outcome.blobs_present) == (9, 0)
        assert outcome.bytes_uploaded > 2 * sample.size
        assert (outcome.manifests_put, outcome.manifests_present) == (6, 0)
        assert outcome.tags_set == ["1.2.3", "latest"]
        assert tags(proxy.upstream) == {"1.2.3", "latest"}
        assert proxy.count("PUT", r"/blobs/uploads/") == 9
    assert any("layer 2 of linux/arm64, 3.0 MB in" in line for line in lines)
    assert f"two.test/team/app: tag latest, {sample.digest}" in lines
    target = f"docker://{proxies[0].upstream.removeprefix('http://')}/team/app:1.2.3"
    options = ["--all", "--quiet", "--src-tls-verify=false", "--preserve-digests"]
    subprocess.run(["skopeo", "copy", *options, target, f"oci:{tmp_path}/copy"], check=True)
    copied = json.loads((tmp_path / "copy/index.json").read_text())
    assert copied["manifests"][0]["digest"] == sample.digest


def test_again_sends_nothing(proxies: list[Proxy], sample: Sample) -> None:
    addresses = [proxy.address for proxy in proxies]
    pushed(sample, *addresses)
    for proxy in proxies:
        proxy.requests.clear()
    started = time.monotonic()
    outcomes = pushed(sample, *addresses)
    assert time.monotonic() - started < 3
    for outcome, proxy in zip(outcomes, proxies, strict=True):
        assert outcome.state == "pushed"
        assert (outcome.blobs_uploaded, outcome.blobs_present, outcome.bytes_uploaded) == (0, 9, 0)
        assert (outcome.manifests_put, outcome.manifests_present) == (0, 6)
        assert (outcome.tags_set, outcome.tags_present) == ([], ["1.2.3", "latest"])
        assert proxy.count("PUT", "") == 0


def test_moving_tags_move_and_versions_do_not(registry: str, tmp_path: Path) -> None:
    old, new = Sample(tmp_path / "old", "old", 10), Sample(tmp_path / "new", "new", 10)
    with Proxy(registry).running() as proxy:
        pushed(old, proxy.address)
        (refused,) = pushed(new, proxy.address)
        assert (refused.state, refused.tags_set, refused.blobs_uploaded) == ("failed", [], 0)
        assert refused.error == (
            f"one.test/team/app: a version is never moved: 1.2.3 is {old.digest} already, and would become "
            f"{new.digest}\nPublish under a new version."
        )
        (taken,) = pushed(new, proxy.address, tags=("1.2.4",))
    assert (taken.state, taken.tags_set) == ("pushed", ["1.2.4", "latest"])
    # The layer and the empty configuration that both have.
    assert taken.blobs_present == 2


def test_version_taken_at_one_registry(proxies: list[Proxy], tmp_path: Path) -> None:
    old, new = Sample(tmp_path / "old", "old", 10), Sample(tmp_path / "new", "new", 10)
    pushed(old, proxies[0].address)
    refused, untouched = pushed(new, *(proxy.address for proxy in proxies))
    assert (refused.state, untouched.state, untouched.error) == ("failed", "untouched", "")
    assert "1.2.3 is" in refused.error
    assert tags(proxies[1].upstream) == set()
    assert proxies[1].count("PUT", "") == 0


def test_version_taken_while_pushing(proxies: list[Proxy], tmp_path: Path) -> None:
    """Someone else publishes the same version while blobs are sent: it is seen before anything is tagged."""
    old, new = Sample(tmp_path / "old", "old", 10), Sample(tmp_path / "new", "new", 10)
    pushed(old, proxies[0].upstream)
    proxies[0].faults.append(Fault("HEAD", "/manifests/1.2.3", 404))
    refused, other = pushed(new, *(proxy.address for proxy in proxies))
    assert (refused.state, other.state) == ("failed", "not tagged")
    assert tags(proxies[1].upstream) == set()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/blobs/uploads/", 500),
        ("PUT", "/blobs/uploads/", 502),
        ("PUT", "/blobs/uploads/", 0),
        ("HEAD", "/blobs/sha256", 503),
        ("HEAD", "/manifests/", 504),
        ("PUT", "/manifests/sha256", 500),
        ("PUT", "/manifests/latest", 0),
        ("GET", "/referrers/", 500),
    ],
)
def test_hiccups_are_waited_for(
    registry: str, tmp_path: Path, method: str, path: str, status: int
) -> None:
    sample = Sample(tmp_path / "layout", f"{method} {path} {status}")
    lines: list[str] = []
    with Proxy(registry, [Fault(method, path, status, times=2)]).running() as proxy:
        (outcome,) = pushed(sample, proxy.address, lines=lines, tags=(sample.digest[7:],))
    assert (outcome.state, outcome.error) == ("pushed", "")
    cause = f"HTTP {status}" if status else ("connection|pipe")
    assert sum("tried again in" in line for line in lines) == 2
    assert any(word in "\n".join(lines) for word in cause.split("|"))


def test_too_many_requests(registry: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", "429", 10)
    lines: list[str] = []
    fault = Fault("HEAD", "/blobs/sha256", 429, headers={"Retry-After": "60"})
    with Proxy(registry, [fault]).running() as proxy:
        (outcome,) = pushed(sample, proxy.address, lines=lines, tags=("v429",))
    assert outcome.state == "pushed"
    # What it asks for, but no longer than is waited at most.
    assert any("HTTP 429 Too Many Requests; tried again in 0.3 s" in line for line in lines)


@pytest.mark.parametrize(("status", "cause"), [(429, "HTTP 429"), (500, "HTTP 500"), (0, "")])
def test_one_registry_fails_for_ever(
    proxies: list[Proxy], sample: Sample, status: int, cause: str
) -> None:
    layer = sample.own_layer()
    # Without colons the digest is in the query of an upload's address.
    fault = Fault("PUT", f"digest={layer}", status, FOR_EVER)
    proxies[1].faults.append(fault)
    good, bad = pushed(sample, *(proxy.address for proxy in proxies))
    assert (good.state, good.error) == ("not tagged", "")
    assert (good.blobs_uploaded, good.manifests_put) == (9, 6)
    assert bad.state == "failed"
    assert f"two.test/team/app: upload layer 2 of linux/amd64 {layer}: {cause}" in bad.error
    assert "3 times" in bad.error
    assert f"Check that {proxies[1].address} is reachable and well" in bad.error
    assert [tags(proxy.upstream) for proxy in proxies] == [set(), set()]
    # When it is well again, only what is missing is sent.
    fault.times = 0
    good, bad = pushed(sample, *(proxy.address for proxy in proxies))
    assert (good.state, good.blobs_uploaded) == ("pushed", 0)
    assert (bad.state, bad.blobs_uploaded + bad.blobs_present) == ("pushed", 9)
    assert bad.blobs_present > 0


def test_fails_while_tagging(proxies: list[Proxy], sample: Sample) -> None:
    proxies[1].faults.append(Fault("PUT", "/manifests/1.2.3", 500, FOR_EVER))
    first, second = pushed(sample, *(proxy.address for proxy in proxies))
    assert (first.state, first.tags_set) == ("partly tagged", ["1.2.3"])
    assert (second.state, second.tags_set) == ("failed", [])
    assert "two.test/team/app: put tag 1.2.3: HTTP 500" in second.error
    assert [tags(proxy.upstream) for proxy in proxies] == [{"1.2.3"}, set()]


def test_fails_at_the_last_tag(proxies: list[Proxy], sample: Sample) -> None:
    proxies[1].faults.append(Fault("PUT", "/manifests/latest", 500, FOR_EVER))
    first, second = pushed(sample, *(proxy.address for proxy in proxies))
    assert (first.state, first.tags_set) == ("pushed", ["1.2.3", "latest"])
    assert (second.state, second.tags_set) == ("failed", ["1.2.3"])


def test_nobody_listens(proxies: list[Proxy], sample: Sample) -> None:
    first, second = pushed(sample, proxies[0].address, f"http://127.0.0.1:{free_port()}")
    assert (first.state, second.state) == ("untouched", "failed")
    assert "two.test/team/app: begin an upload: connection refused, 3 times" in second.error
    assert proxies[0].count("PUT", "") == 0


def test_password(tmp_path: Path, sample: Sample) -> None:
    folder = tmp_path / "closed"
    with serve(folder, **with_passwords(folder)) as address:
        (anonymous,) = pushed(sample, address)
        wrong = {"auths": {"one.test": {"username": USERNAME, "password": "wrong-secret"}}}
        (refused,) = pushed(sample, address, auth=json.dumps(wrong))
        right = {"auths": {"one.test": {"username": USERNAME, "password": PASSWORD}}}
        (outcome,) = pushed(sample, address, auth=json.dumps(right))
    assert anonymous.state == "failed"
    assert anonymous.error == (
        "one.test/team/app: it asks for a login (basic); no login was given\nGive it a login."
    )
    assert refused.state == "failed"
    assert refused.error == (
        "one.test/team/app: begin an upload: HTTP 401 UNAUTHORIZED: authentication required; the login 'ada' is not "
        "enough\nCheck its password, and that it may do this: repository:team/app:pull,push."
    )
    assert outcome.state == "pushed"


def test_forbidden_is_not_tried_again(registry: str, tmp_path: Path) -> None:
    body = json.dumps({"errors": [{"code": "DENIED", "message": f"no {PASSWORD} here"}]}).encode()
    fault = Fault("POST", "/blobs/uploads/", 403, FOR_EVER, body=body)
    auth = {"auths": {"one.test": {"username": USERNAME, "password": PASSWORD}}}
    sample = Sample(tmp_path / "layout", "403", 10)
    with Proxy(registry, [fault]).running() as proxy:
        (outcome,) = pushed(sample, proxy.address, auth=json.dumps(auth))
        assert proxy.count("POST", "") == 1
    assert "begin an upload: HTTP 403 DENIED: no *** here; the login 'ada'" in outcome.error


def test_what_others_attached_stays(registry: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", "others", 10)
    fallback = f"{registry}/v2/team/app/manifests/{sample.digest.replace(':', '-')}"
    pushed(sample, registry, tags=("others",))
    before = _get(fallback)
    added = sample.attach(sample.index, "another signature")
    # Whoever pushes the layout later knows only this one.
    sample.attachments[:] = [added]
    sample.save()
    (outcome,) = pushed(sample, registry, tags=("others",))
    assert (outcome.state, outcome.manifests_put) == ("pushed", 1)
    after = _get(fallback)
    assert after["manifests"][:-1] == before["manifests"]
    assert after["manifests"][-1] == {
        **added,
        "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "annotations": {"about": "another signature"},
    }


def test_registry_that_lists_referrers(registry: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", "native", 10)
    with Proxy(registry, referrers=True).running() as proxy:
        (outcome,) = pushed(sample, proxy.address, tags=("native",))
        assert outcome.state == "pushed"
        assert proxy.count("PUT", "/manifests/sha256-") == 0


def test_changed_layer(registry: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", "changed", 10)
    layer = sample.own_layer()
    sample.path(layer).write_bytes(b"something")
    (outcome,) = pushed(sample, registry, tags=("changed",))
    assert outcome.state == "failed"
    assert f"layer 2 of linux/amd64 {layer} has been changed" in outcome.error


def test_layout_without_the_image(sample: Sample) -> None:
    value = plan(sample, "http://127.0.0.1:1")
    value["images"][0]["digest"] = f"sha256:{'0' * 64}"
    with pytest.raises(LayoutError, match="the layout has no image sha256:000"):
        shipment.collect(Layout(sample.folder), shipment.parse(json.dumps(value)))


def test_credential_helper(sample: Sample) -> None:
    with pytest.raises(LoginError, match="kept by the credential helper 'ecr-login'"):
        pushed(sample, "http://127.0.0.1:1", auth='{"credHelpers": {"one.test": "ecr-login"}}')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"registries": []}, "names no registry or no image"),
        ({"registries": [{"repository": "a/b"}]}, "the plan cannot be read: TypeError"),
        ({"registries": [{"repository": "a/b", "address": "http://x"}] * 2}, "repository twice"),
        ({"images": [{"digest": "x", "tags": ["1"], "moving": ["1"]}]}, "the tag '1' twice"),
    ],
)
def test_plan_that_is_none(sample: Sample, change: dict[str, Any], message: str) -> None:
    value = plan(sample, "http://127.0.0.1:1") | change
    with pytest.raises(PlanError, match=message):
        shipment.parse(json.dumps(value))


def test_command_line(registry: str, tmp_path: Path, environment: dict[str, str]) -> None:
    sample = Sample(tmp_path / "layout", "command", 10)
    given = tmp_path / "plan.json"
    given.write_text(json.dumps(plan(sample, registry, tags=("command",))))
    command = [sys.executable, "-m", "ci.programs.push", f"--layout={sample.folder}"]
    options: dict[str, Any] = {"capture_output": True, "text": True, "env": environment}
    done = subprocess.run([*command, f"--plan={given}"], **options, check=False)
    assert done.returncode == 0
    (outcome,) = json.loads(done.stdout)["registries"]
    assert set(outcome) == {field.name for field in dataclasses.fields(Outcome)}
    assert (outcome["state"], outcome["repository"]) == ("pushed", NAMES[0])
    assert f"one.test/team/app: tag command, {sample.digest}\n" in done.stderr
    shutil.rmtree(sample.folder)
    done = subprocess.run([*command, f"--plan={given}"], **options, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no OCI layout: index.json cannot be read" in done.stderr


def _get(url: str) -> dict[str, Any]:
    answer = requests.get(url, timeout=5, headers={"Accept": INDEX})
    value: dict[str, Any] = answer.json()
    return value
