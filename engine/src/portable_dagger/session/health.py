"""When a service is ready: its health check succeeds or, where it has none, its exposed TCP ports can be dialled."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING

from portable_dagger.errors import ExecError, ServiceError
from portable_dagger.graph.values import NetworkProtocol
from portable_dagger.session.running import last_lines, text_of

if TYPE_CHECKING:
    from portable_dagger.images.config import ImageConfig
    from portable_dagger.images.healthcheck import Healthcheck
    from portable_dagger.runtime.execute import Executed
    from portable_dagger.runtime.process import Process
    from portable_dagger.session.running import Running

DIAL_TIMEOUT = 1.0
SHORTEST_PAUSE = 0.01
LONGEST_PAUSE = 1.0
PATIENCE = 0.05
"""Share of the time waited so far that passes between two dials: a service is seen at most that much too late."""

SECOND = 1_000_000_000
INTERVAL = 5 * SECOND
"""Dagger's default (the brief, section 5.5); the other ones are docker's."""
TIMEOUT = 30 * SECOND
RETRIES = 3
FIRST_PAUSE = 0.1
SHOWN = 4096
"""Characters that an error has of what a check printed: the last ones, as many as docker keeps."""
SHELL = ("/bin/sh", "-c")


async def healthy(running: Running) -> None:
    """Wait until a service is ready; its own end ends the wait.

    Raises ServiceError when its health check keeps failing, or it ends; ExecError when it ends with an exit code.
    """
    service = running.service
    if service.container is None:
        return  # a relay listens from its first moment on
    config = service.container.config
    ports = [p for p in service.container.ports if not p.skip_healthcheck]
    checks = asyncio.ensure_future(
        _reachable(running, [p.port for p in ports if p.protocol is NetworkProtocol.TCP])
        if config.healthcheck is None
        else _succeeds(running, config.healthcheck, check_command(config, config.healthcheck))
    )
    try:
        await asyncio.wait({checks, running.ended}, return_when=asyncio.FIRST_COMPLETED)
        if running.ended.done() and (ports or config.healthcheck or running.ended.result()):
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
        if not checks.done():
            checks.cancel()
            await asyncio.wait([checks])


def check_command(config: ImageConfig, check: Healthcheck) -> tuple[str, ...]:
    """Return the words of a health check; one in the shell's form goes through the image's shell."""
    return (*(config.shell or SHELL), *check.args) if check.shell else check.args


async def _succeeds(running: Running, check: Healthcheck, args: tuple[str, ...]) -> None:
    """Wait until the check succeeds; ServiceError after as many failures in a row as it allows.

    Docker looks for the first time after one interval. Here the checks begin at once, in growing steps, and those that
    fail before docker's first one, or in the start period, do not count.
    """
    interval = (check.interval or INTERVAL) / SECOND
    early = min(interval, (check.start_interval or check.interval or INTERVAL) / SECOND)
    lenient = max(interval, check.start_period / SECOND)
    limit = (check.timeout or TIMEOUT) / SECOND
    process: Process = running.process  # type: ignore[assignment]  # a relay has no health check
    start = asyncio.get_running_loop().time()
    failures, pause = 0, min(FIRST_PAUSE, early)
    while True:
        began = asyncio.get_running_loop().time() - start
        done = await process.execute(args, limit)
        if done.code == 0:
            return
        if began < lenient:
            await asyncio.sleep(pause)
            pause = min(2 * pause, early)
            continue
        failures += 1
        if failures >= (check.retries or RETRIES):
            raise ServiceError(_unhealthy(running, args, done, failures, limit))
        await asyncio.sleep(interval)


def _unhealthy(
    running: Running, args: tuple[str, ...], done: Executed, failures: int, limit: float
) -> str:
    how = f"no answer within {limit:g} s" if done.code is None else f"exit code: {done.code}"
    # Scrubbed before it is shortened, which could cut a secret in two.
    said = running.output.scrubbed(done.output).decode(errors="replace").strip()[-SHOWN:]
    times = "once" if failures == 1 else f"{failures} times in a row"
    return f"service is unhealthy: {shlex.join(args)} failed {times} ({how})" + (
        f": {said}" if said else "; it printed nothing"
    )


async def _reachable(running: Running, ports: list[int]) -> None:
    await asyncio.gather(*(_dial(running, port) for port in ports))


async def _dial(running: Running, port: int) -> None:
    start = asyncio.get_running_loop().time()
    while True:
        try:
            async with asyncio.timeout(DIAL_TIMEOUT):
                _, writer = await running.dial(port)
        except OSError:
            waited = asyncio.get_running_loop().time() - start
            await asyncio.sleep(min(max(waited * PATIENCE, SHORTEST_PAUSE), LONGEST_PAUSE))
        else:
            writer.close()
            return
