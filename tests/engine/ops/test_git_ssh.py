"""Git over ssh: the agent and the known hosts that a caller gives, with a real server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGGER = Path(__file__).parents[3] / "dagger"
SSHD = "/usr/sbin/sshd"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(SSHD).exists() or shutil.which("ssh-agent") is None,
        reason="openssh-server is not installed",
    ),
]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True
        )
    (tmp_path / "authorized").write_bytes((tmp_path / "user.pub").read_bytes())
    return tmp_path


@pytest.fixture
def port(keys: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number: int = taken.getsockname()[1]
    Path("/run/sshd").mkdir(exist_ok=True)
    options = {
        "Port": number,
        "ListenAddress": "127.0.0.1",
        "HostKey": keys / "host",
        "AuthorizedKeysFile": keys / "authorized",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PermitRootLogin": "yes",
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    server = subprocess.Popen([SSHD, "-D", "-f", "/dev/null", *words], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", number), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield number
    server.terminate()
    server.wait()


@pytest.fixture
def agent(keys: Path) -> Iterator[Path]:
    address = keys / "agent.sock"
    running = subprocess.Popen(["ssh-agent", "-D", "-a", address], stdout=subprocess.DEVNULL)
    while not address.is_socket():
        time.sleep(0.02)
    subprocess.run(
        ["ssh-add", "-q", keys / "user"],
        env={**os.environ, "SSH_AUTH_SOCK": str(address)},
        check=True,
        capture_output=True,
    )
    yield address
    running.terminate()
    running.wait()


def ask(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DAGGER, "query", "--no-mod", "--silent"],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_agent_and_the_known_hosts_are_used(keys: Path, port: int, agent: Path) -> None:
    work = keys / "work"
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.invalid", "-C", str(work)]
    work.mkdir()
    (work / "page").write_text("over ssh\n")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    host = (keys / "host.pub").read_text().rsplit(" ", 1)[0]
    known = f"[127.0.0.1]:{port} {host}"
    given = ask(f"{{ host {{ unixSocket(path: {json.dumps(str(agent))}) {{ id }} }} }}")
    identifier = json.loads(given.stdout)["host"]["unixSocket"]["id"]

    def query(hosts: str) -> str:
        url = json.dumps(f"ssh://root@127.0.0.1:{port}{work}/.git")
        arguments = f"url: {url}, sshKnownHosts: {json.dumps(hosts)}, sshAuthSocket: {json.dumps(identifier)}"
        return f'{{ git({arguments}) {{ branch(name: "main") {{ tree {{ file(path: "page") {{ contents }} }} }} }} }}'

    found = ask(query(known))
    assert "over ssh" in found.stdout, found.stderr
    other = (keys / "user.pub").read_text().rsplit(" ", 1)[0]
    refused = ask(query(f"[127.0.0.1]:{port} {other}"))
    assert refused.returncode != 0
