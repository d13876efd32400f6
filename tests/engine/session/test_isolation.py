"""Attacks on the API by clients that are not a session's own: other sessions, commands, functions."""

import asyncio
import base64
import json
import os
import socket
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from portable_dagger.engine import Engine
from portable_dagger.runtime.network import Network
from portable_dagger.session.client import Client
from portable_dagger.session.request import answer
from portable_dagger.session.session import Session

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the engine's network needs root")

TEXT = "the-planted-text"


@dataclass
class Desk:
    """An engine in this process; `run` hands it to a coroutine and awaits that."""

    state: Path
    network: type[Network] = Network

    def run(self, attack: Callable[[Engine], Awaitable[None]]) -> None:
        async def whole() -> None:
            engine = Engine(
                self.state, self.network(), socket.create_server(("127.0.0.1", 0)), os.getpid()
            )
            serving = asyncio.ensure_future(engine.serve())
            while not (self.state / "engine.json").exists():
                assert not serving.done(), serving.result()
                await asyncio.sleep(0.01)
            try:
                await attack(engine)
            finally:
                engine.stop()
                await serving

        asyncio.run(whole())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state")


def opened(engine: Engine, **environment: str) -> Session:
    session = Session(engine, Path("/nonexistent"), environment, {})
    engine.sessions[session.id] = session
    return session


def command(session: Session) -> Client:
    return session.open_client(
        Client(session, session.engine.core_types, Path("/nonexistent"), nested=True)
    )


def function(session: Session, scratch: Path) -> Client:
    return session.open_client(Client(session, session.engine.core_types, scratch, call=object()))


