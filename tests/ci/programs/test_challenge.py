from __future__ import annotations

import pytest

from ci.programs.challenge import Challenge, parse


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        ("", Challenge()),
        ("Basic", Challenge("basic")),
        ('Basic realm="a \\"b\\", c"', Challenge("basic", {"realm": 'a "b", c'})),
        (
            'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:a/b:pull,push"',
            Challenge(
                "bearer",
                {
                    "realm": "https://ghcr.io/token",
                    "service": "ghcr.io",
                    "scope": "repository:a/b:pull,push",
                },
            ),
        ),
        (
            "BEARER Realm=https://a/t , error=invalid_token",
            Challenge("bearer", {"realm": "https://a/t", "error": "invalid_token"}),
        ),
    ],
)
def test_parse(header: str, challenge: Challenge) -> None:
    assert parse(header) == challenge
