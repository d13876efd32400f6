"""An engine in the tests' own process, and sessions of it."""

import asyncio
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portable_dagger.engine import Engine
from portable_dagger.errors import EngineError
from portable_dagger.runtime.network import Network
from portable_dagger.session.request import answer
from portable_dagger.session.session import Session


@dataclass
class Bench:
    """An engine in this process, and the event loop that it runs in."""

    loop: asyncio.Runner
    state: Path
    engine: Engine = field(init=False)
    serving: asyncio.Task[None] = field(init=False)

    def start(self) -> None:
        async def begin() -> None:
            listener = socket.create_server(("127.0.0.1", 0))
            self.engine = Engine(self.state, Network(), listener, os.getpid())
            self.serving = asyncio.ensure_future(self.engine.serve())
            while not (self.state / "engine.json").exists():
                assert not self.serving.done(), self.serving.result()
                await asyncio.sleep(0.01)

        self.loop.run(begin())

    def stop(self) -> None:
        async def end() -> None:
            self.engine.stop()
            await self.serving

        self.loop.run(end())


class Talk:
    """A session whose client has the sample module."""

    def __init__(
        self, bench: Bench, module: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.bench = bench
        self.events: list[dict[str, Any]] = []
        self.session = Session(bench.engine, module, environment or {}, {})
        self.session.progress.listen(self.events.append)

    def serve(self) -> dict[str, Any]:
        return self.bench.loop.run(self.bench.engine.serve_module(self.session.main, None))

    def ask(self, query: str) -> Any:  # noqa: ANN401  JSON
        """Return the data of the innermost field; raises the first error's message."""
        result = self.bench.loop.run(answer(self.session.main, query, {}, None))
        if "errors" in result:
            raise EngineError(result["errors"][0]["message"], str(result["errors"][0]))
        data = result["data"]
        while isinstance(data, dict) and len(data) == 1:
            (data,) = data.values()
        return data

    def directory(self, path: Path) -> str:
        found = self.ask(f'{{host{{directory(path:"{path}"){{id}}}}}}')
        assert isinstance(found, str)
        return found

    def close(self) -> None:
        self.bench.loop.run(self.session.close())
