from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

from app import logs

if TYPE_CHECKING:
    from pathlib import Path


def record(message: str, **others: object) -> logging.LogRecord:
    values = {"name": "app.test", "levelname": "INFO", "msg": message, "created": 0.5}
    return logging.makeLogRecord({**values, **others})


def test_a_record_is_one_line_of_json_with_its_extras() -> None:
    line = logs.JSONFormatter().format(record("two\nlines", route="/predict"))

    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:00.500000+00:00",
        "level": "info",
        "logger": "app.test",
        "message": "two\nlines",
        "route": "/predict",
    }


def test_a_record_carries_the_request_it_belongs_to() -> None:
    token = logs.request_id.set("this-one")
    try:
        line = logs.JSONFormatter().format(record("hello"))
    finally:
        logs.request_id.reset(token)

    assert json.loads(line)["request_id"] == "this-one"


def test_an_exception_is_part_of_its_line() -> None:
    try:
        float("on purpose")
    except ValueError:
        line = logs.JSONFormatter().format(record("broke", exc_info=sys.exc_info()))

    assert json.loads(line)["exception"].endswith("could not convert string to float: 'on purpose'")


def test_configure_takes_over_every_logger_from_its_level_on(root: Path) -> None:
    # In a process of its own: logging is global, and pytest's own handlers must survive.
    program = (
        "import logging; from app import logs; logs.configure('warning');"
        "logging.getLogger('other').info('quiet'); logging.getLogger('other').warning('loud')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, check=True, capture_output=True, text=True
    )

    (line,) = done.stderr.splitlines()
    assert json.loads(line)["message"] == "loud"
