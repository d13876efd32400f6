"""A registry that is a service of the session: images go to it and come from it, under the names of another one."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

import pytest

DAGGER = str(Path(__file__).parents[3] / "dagger")
SECONDS = 300

pytestmark = pytest.mark.slow


def dagger(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DAGGER, "core", "--progress", "plain", "container", *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def publish(name: str, service: str, text: str) -> subprocess.CompletedProcess[str]:
    return dagger(
        *["with-new-file", "--path", "/text", "--contents", text],
        *["publish", "--address", name, "--registry-service", service],
    )


def pull(name: str, service: str) -> subprocess.CompletedProcess[str]:
    return dagger(
        *["from", "--address", name, "--registry-service", service],
        *["file", "--path", "/text", "contents"],
    )


@pytest.fixture
def service(registry: str) -> str:
    """The address of a registry on the host's loopback, as a service of the host."""
    return f"tcp://{registry}"


def test_an_image_goes_to_it_and_comes_back_by_the_name_that_it_has_there(service: str) -> None:
    # The name has no port: the one that the service has is taken.
    name = f"registry.example/team/{secrets.token_hex(4)}:1"
    text = secrets.token_hex(4)
    published = publish(name, service, text)
    reference = published.stdout.strip()
    assert reference.startswith(f"{name}@sha256:"), published.stderr
    for asked in (name, reference):
        pulled = pull(asked, service)
        assert pulled.stdout.strip() == text, pulled.stderr


def test_a_tag_means_what_the_service_has_now(service: str) -> None:
    name = f"registry.example/team/{secrets.token_hex(4)}:1"
    for text in (secrets.token_hex(4), secrets.token_hex(4)):
        assert publish(name, service, text).returncode == 0
        assert pull(name, service).stdout.strip() == text


def test_what_it_does_not_have_is_an_error_and_no_stand_in_answers(service: str) -> None:
    failed = pull("debian:bookworm-slim", service)
    assert failed.returncode != 0
    assert 'failed to resolve image "docker.io/library/debian:bookworm-slim"' in failed.stderr
    assert "unknown" in failed.stderr


def test_a_name_with_a_port_asks_for_that_port(service: str) -> None:
    failed = publish("registry.example:1/team/app:1", service, "x")
    assert failed.returncode != 0
    assert "refused" in failed.stderr
