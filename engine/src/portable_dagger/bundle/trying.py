"""One attempt at a captured step after the other, each in the state that was captured, and the verdict on each."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portable_dagger.bundle.capture import ending
from portable_dagger.bundle.description import Missing
from portable_dagger.bundle.fingerprint import Observed, fingerprint, observed
from portable_dagger.bundle.reports import written_reports
from portable_dagger.bundle.restoring import PLACEHOLDER, Restorer
from portable_dagger.bundle.verdict import Verdict, judge
from portable_dagger.errors import ClockError, EngineError, ExecError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Secret
from portable_dagger.images.config import merge
from portable_dagger.ops.attempt import attempt
from portable_dagger.ops.command import Command, ReturnType
from portable_dagger.ops.terminal import open_where
from portable_dagger.runtime import clock, emulation

if TYPE_CHECKING:
    from portable_dagger.bundle.description import Step
    from portable_dagger.bundle.reading import Reader
    from portable_dagger.graph.values import Directory
    from portable_dagger.ops.attempt import Ended
    from portable_dagger.session.session import Session

AS_RECORDED: Final = (Verdict.SAME, Verdict.AGAIN)

SEED: Final = "PYTHONHASHSEED"
LATE: Final = 1.0
"""Seconds from which on the time of day may be what differs."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt: what was seen, the verdict with its reasons, and seconds until the command began, and it took."""

    observed: Observed
    verdict: Verdict
    reasons: list[str]
    services: float
    command: float
    packets: int | None
    missing: tuple[Missing, ...]
    """What the bundle lacks, and the user has not given."""

    seed: str = ""
    clock: float | None = None
    note: str = ""


@dataclass(slots=True)
class Replayer:
    """Tries one step of one bundle."""

    session: Session
    reader: Reader
    step: Step
    layers: dict[str, str]
    uris: dict[str, str]
    source: Directory | None
    interactive: bool

    async def first(self) -> Tried:
        """Try the step as it was captured; at its own time of day if today's makes a difference."""
        late = time.time() - self.step.started > LATE
        again = late and clock.find() is not None
        again = again and self.source is None and self.step.kind == "exec"
        tried = await self._try("", None, last=not again)
        if tried.verdict in AS_RECORDED or not again:
            return tried
        try:
            then = await self._try("", self.step.started, last=True)
        except ClockError as error:
            return dataclasses.replace(tried, note=f"not tried at the time of the capture: {error}")
        return then if then.verdict in AS_RECORDED else tried

    async def again(self, number: int) -> Tried:
        """Try once more, with another seed."""
        return await self._try(str(number), None, last=False)

    async def _try(self, seed: str, at: float | None, *, last: bool) -> Tried:
        """Try once; a shell follows if one is wanted and there is nothing to come, or nothing to differ."""
        restorer = Restorer(
            self.session.engine.store,
            self.reader,
            self.layers,
            await self._secrets(),
            self._placeholder(),
            self.source,
            self.step.source,
        )
        container = restorer.step(self.step)
        if seed:
            env = merge(container.config.env, ((SEED, seed),))
            container = container.configured(env=env)
        command = self._command(at)
        context = Context(self.session.engine, self.session, self.session.main)
        asked = time.monotonic()
        ended = None
        with self.session.progress.span("exec", self.step.name) as span:
            try:
                if self.step.kind == "service":
                    seen = await self._service(restorer, context)
                    return self._judged(seen, asked, None, seed, at)
                async with attempt(container, context, command, span) as ended:
                    seen = await self._seen(ended)
                    found = self._judged(seen, asked, ended, seed, at)
                    done = last or found.verdict in AS_RECORDED
                    if self.interactive and done and ended.prepared is not None:
                        headline = f"{found.verdict.text}\nThe command was"
                        await open_where(container, context, ended.prepared, ended.bound, headline)
                    return found
            except ClockError:
                raise
            except EngineError as error:
                seen = _refused(error)
                return self._judged(seen, asked, ended, seed, at)
            finally:
                await self.session.services.stop_all()

    def _command(self, at: float | None) -> Command:
        step, place = self.step, self.step.place
        stdin, stdout, stderr = step.redirects
        return Command(
            args=place.args,
            stdin=self.reader.blob(step.stdin).decode(errors="replace") if step.stdin else "",
            redirect_stdin=stdin,
            redirect_stdout=stdout,
            redirect_stderr=stderr,
            expect=ReturnType[step.expect],
            nested=place.nested,
            privileged=place.privileged,
            init=place.init,
            network=step.network,
            clock=at,
            limits=(step.memory, step.processes),
        )

    async def _seen(self, ended: Ended) -> Observed:
        output = b""
        if ended.output is not None:
            output = await asyncio.to_thread(ended.output.path("combined").read_bytes)
        reports = await asyncio.to_thread(written_reports, ended.prepared)
        texts = tuple(content.decode(errors="replace") for _, content in reports)
        error = "" if ended.error is None else ended.error.message
        return Observed(ended.code, error, output.decode(errors="replace"), texts)

    async def _service(self, restorer: Restorer, context: Context) -> Observed:
        """Start the service that did not start."""
        service = restorer.itself(self.step)
        try:
            await self.session.services.start(service, context)
        except EngineError as error:
            code, message = ending(error)
            return dataclasses.replace(_refused(error), exit_code=code, error=message)
        return Observed(0, "", "")

    def _judged(
        self, seen: Observed, asked: float, ended: Ended | None, seed: str, at: float | None
    ) -> Tried:
        recorded = observed(self.step.outcome, self.reader.blob)
        if self.step.kind == "service":
            # What a service prints before it dies reaches the recording and the replay in different lengths.
            recorded = dataclasses.replace(recorded, output="", reports=())
            seen = dataclasses.replace(seen, output="", reports=())
        missing = [each for each in self.step.missing if not self._given(each)]
        platform = self.step.place.platform
        todo = emulation.advice(platform, self.session.engine.platform, seen.output)
        if todo:
            missing.append(Missing("emulator", platform, todo))
        before = fingerprint(recorded)
        now = before if seen == recorded else fingerprint(seen)
        verdict, reasons = judge(before, now, expect=self.step.expect, missing=missing)
        took = 0.0 if ended is None else ended.duration
        began = time.monotonic() - asked - took
        packets = None
        if ended is not None and ended.traffic is not None:
            packets = ended.traffic.passed
        return Tried(seen, verdict, reasons, began, took, packets, tuple(missing), seed, at)

    def _given(self, missing: Missing) -> bool:
        """Whether the user has given what the bundle lacks."""
        if missing.kind == "network":
            return not self.session.offline
        return missing.kind == "secret" and missing.name.partition(" (")[0] in self.uris

    async def _secrets(self) -> dict[str, Secret]:
        store, client = self.session.secrets, self.session.main
        return {name: await store.from_uri(uri, None, client) for name, uri in self.uris.items()}

    def _placeholder(self) -> Secret:
        holder = self.session.secrets.put(self.session.main, "placeholder", PLACEHOLDER)
        return Secret(holder, holder, name="placeholder", session=self.session.id)


def _refused(error: EngineError) -> Observed:
    """Return what is seen of a step that was not even begun, or a service that did not start."""
    if isinstance(error, ExecError):
        return Observed(error.exit_code, error.message, f"{error.stdout}{error.stderr}")
    return Observed(-1, error.message, "")
