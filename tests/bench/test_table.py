"""The benchmark's table: medians, verdicts, and what could not be measured."""

from __future__ import annotations

import json

from bench.measurement import Measurement
from bench.table import document, line, markdown

KEPT = Measurement("call", (0.3, 0.1, 0.2), limit=0.25, dagger="2.2")
MISSED = Measurement("memory", (150.0,), "MB", limit=120)
FREE = Measurement("cp", (0.5, 0.7))
FAILED = Measurement("podman", failure="apt-get install podman")


def test_a_row_has_median_spread_aim_and_verdict() -> None:
    assert line(KEPT) == "| call | 0.2 s | 0.1 to 0.3 | ≤ 0.25 | yes | 2.2 |"
    assert line(MISSED) == "| memory | 150 MB |  | ≤ 120 | no |  |"
    assert line(FREE) == "| cp | 0.6 s | 0.5 to 0.7 |  |  |  |"
    assert line(FAILED) == "| podman | apt-get install podman | |  | not measured |  |"


def test_the_table_has_a_row_for_each() -> None:
    assert len(markdown([KEPT, MISSED, FREE, FAILED]).splitlines()) == 2 + 4


def test_the_document_keeps_every_value() -> None:
    found = json.loads(document([KEPT, FAILED], {"processors": 2}))
    assert found["machine"] == {"processors": 2}
    assert found["measurements"][0]["values"] == [0.3, 0.1, 0.2]
    assert found["measurements"][0]["verdict"] == "yes"
    assert found["measurements"][1] | {"values": []} == found["measurements"][1]
    assert found["measurements"][1]["failure"] == "apt-get install podman"
