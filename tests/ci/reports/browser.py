"""Chromium without a window, spoken to over a pipe (Chrome DevTools Protocol)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = "chromium"
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)


class Browser:
    """One tab. events: what it told unasked since it was opened."""

    def __init__(self, said: int, told: int) -> None:
        self._said, self._told = said, told
        self._number, self._session = 0, ""
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Performance.enable", timeDomain="threadTicks")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Return the answer to a command. Raises AssertionError if it is an error."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._said, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def open(self, path: Path, width: int, height: int) -> None:
        """Open a file in a window of a size, and wait until it is loaded."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        self.call("Emulation.setDeviceMetricsOverride", **size, mobile=width < 500)
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())

    def value(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page says
        """Return what an expression of JavaScript, or its promise, comes to."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def busy(self) -> float:
        """Return the seconds of a processor that the page has taken since it was opened."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        (taken,) = [each["value"] for each in metrics if each["name"] == "TaskDuration"]
        return float(taken)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._told, 1 << 20)
            assert more, "the browser is gone"
            self._rest += more
        text, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(text)
        return answer


@contextmanager
def start(profile: Path) -> Iterator[Browser]:
    """Give a browser that keeps what it has in an empty folder, and end it."""
    program = shutil.which(PROGRAM)
    assert program is not None
    heard, said = os.pipe()
    told, tells = os.pipe()
    # It reads from descriptor 3 and writes to 4.
    command = [program, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
    script = f'exec "$@" 3<&{heard} 4>&{tells}'
    process = subprocess.Popen(
        ["bash", "-c", script, "bash", *command],
        pass_fds=(heard, tells),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(heard)
    os.close(tells)
    try:
        yield Browser(said, told)
    finally:
        os.close(said)
        os.close(told)
        process.terminate()
        process.wait(timeout=20)