def basic(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{token}:".encode()).decode()}


async def ask(client: Client, query: str) -> str:
    """Return the first leaf of an answer; the whole answer as JSON when there are errors."""
    found = await answer(client, query, {}, None)
    if "errors" in found:
        return json.dumps(found)
    value: Any = found["data"]
    while isinstance(value, dict):
        value = next(iter(value.values()))
    return str(value)


def test_the_name_of_anothers_secret_gives_nothing(desk: Desk, tmp_path: Path) -> None:
    async def attack(engine: Engine) -> None:
        session = opened(engine)
        mine = '{ setSecret(name: "token", plaintext: "%s") { plaintext } }'
        assert await ask(session.main, mine % TEXT) == TEXT
        for client in (command(session), function(session, tmp_path)):
            made = session.open_client(client)
            made.module = type("Module", (), {"name": "intruder"})() if client.call else None
            assert await ask(client, mine % "own") == "own"
        # Nor did they put theirs in its place.
        identifier = await ask(session.main, '{ setSecret(name: "other", plaintext: "a") { id } }')
        await ask(command(session), mine.replace("token", "other") % "b")
        load = f'{{ loadSecretFromID(id: "{identifier}") {{ plaintext }} }}'
        assert await ask(session.main, load) == "a"
        await engine.close_session(session)

    desk.run(attack)


def test_secrets_of_another_session_are_refused(desk: Desk, tmp_path: Path) -> None:
    async def attack(engine: Engine) -> None:
        first, second = opened(engine, PLANTED=TEXT), opened(engine, PLANTED=TEXT)
        for query in (
            '{ secret(uri: "env://PLANTED") { id } }',
            '{ address(value: "env://PLANTED") { secret { id } } }',
            f'{{ setSecret(name: "token", plaintext: "{TEXT}") {{ id }} }}',
        ):
            identifier = await ask(first.main, query)
            load = f'{{ loadSecretFromID(id: "{identifier}") {{ plaintext }} }}'
            # Handed over within its session it is readable.
            assert await ask(function(first, tmp_path), load) == TEXT
            await ask(second.main, query.replace("env://PLANTED", "env://OTHER"))
            for client in (command(second), function(second, tmp_path)):
                refused = await ask(client, load)
                assert "belongs to another session" in refused
                assert TEXT not in refused
        # What this session's own client named, its functions may read, whoever made the object.
        identifier = await ask(first.main, '{ secret(uri: "env://PLANTED") { id } }')
        load = f'{{ loadSecretFromID(id: "{identifier}") {{ plaintext }} }}'
        await ask(first.main, load)
        await ask(second.main, '{ secret(uri: "env://PLANTED") { plaintext } }')
        assert await ask(function(second, tmp_path), load) == TEXT
        for session in (first, second):
            await engine.close_session(session)

    desk.run(attack)


HOST = (
    '{ secret(uri: "env://PLANTED") { plaintext } }',
    '{ secret(uri: "file:///etc/passwd") { plaintext } }',
    '{ secret(uri: "cmd://id") { plaintext } }',
    '{ address(value: "env://PLANTED") { secret { plaintext } } }',
    '{ host { directory(path: "/etc") { entries } } }',
    '{ host { file(path: "/etc/passwd") { contents } } }',
    '{ host { file(path: "link") { contents } } }',
    '{ host { directory(path: "folder") { entries } } }',
    '{ git(url: "file://REPOSITORY") { head { commit } } }',
    '{ git(url: "FILE://REPOSITORY") { head { commit } } }',
    '{ git(url: "REPOSITORY") { head { commit } } }',
    '{ git(url: "REPOSITORY:/../repository") { head { commit } } }',
    '{ git(url: "file::REPOSITORY") { head { commit } } }',
    '{ git(url: "ext::sh -c env") { head { commit } } }',
    '{ git(url: "--upload-pack=env ://REPOSITORY") { head { commit } } }',
)


def test_a_function_reaches_nothing_of_the_host(desk: Desk, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (tmp_path / "repository:").mkdir()
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", repository], check=True)
    subprocess.run(
        ["git", *author, "commit", "-q", "--allow-empty", "-m", "x"], cwd=repository, check=True
    )

    async def attack(engine: Engine) -> None:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        (scratch / "link").symlink_to("/etc/passwd")
        (scratch / "folder").symlink_to("/etc")
        session = opened(engine, PLANTED=TEXT)
        for asked in HOST:
            query = asked.replace("REPOSITORY", str(repository))
            found = await ask(function(session, scratch), query)
            assert '"errors"' in found, query
            for leak in (TEXT, "root:", "uid=", "passwd\\"):
                assert leak not in found
        await engine.close_session(session)

    desk.run(attack)


WRITES = (
    'directory{withNewFile(path:"a",contents:"b"){export(path:"OUTSIDE/it")}}',
    'directory{withNewFile(path:"a",contents:"b"){file(path:"a"){export(path:"OUTSIDE/it")}}}',
    'container{export(path:"OUTSIDE/it")}',
    'directory{withNewFile(path:"a",contents:"b"){changes(from:"EMPTY"){export(path:"OUTSIDE/it")}}}',
)


def test_commands_and_functions_write_nothing_on_the_host(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()

    async def attack(engine: Engine) -> None:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        (scratch / "link").symlink_to(outside)
        session = opened(engine)
        for client in (command(session), function(session, scratch)):
            empty = await ask(client, "{directory{id}}")
            for write in WRITES:
                for place in (str(outside), "../outside", "link"):
                    asked = write.replace("OUTSIDE", place).replace("EMPTY", empty)
                    assert '"errors"' in await ask(client, f"{{{asked}}}"), asked
        assert list(outside.iterdir()) == []
        inside = WRITES[0].replace("OUTSIDE", ".")
        assert await ask(function(session, scratch), f"{{{inside}}}") == str(scratch / "it")
        await engine.close_session(session)

    desk.run(attack)
    assert not Path("/nonexistent").exists()


def test_a_replay_fetches_nothing_for_its_commands(desk: Desk) -> None:
    recipe = "FROM scratch\\nADD http://192.0.2.1/x /"
    made = f'withNewFile(path:"Dockerfile",contents:"{recipe}")'

    async def attack(engine: Engine) -> None:
        session = opened(engine)
        session.sealed = True
        for asked in (
            '{http(url:"http://192.0.2.1/x"){contents}}',
            '{git(url:"https://192.0.2.1/x"){head{commit}}}',
            '{container{from(address:"192.0.2.1/x"){id}}}',
            '{container{publish(address:"192.0.2.1/x")}}',
            f"{{directory{{{made}{{dockerBuild{{platform rootfs{{entries}}}}}}}}}}",
        ):
            assert "leads out of a replay" in await ask(command(session), asked), asked
        await engine.close_session(session)

    desk.run(attack)


class _Answering(BaseHTTPRequestHandler):
    """Answers a text."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(TEXT.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served() -> Iterator[int]:
    everywhere = ("0.0.0.0", 0)  # noqa: S104  the tests come by all addresses
    with ThreadingHTTPServer(everywhere, _Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_function_reaches_no_server_of_the_host(desk: Desk, tmp_path: Path, served: int) -> None:
    async def attack(engine: Engine) -> None:
        session = opened(engine)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            own = probe.getsockname()[0]
        for address in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]", own):  # noqa: S104
            url = f"http://{address}:{served}/x"
            client = function(session, tmp_path)
            said = await ask(client, f'{{ http(url: "{url}") {{ contents }} }}')
            assert "is on the host: functions and nested commands cannot reach its servers" in said
            said = await ask(client, f'{{ git(url: "{url}") {{ head {{ commit }} }} }}')
            assert "cannot reach its servers" in said
        handed = await ask(session.main, f'{{ http(url: "http://localhost:{served}/h") {{ id }} }}')
        load = f'{{ loadFileFromID(id: "{handed}") {{ contents }} }}'
        assert await ask(function(session, tmp_path), load) == TEXT
        # Its own first container would have the address behind the gateway's.
        url = f"http://{engine.network.containers[2]}/"
        said = await ask(command(session), f'{{ http(url: "{url}") {{ contents }} }}')
        assert "is a container's" in said
        await engine.close_session(session)

    desk.run(attack)


def test_a_function_reads_a_repository_that_it_was_handed(desk: Desk, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", repository], check=True)
    commit = ["git", *author, "commit", "-q", "--allow-empty", "-m", "x"]
    subprocess.run(commit, cwd=repository, check=True)

    async def attack(engine: Engine) -> None:
        session = opened(engine)
        own = f'{{ git(url: "{repository}") {{ %s }} }}'
        identifier = await ask(session.main, own % "id")
        load = f'{{ loadGitRepositoryFromID(id: "{identifier}") {{ head {{ commit }} }} }}'
        found = await ask(function(session, tmp_path), load)
        assert len(found) == 40, found
        # That it was handed one object does not open the path.
        said = await ask(function(session, tmp_path), own % "head { commit }")
        assert "functions cannot read repositories of the host" in said
        await engine.close_session(session)

    desk.run(attack)


MOUNTED = (
    '{ container { withUnixSocket(path: "/s", source: "%s")'
    ' { withExec(args: ["true"]) { stdout } } } }'
)


def test_sockets_of_the_host_and_of_other_sessions_are_refused(desk: Desk, tmp_path: Path) -> None:
    async def attack(engine: Engine) -> None:
        planted = tmp_path / "planted.sock"
        query = f'{{ host {{ unixSocket(path: "{planted}") {{ id }} }} }}'
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(planted))
            first, second = opened(engine), opened(engine)
            identifier = await ask(first.main, query)
            # The container has no program: with the socket handed over it comes as far as that.
            handed = await ask(function(first, tmp_path), MOUNTED % identifier)
            assert "socket" not in handed
            for client in (second.main, command(second), function(second, tmp_path)):
                assert "belongs to another session" in await ask(client, MOUNTED % identifier)
            scratch = tmp_path / "scratch"
            scratch.mkdir()
            for client in (command(second), function(second, scratch)):
                found = await ask(client, MOUNTED % await ask(client, query))
                assert "planted.sock" in found
                assert '"errors"' in found
            for session in (first, second):
                await engine.close_session(session)

    desk.run(attack)


def test_tokens_and_bad_bodies(desk: Desk) -> None:
    async def attack(engine: Engine) -> None:
        session = opened(engine)
        url = f"http://127.0.0.1:{engine.port}"
        own = basic(session.main.token)
        async with aiohttp.ClientSession() as client:

            async def status(path: str, headers: dict[str, str], data: str) -> int:
                async with client.post(url + path, headers=headers, data=data) as response:
                    return response.status

            asked = '{"query": "{ version }"}'
            assert await status("/query", own, asked) == 200
            assert await status("/query", {}, asked) == 401
            assert await status("/query", basic("x" * 48), asked) == 401
            # A client's token opens no session and stops no engine.
            for path in ("/session", "/stop", "/prune", "/module"):
                assert await status(path, own, "{}") == 401
            for bad in ("{", "[]", "null", '"text"', '{"query": 7}', "\xff", "[" * 100_000):
                assert await status("/query", own, bad) == 400
            assert await status("/query", own, '{"query": "{ version }", "variables": [1]}') == 400
            for opening in ("{a", "{a(b:["):
                deep = json.dumps({"query": opening * 100_000})
                assert await status("/query", own, deep) == 200
            assert await status("/query", own, asked) == 200
            await engine.close_session(session)
            assert await status("/query", own, asked) == 401

    desk.run(attack)
