from __future__ import annotations

import pytest

from ci.fingerprint import difference, normalise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 failed in 0.53s", "1 failed in 12.10s"),
        ("==== 1 failed in 0.53s ====", "===== 1 failed in 0.5s ====="),
        ("2026-11-28T03:12:06Z start", "2027-01-01 00:00:00.123 start"),
        ("<shop.Price object at 0x7f3a9c0d2e10>", "<shop.Price object at 0x7f11aa0d2e10>"),
        ("/tmp/tmpab12/x.py:3: error", "/tmp/pytest-of-root/pytest-7/x.py:3: error"),  # noqa: S108
        ("connection to 10.1.2.3:5432 refused", "connection to 10.9.8.7:40123 refused"),
        ("listening on port 40001", "listening on port 40002"),
        ("key 0b0e4c8a-5a0e-4d0b-9d43-0a6c5a1f7e11", "key 11111111-2222-3333-4444-555555555555"),
        ("commit 4fcc0a4c63f197071d", "commit 8f776c33cf5ef21cab73"),
    ],
)
def test_noise_is_no_difference(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("assert 1 == 2", "assert 1 == 3"),
        ("x.py:3: error", "x.py:4: error"),
        ("jinja2 2.11.2", "jinja2 2.11.3"),
        ("exit code 1", "exit code 139"),
        ("identifier 7312345678901234567", "identifier 7312345678901234568"),
    ],
)
def test_what_tells_failures_apart_stays(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_the_first_lines_that_differ_are_given_as_they_are() -> None:
    assert difference(["a 0.1s", "b"], ["a 0.2s", "c"]) == ("b", "c")
    assert difference(["a"], ["a", "b"]) == ("", "b")
    assert difference([], []) is None


def test_another_order_and_empty_lines_are_no_difference() -> None:
    assert difference(["a", "b"], ["b", "", "a"]) is None
