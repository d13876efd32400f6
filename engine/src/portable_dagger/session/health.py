"""When a service is ready: its exposed TCP ports accept connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from portable_dagger.errors import ExecError, ServiceError
from portable_dagger.graph.values import NetworkProtocol
from portable_dagger.session.running import last_lines, text_of

if TYPE_CHECKING:
    from portable_dagger.session.running import Running

DIAL_TIMEOUT = 1.0
SHORTEST_PAUSE = 0.01
LONGEST_PAUSE = 1.0
PATIENCE = 0.05
"""Share of the time waited so far that passes between two dials: a service is seen at most that much too late."""


async def healthy(running: Running) -> None:
    """Wait until every exposed TCP port accepts connections; the service's own end ends the wait."""
    service = running.service
    if service.container is None:
        return  # a relay listens from its first moment on
    ports = [p for p in service.container.ports if not p.skip_healthcheck]
    checks = asyncio.ensure_future(
        _reachable(running.address, [p.port for p in ports if p.protocol is NetworkProtocol.TCP])
    )
    try:
        await asyncio.wait({checks, running.ended}, return_when=asyncio.FIRST_COMPLETED)
        if running.ended.done() and (ports or running.ended.result()):
            running.output.end()
            code = running.ended.result()
            if code == 0:
                raise ServiceError("service exited before healthcheck", last_lines(running.output))
            raise ExecError(
                f"exit code: {code}",
                cmd=list(service.args),
                exit_code=code,
                stdout=text_of(running.output, "stdout"),
                stderr=text_of(running.output, "stderr"),
            )
        await checks
    finally:
        checks.cancel()


async def _reachable(address: str, ports: list[int]) -> None:
    await asyncio.gather(*(_dial(address, port) for port in ports))


async def _dial(address: str, port: int) -> None:
    start = asyncio.get_running_loop().time()
    while True:
        try:
            async with asyncio.timeout(DIAL_TIMEOUT):
                _, writer = await asyncio.open_connection(address, port)
        except OSError:
            waited = asyncio.get_running_loop().time() - start
            await asyncio.sleep(min(max(waited * PATIENCE, SHORTEST_PAUSE), LONGEST_PAUSE))
        else:
            writer.close()
            return
