"""What a command with a nested session may not do: read the host's files, secrets and environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DAGGER = str(REPOSITORY / "dagger")

pytestmark = pytest.mark.slow

ASK = """
import base64, json, os, sys, urllib.request
url = f"http://127.0.0.1:{os.environ['DAGGER_SESSION_PORT']}/query"
token = base64.b64encode((os.environ["DAGGER_SESSION_TOKEN"] + ":").encode()).decode()
body = json.dumps({"query": sys.argv[1]}).encode()
headers = {"Content-Type": "application/json", "Authorization": "Basic " + token}
print(urllib.request.urlopen(urllib.request.Request(url, body, headers)).read().decode())
"""


def nested(query: str) -> str:
    """Ask the API from inside a container and return its answer."""
    arguments = json.dumps(["python3", "-c", ASK, query])
    text = (
        '{ container { from(address: "python:3.13-slim") { withEnvVariable(name: "N", value: "%s") {'
        " withExec(args: %s, experimentalPrivilegedNesting: true) { stdout } } } } }"
    )
    done = subprocess.run(
        [DAGGER, "query", "--no-mod"],
        env={**os.environ, "PLANTED": "plant-4711"},
        input=text % (os.urandom(4).hex(), arguments),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)["container"]["from"]["withEnvVariable"]["withExec"]["stdout"]
    return str(answer)


def test_it_has_the_api() -> None:
    assert "v0.21" in nested("{ version }")


@pytest.mark.parametrize(
    "query",
    [
        '{ host { directory(path: "/etc") { entries } } }',
        '{ host { file(path: "/etc/passwd") { contents } } }',
        '{ host { file(path: "../../etc/passwd") { contents } } }',
        '{ secret(uri: "env://PLANTED") { plaintext } }',
        '{ secret(uri: "file:///etc/passwd") { plaintext } }',
        '{ secret(uri: "cmd://id") { plaintext } }',
        '{ address(value: "env://PLANTED") { secret { plaintext } } }',
        '{ address(value: "/etc/passwd") { file { contents } } }',
    ],
)
def test_the_host_is_out_of_reach(query: str) -> None:
    answer = nested(query)
    assert "errors" in answer
    for leak in ("plant-4711", "root:", "uid="):
        assert leak not in answer
