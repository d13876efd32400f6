"""Sessions that are offline: containers on an engine in this process, out of the host's own programs."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portable_dagger.runtime.network import Network
from portable_dagger.runtime.plan import BindMount
from portable_dagger.runtime.surroundings import Surroundings
from tests.engine.runtime.conftest import namespace  # noqa: F401  a fixture
from tests.engine.runtime.ways_out import NOTHING_LEADS_OUT, WAYS_OUT
from tests.engine.session.test_isolation import Desk, ask, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.engine import Engine
    from portable_dagger.runtime.slot import Slot
    from portable_dagger.runtime.traffic import Traffic
    from portable_dagger.session.session import Session

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the engine's network needs root")

DAGGER = str(Path(__file__).parents[3] / "dagger")
PYTHON = ("/usr/bin/python3", "-c")
FOLDERS = ("/usr", "/bin", "/lib", "/lib64")
SERVE = (
    "import socket\ns = socket.create_server(('', 80))\nwhile True:\n c = s.accept()[0]\n"
    " c.recv(999)\n c.send(b'HTTP/1.1 200 OK\\r\\nContent-Length: 14\\r\\n\\r\\nof the service')\n c.close()"
)
FETCH = (
    "import urllib.request; print(urllib.request.urlopen('http://one/').read().decode(), end='')"
)


class Watched(Network):
    """A network that keeps what was sent from the slots that came back."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Traffic] = []

    async def release(self, slot: Slot, *, reuse: bool = True) -> None:
        """Keep what was sent."""
        self.sent.append(self.sent_outside(slot))
        await super().release(slot, reuse=reuse)


@pytest.fixture
def desk(namespace: None) -> Iterator[Desk]:  # noqa: ARG001, F811  the fixture
    """Return an engine's desk on a file system that takes overlays' upper directories."""
    folder = Path(tempfile.mkdtemp(prefix="portable-dagger-test-", dir="/var/tmp"))
    yield Desk(folder, Watched)
    shutil.rmtree(folder)


def offline(engine: Engine) -> Session:
    session = opened(engine)
    session.offline = True
    return session


def furnish(engine: Engine) -> None:
    """Give all containers the host's programs."""
    mounts = tuple(BindMount(name, Path(name), read_only=True) for name in FOLDERS)
    engine.surroundings = Surroundings((), mounts)


def command(*words: str, before: str = "", after: str = "stdout") -> str:
    run = f"withExec(args: {json.dumps([*PYTHON, *words])}) {{ {after} }}"
    return f"{{ container {{ {before} {'{' if before else ''} {run} {'}' if before else ''} }} }}"


def sent(engine: Engine) -> list[Traffic]:
    assert isinstance(engine.network, Watched)
    taken, engine.network.sent = engine.network.sent, []
    return taken


def test_a_command_has_no_way_out(desk: Desk) -> None:
    async def work(engine: Engine) -> None:
        furnish(engine)
        session = offline(engine)
        assert (await ask(session.main, command(WAYS_OUT))).splitlines() == NOTHING_LEADS_OUT
        (traffic,) = sent(engine)
        assert (traffic.passed, traffic.dropped) == (0, 0)
        # The same command elsewhere neither takes that result nor is it without a network.
        said = await ask(opened(engine).main, command(WAYS_OUT))
        assert "udp: went: at once" in said
        assert sent(engine)[0].passed > 0

    desk.run(work)


def test_results_of_other_sessions_are_good_offline_and_not_the_other_way(desk: Desk) -> None:
    async def work(engine: Engine) -> None:
        furnish(engine)
        ordinary, session = opened(engine), offline(engine)
        first, second = (command(f"import uuid; print({n}, uuid.uuid4())") for n in (1, 2))
        said = await ask(ordinary.main, first)
        assert await ask(session.main, first) == said
        said = await ask(session.main, second)
        assert await ask(offline(engine).main, second) == said
        assert await ask(ordinary.main, second) != said

    desk.run(work)


def test_a_service_is_reached(desk: Desk) -> None:
    async def work(engine: Engine) -> None:
        furnish(engine)
        session = offline(engine)
        serve = f"asService(args: {json.dumps([*PYTHON, SERVE])}) {{ id }}"
        service = await ask(
            session.main, f"{{ container {{ withExposedPort(port: 80) {{ {serve} }} }} }}"
        )
        bound = f'withServiceBinding(alias: "one", service: "{service}")'
        assert await ask(session.main, command(FETCH, before=bound)) == "of the service"
        # The engine's own requests to a service go through the hub.
        found = (
            f'{{ http(url: "http://one/x", experimentalServiceHost: "{service}") {{ contents }} }}'
        )
        assert await ask(session.main, found) == "of the service"
        await engine.close_session(session)
        assert {(traffic.passed, traffic.dropped) for traffic in sent(engine)} == {(0, 0)}

    desk.run(work)


def test_a_service_of_the_host_is_refused(desk: Desk) -> None:
    async def work(engine: Engine) -> None:
        furnish(engine)
        session = offline(engine)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            service = await ask(
                session.main, f"{{ host {{ service(ports: [{{backend: {port}}}]) {{ id }} }} }}"
            )
            bound = f'withServiceBinding(alias: "one", service: "{service}")'
            said = await ask(session.main, command(FETCH, before=bound))
        assert f"host.service localhost:{port} leads out of a session that is offline" in said

    desk.run(work)


@pytest.mark.slow
def test_the_command_line_asks_for_it() -> None:
    query = command(WAYS_OUT).replace(
        "{ container {", '{ container { from(address: "python:3.13-slim") {'
    )
    query = query.replace("/usr/bin/python3", "python3") + " }"
    done = subprocess.run(
        [DAGGER, "query", "--no-mod", "--silent", "--offline"],
        input=query,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    value = json.loads(done.stdout)
    assert value["container"]["from"]["withExec"]["stdout"].splitlines() == NOTHING_LEADS_OUT
