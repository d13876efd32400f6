"""Services with a health check of their image: when it lets them be ready, and when it ends them."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from portable_dagger.images.config import ImageConfig
from portable_dagger.images.healthcheck import Healthcheck
from portable_dagger.session.health import check_command

DAGGER = str(Path(__file__).parents[3] / "dagger")
SECONDS = 300


def test_the_words_of_a_check() -> None:
    line = Healthcheck.from_json({"Test": ["CMD-SHELL", "curl -f localhost"]})
    assert line is not None
    assert check_command(ImageConfig(), Healthcheck(("curl", "-f"))) == ("curl", "-f")
    assert check_command(ImageConfig(), line) == ("/bin/sh", "-c", "curl -f localhost")
    bash = ImageConfig.from_json({"Shell": ["/bin/bash", "-ec"]})
    assert check_command(bash, line) == ("/bin/bash", "-ec", "curl -f localhost")


def started(
    check: str, command: str, *options: str, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Start a service with a check, both lines for the shell."""
    words = ["container", "from", "--address", "debian:bookworm-slim", *before]
    words += ["with-docker-healthcheck", "--args", f'"{check}"', "--shell", *options]
    words += ["as-service", "--args", f'sh,-c,"{command}"', "start"]
    return subprocess.run(
        [DAGGER, "core", "--progress", "plain", *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.slow
def test_a_service_is_ready_once_its_check_succeeds() -> None:
    begun = time.monotonic()
    done = started("test -f /ready", "sleep 1.5; touch /ready; sleep 1000")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun >= 1.5


@pytest.mark.slow
def test_a_check_has_the_user_the_folder_and_the_variables_of_the_service() -> None:
    done = started(
        "test $(id -u):$PWD:$MARK = 1234:/srv:here",
        "sleep 1000",
        before=(
            *["with-user", "--name", "1234", "with-workdir", "--path", "/srv"],
            *["with-env-variable", "--name", "MARK", "--value", "here"],
        ),
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_failures_end_the_start_with_what_the_check_said() -> None:
    done = started("echo not yet; exit 7", "sleep 1000", "--interval", "200ms", "--retries", "2")
    assert done.returncode != 0
    assert "failed 2 times in a row (exit code: 7): not yet" in done.stderr


@pytest.mark.slow
def test_failures_of_the_start_period_do_not_count() -> None:
    options = ("--interval", "100ms", "--retries", "1", "--start-period", "60s")
    done = started("test -f /ready", "sleep 1; touch /ready; sleep 1000", *options)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_check_that_takes_too_long_has_failed() -> None:
    options = ("--interval", "100ms", "--timeout", "300ms", "--retries", "1")
    done = started("sleep 1000", "sleep 1000", *options)
    assert done.returncode != 0
    assert "no answer within 0.3 s" in done.stderr


@pytest.mark.slow
def test_a_check_whose_program_is_missing_says_so() -> None:
    options = ("--interval", "100ms", "--retries", "1")
    done = started("no-such-program", "sleep 1000", *options)
    assert done.returncode != 0
    assert "no-such-program: not found" in done.stderr


@pytest.mark.slow
def test_a_service_that_ends_ends_the_wait() -> None:
    done = started("false", "echo gone; exit 3")
    assert done.returncode != 0
    assert "exit code: 3" in done.stderr
