"""Capture: a session notes the steps that fail, and writes them into one bundle when its command line has ended."""

from __future__ import annotations

import asyncio
import dataclasses
import fnmatch
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.bundle import data, facts
from portable_dagger.bundle.building import Builder, command_of
from portable_dagger.bundle.caught import Caught, distinct
from portable_dagger.bundle.description import Description, Missing, Outcome, Report, Step
from portable_dagger.bundle.masking import Mask
from portable_dagger.bundle.reports import written_reports
from portable_dagger.bundle.writing import write
from portable_dagger.errors import BundleError, ExecError
from portable_dagger.record.output import STREAMS

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.bundle.writing import Signer
    from portable_dagger.errors import EngineError
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Container, Service
    from portable_dagger.ops.attempt import Ended
    from portable_dagger.ops.command import Command
    from portable_dagger.record.output import Output
    from portable_dagger.session.session import Session

NAME_LENGTH: Final = 48


@dataclass(frozen=True, slots=True)
class Order:
    """What a command line wants: a bundle in `directory`.

    pattern: steps whose command fits it are captured even if they pass (wildcards; a part of the command will do).
    thin: layers of images and of earlier commands are left out. signer: signs it, if anything does.
    """

    directory: Path
    pattern: str = ""
    thin: bool = False
    signer: Signer | None = None

    def asks_for(self, args: tuple[str, ...]) -> bool:
        """Whether a command is to be captured even if it passes."""
        return bool(self.pattern) and fnmatch.fnmatchcase(" ".join(args), f"*{self.pattern}*")


@dataclass(slots=True)
class Captures:
    """The capture of one session."""

    session: Session
    order: Order
    _caught: list[Caught] = field(default_factory=list)

    def wants(self, args: tuple[str, ...], code: int) -> bool:
        """Whether a command that ended with an exit code may go into the bundle."""
        return code != 0 or self.order.asks_for(args)

    async def find(self, container: Container, context: Context) -> data.Found:
        """Take the files of the services that a command is about to see."""
        return await data.find(container, context)

    async def take(
        self, container: Container, context: Context, command: Command, ended: Ended
    ) -> None:
        """Note a command that has ended, if it may go into the bundle."""
        unexpected = ended.error is not None or not command.expect.accepts(ended.code)
        asked = self.order.asks_for(command.args)
        if not unexpected and not asked and ended.code == 0:
            return
        message = "" if ended.error is None else ended.error.message
        outcome = await asyncio.to_thread(self._outcome, ended.code, message, ended.output)
        store = context.store
        reports = await asyncio.to_thread(written_reports, ended.prepared)
        kept = tuple(Report(path, store.put_blob(data, "output")) for path, data in reports)
        self._caught.append(
            Caught(
                name="withExec " + " ".join(command.args),
                kind="exec",
                container=container,
                command=command,
                found=ended.found or data.Found(),
                outcome=dataclasses.replace(outcome, reports=kept),
                sure=unexpected or asked,
                started=ended.started,
                duration=ended.duration,
                packets=None if ended.traffic is None else ended.traffic.passed,
            )
        )

    async def take_service(
        self, service: Service, error: EngineError, output: Output | None
    ) -> None:
        """Note a service that did not start; one without output could not even begin."""
        if service.container is None:
            return
        code, message = ending(error)
        outcome = await asyncio.to_thread(self._outcome, code, message, output)
        self._caught.append(
            Caught(
                name="service " + " ".join(service.args),
                kind="service",
                container=service.container,
                command=command_of(service),
                found=data.Found(),
                outcome=outcome,
                sure=True,
                started=time.time(),
                duration=0.0,
                service=service,
            )
        )

    async def finish(self, *, failed: bool) -> dict[str, Any]:
        """Write the bundle, now that the run is known to have failed or not; says what was written.

        Raises BundleError if it cannot be written.
        """
        chosen = [caught for caught in self._caught if caught.sure or failed]
        if not chosen:
            return {"path": "", "steps": [], "size": 0}
        with self.session.progress.span("capture", f"capture of {len(chosen)} steps"):
            return await asyncio.to_thread(self._write, chosen)

    def _write(self, chosen: list[Caught]) -> dict[str, Any]:
        session = self.session
        store = session.engine.store
        builder = Builder(store, Mask(session.secrets.known, session.engine.salt))
        wanted = distinct(chosen, store)
        builder.pack(caught.container for caught, _ in wanted)
        steps = [
            self._step(builder, f"step-{number}", caught, same)
            for number, (caught, same) in enumerate(wanted, start=1)
        ]
        if self.order.thin:
            builder.leave_out()
        description = Description(
            created=time.time(),
            command=builder.mask.text(session.labels.get("command", "")),
            workdir=builder.mask.path(str(session.workdir)),
            host=facts.host(),
            versions=facts.versions(),
            steps=tuple(steps),
            services=tuple(builder.services.values()),
            layers=tuple(builder.layers.values()),
            commit=facts.commit(session.workdir),
            record=builder.blob(session.log.text().encode()),
        )
        folder = self.order.directory
        path = folder / f"{_slug(steps[0].name)}-{session.id[:8]}.tar"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write(store, path, description, builder.images, signer=self.order.signer)
        except OSError as error:
            raise BundleError(
                f"no bundle can be written in {folder}: {error.strerror}",
                "give a folder that can be written to --capture",
            ) from error
        return {
            "path": str(path),
            "size": path.stat().st_size,
            "steps": [step.name for step in steps],
            "same": sum(len(step.same_as) for step in steps),
        }

    def _step(self, builder: Builder, image: str, caught: Caught, same: tuple[str, ...]) -> Step:
        command = caught.command
        place = builder.place(image, caught.container, command, caught.found)
        missing = builder.missing(caught.container, place, caught.found)
        limits = self.session.engine.limits
        return Step(
            name=builder.mask.text(caught.name),
            kind=caught.kind,
            place=place,
            outcome=builder.outcome(caught.outcome),
            stdin=builder.blob(command.stdin.encode()) if command.stdin else "",
            redirects=(
                builder.mask.path(command.redirect_stdin),
                builder.mask.path(command.redirect_stdout),
                builder.mask.path(command.redirect_stderr),
            ),
            expect=command.expect.name,
            network=command.network,
            source=builder.source(place, builder.mask.path(caught.container.config.workdir)),
            started=caught.started,
            duration=round(caught.duration, 4),
            packets=caught.packets,
            missing=missing if not caught.packets else (*missing, _network(caught.packets)),
            same_as=tuple(map(builder.mask.text, same)),
            memory=limits.memory,
            processes=limits.processes,
            hostname=builder.mask.text(caught.service.hostname) if caught.service else "",
            ports=builder.ports(caught.container) if caught.service else (),
        )

    def _outcome(self, code: int, message: str, output: Output | None) -> Outcome:
        if output is None:
            return Outcome(code, message)
        output.end()
        store = self.session.engine.store
        stdout, stderr, combined = (
            store.put_blob_file(output.path(stream), move=False, kind="output")
            for stream in STREAMS
        )
        return Outcome(code, message, stdout=stdout, stderr=stderr, combined=combined)


def ending(error: EngineError) -> tuple[int, str]:
    """Return the exit code of a service that did not start, and why it did not where the code does not say it."""
    if not isinstance(error, ExecError):
        return -1, error.message
    return error.exit_code, "" if error.exit_code else error.message


def _network(packets: int) -> Missing:
    return Missing("network", "outside", f"the command sent {packets} packets to outside")


def _slug(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower().removeprefix("withexec ")).strip("-")
    return words[:NAME_LENGTH].strip("-") or "step"
