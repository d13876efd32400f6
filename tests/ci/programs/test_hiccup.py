"""How long something is waited for; what is tried again is in test_push.py."""

from __future__ import annotations

import email.utils
import http.client
import ssl
import time

import pytest
import requests
from urllib3.exceptions import MaxRetryError, ProtocolError

from ci.programs.hiccup import Patience, cause_of, retry_after


@pytest.mark.parametrize(
    ("attempt", "asked", "wait"),
    [
        (0, None, 0.5),
        (2, None, 2.0),
        (9, None, 30.0),
        (0, 7.0, 7.0),
        (0, 900.0, 30.0),
        (0, -5.0, 0.0),
    ],
)
def test_wait(attempt: int, asked: float | None, wait: float) -> None:
    assert Patience().wait(attempt, asked) == wait


def test_retry_after() -> None:
    answer = requests.Response()
    assert retry_after(answer) is None
    answer.headers["Retry-After"] = "12"
    assert retry_after(answer) == 12
    answer.headers["Retry-After"] = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert retry_after(answer) == pytest.approx(60, abs=3)
    answer.headers["Retry-After"] = "soon"
    assert retry_after(answer) is None


def test_cause() -> None:
    reset = ProtocolError("aborted", ConnectionResetError(104, "Connection reset by peer"))
    assert cause_of(requests.ConnectionError(reset)) == "connection reset by peer"
    closed = ProtocolError("aborted", http.client.RemoteDisconnected("closed"))
    assert cause_of(requests.ConnectionError(closed)) == "the connection was dropped"
    assert cause_of(requests.ReadTimeout("/path?state=secret")) == "no answer in time"
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message = "self-signed certificate"
    nested = requests.exceptions.SSLError(MaxRetryError(None, "/v2/?x=secret", refused))  # type: ignore[arg-type]
    assert cause_of(nested) == "certificate is not accepted: self-signed certificate"
