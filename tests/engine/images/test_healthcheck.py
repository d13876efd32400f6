from __future__ import annotations

import pytest

from portable_dagger.errors import DurationError
from portable_dagger.images.healthcheck import Healthcheck, format_duration, parse_duration


# The first six are of the vector container/healthcheck.
@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("90s", "1m30s"),
        ("1m", "1m0s"),
        ("2s", "2s"),
        ("500ms", "500ms"),
        ("0s", "0s"),
        ("0", "0s"),
        ("1.5s", "1.5s"),
        ("1h", "1h0m0s"),
        ("1500us", "1.5ms"),
        ("1h0.5s", "1h0m0.5s"),
        ("7ns", "7ns"),
        ("-1m", "-1m0s"),
    ],
)
def test_durations(text: str, canonical: str) -> None:
    assert format_duration(parse_duration(text)) == canonical


@pytest.mark.parametrize("text", ["", "1", "s", "1x", "1s ", "1s,2s", "+"])
def test_malformed_duration(text: str) -> None:
    with pytest.raises(DurationError, match="invalid duration"):
        parse_duration(text)


def test_json() -> None:
    check = Healthcheck(("curl", "-f", "x"), interval=90_000_000_000, retries=4)
    value = {"Test": ["CMD", "curl", "-f", "x"], "Interval": 90_000_000_000, "Retries": 4}
    assert check.to_json() == value
    assert Healthcheck.from_json(value) == check


def test_none() -> None:
    assert Healthcheck.from_json(None) is None
    assert Healthcheck.from_json({"Test": ["NONE"]}) is None
    assert Healthcheck.from_json({"Interval": 5}) is None
