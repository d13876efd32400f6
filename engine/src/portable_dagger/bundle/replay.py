"""Replay: a step of a bundle is run again, cut off from the network, and what came of it is compared."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.bundle.capture import ending, written_reports
from portable_dagger.bundle.description import Missing
from portable_dagger.bundle.fingerprint import Observed, fingerprint, observed
from portable_dagger.bundle.reading import Reader
from portable_dagger.bundle.restoring import PLACEHOLDER, Restorer
from portable_dagger.bundle.unpacking import unpack_all
from portable_dagger.bundle.verdict import Verdict, judge
from portable_dagger.errors import (
    BundleError,
    ClockError,
    EngineError,
    ExecError,
    MissingInputError,
)
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Directory, Secret
from portable_dagger.images.config import merge
from portable_dagger.ops.attempt import attempt
from portable_dagger.ops.command import Command, ReturnType
from portable_dagger.ops.terminal import open_where
from portable_dagger.runtime import clock, emulation
from portable_dagger.store.filter import Filter
from portable_dagger.store.host import import_directory

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.bundle.description import Layer, Step
    from portable_dagger.ops.attempt import Ended
    from portable_dagger.session.session import Session
    from portable_dagger.store.store import Store

EXCLUDED: Final = ("**/.git", "**/.venv", "**/__pycache__", "**/.*_cache", "**/node_modules")
"""What of a folder given as source is no source."""

AS_RECORDED: Final = (Verdict.SAME, Verdict.AGAIN)

SEED: Final = "PYTHONHASHSEED"
OUTPUT_SHOWN: Final = 100 * 1024
"""Characters of the output that an answer has."""

LATE: Final = 1.0
"""Seconds from which on the time of day may be what differs."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a command line wants: a step of a bundle ("" is the first), `repeat` times.

    source: a folder instead of the captured source. secrets: URIs by the secrets' names. interactive: a shell follows.
    """

    path: Path
    step: str = ""
    source: Path | None = None
    repeat: int = 1
    secrets: dict[str, str] = field(default_factory=dict)
    interactive: bool = False


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


async def replay(session: Session, order: Order) -> dict[str, Any]:
    """Replay a step and say what came of it; see docs/reference/bundles.md for the answer's fields.

    Raises BundleError if the file is no bundle, MissingInputError if the step cannot even be tried here.
    """
    began = time.monotonic()
    with Reader(order.path) as reader:
        step = choose(reader, order.step)
        with session.progress.span("bundle", f"load {order.path.name}"):
            try:
                layers = await asyncio.to_thread(_layers, session, reader, step)
            except MissingInputError as error:
                return _untried(step, order, error)
        loaded = time.monotonic() - began
        replayer = _Replayer(session, reader, step, order, layers, await _source(session, order))
        tried = [await replayer.first()]
        tried += [await replayer.again(number) for number in range(1, order.repeat)]
    return _answer(step, order, tried, loaded)


def choose(reader: Reader, wanted: str) -> Step:
    """Return a step by its number, its image's name or a part of its name. Raises BundleError."""
    steps = reader.description.steps
    if not steps:
        raise BundleError(f"{reader.path.name} has no step", "get the file again")
    if not wanted:
        return steps[0]
    if wanted.isdecimal() and 0 < int(wanted) <= len(steps):
        return steps[int(wanted) - 1]
    fitting = [step for step in steps if wanted == step.place.image or wanted in step.name]
    if len(fitting) != 1:
        listed = "; ".join(f"{number}: {step.name}" for number, step in enumerate(steps, start=1))
        raise BundleError(
            f"{len(fitting) or 'no'} steps of {reader.path.name} fit {wanted!r}", f"it has {listed}"
        )
    return fitting[0]


@dataclass(slots=True)
class _Replayer:
    """Tries one step of one bundle."""

    session: Session
    reader: Reader
    step: Step
    order: Order
    layers: dict[str, str]
    source: Directory | None

    async def first(self) -> Tried:
        """Try the step as it was captured; at its own time of day if today's makes a difference."""
        tried = await self._try("", None)
        late = time.time() - self.step.started > LATE
        if tried.verdict in AS_RECORDED or not late or self.source is not None:
            return tried
        if clock.find() is None or self.step.kind != "exec":
            return tried
        try:
            then = await self._try("", self.step.started)
        except ClockError as error:
            return dataclasses.replace(tried, note=f"not tried at the time of the capture: {error}")
        return then if then.verdict in AS_RECORDED else tried

    async def again(self, number: int) -> Tried:
        """Try once more, with another seed."""
        return await self._try(str(number), None)

    async def _try(self, seed: str, at: float | None) -> Tried:
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
                    if self.order.interactive and ended.prepared is not None:
                        reason = f"{found.verdict.text}\nThe command was"
                        await open_where(container, context, ended.prepared, ended.bound, reason)
                    return found
            except ExecError as error:
                seen = Observed(error.exit_code, error.message, f"{error.stdout}{error.stderr}", ())
                return self._judged(seen, asked, ended, seed, at)
            finally:
                await self.session.services.stop_all()

    def _command(self, at: float | None) -> Command:
        step, place = self.step, self.step.place
        stdin, stdout, stderr = step.redirects
        return Command(
            args=place.args,
            stdin=(
                self.reader.blob(step.stdin).decode(errors="surrogateescape") if step.stdin else ""
            ),
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
        assert ended.output is not None
        assert ended.prepared is not None
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
            output = f"{error.stdout}{error.stderr}" if isinstance(error, ExecError) else ""
            return Observed(*ending(error), output, ())
        return Observed(0, "", "", ())

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
        verdict, reasons = judge(
            fingerprint(recorded), fingerprint(seen), expect=self.step.expect, missing=missing
        )
        took = 0.0 if ended is None else ended.duration
        before = time.monotonic() - asked - took
        packets = None
        if ended is not None and ended.traffic is not None:
            packets = ended.traffic.passed
        return Tried(seen, verdict, reasons, before, took, packets, tuple(missing), seed, at)

    def _given(self, missing: Missing) -> bool:
        """Whether the user has given what the bundle lacks."""
        if missing.kind == "network":
            return not self.session.offline
        return missing.kind == "secret" and missing.name.partition(" (")[0] in self.order.secrets

    async def _secrets(self) -> dict[str, Secret]:
        store, client = self.session.secrets, self.session.main
        return {
            name: await store.from_uri(uri, None, client)
            for name, uri in self.order.secrets.items()
        }

    def _placeholder(self) -> Secret:
        holder = self.session.secrets.put(self.session.main, "placeholder", PLACEHOLDER)
        return Secret(holder, holder, name="placeholder", session=self.session.id)


def _layers(session: Session, reader: Reader, step: Step) -> dict[str, str]:
    """Bring the layers of a step and its services into the store. Raises MissingInputError for those not to be had."""
    store = session.engine.store
    description = reader.description
    known = {layer.diff_id: layer for layer in description.layers}
    wanted = list(dict.fromkeys(_named(reader, step)))
    held = [diff_id for diff_id in wanted if known[diff_id].held]
    unpack_all(reader, store, held)
    found = {diff_id: diff_id for diff_id in held}
    absent = []
    for diff_id in wanted:
        if diff_id in found:
            continue
        layer = _standing_for(store, known[diff_id])
        if layer is None:
            absent.append(known[diff_id])
        else:
            found[diff_id] = layer
    if absent:
        listed = "; ".join(f"{layer.diff_id} ({layer.title})" for layer in absent)
        raise MissingInputError(
            f"the bundle is thin, and this machine lacks {len(absent)} of its layers: {listed}",
            "replay a full bundle of the same images once, or run the same call here once: its layers are kept",
        )
    return found


def _standing_for(store: Store, layer: Layer) -> str | None:
    """Return a layer of the store that is the same, or was made here of the same inputs; None if there is none."""
    if store.has_layer(layer.diff_id):
        return layer.diff_id
    return store.origins.find(layer.origin) if layer.origin else None


def _named(reader: Reader, step: Step) -> list[str]:
    places = [step.place]
    found = []
    while places:
        place = places.pop()
        found += [*place.root, *(mount.content for mount in place.mounts if mount.content)]
        places += [reader.description.service(name).place for _, name in place.services]
    return found


async def _source(session: Session, order: Order) -> Directory | None:
    if order.source is None:
        return None
    if not order.source.is_dir():
        raise BundleError(f"{order.source} is no folder", "give the source's folder to --source")
    with session.progress.span("host", f"source {order.source}"):
        root = await asyncio.to_thread(
            import_directory, session.engine.store, order.source, Filter(exclude=EXCLUDED)
        )
    return Directory(root)


def _untried(step: Step, order: Order, error: MissingInputError) -> dict[str, Any]:
    """Return the answer for a step that cannot even be tried."""
    return {
        "verdict": Verdict.MISSING.name.lower(),
        "text": Verdict.MISSING.text,
        "exit": Verdict.MISSING.exit_code,
        "bundle": str(order.path),
        "step": step.name,
        "recorded": {"exit_code": step.outcome.exit_code, "error": step.outcome.error},
        "replayed": None,
        "differences": [],
        "missing": [{"kind": "layer", "name": error.message, "reason": error.hint}],
        "attempts": [],
        "seconds": None,
        "packets": 0,
        "notes": [],
    }


def _answer(step: Step, order: Order, tried: list[Tried], loaded: float) -> dict[str, Any]:
    last = tried[0]
    notes = [last.note] if last.note else []
    if last.clock is not None:
        shown = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(last.clock))
        notes.append(f"at the time of the capture, {shown} UTC; at today's it ends otherwise")
    return {
        "verdict": last.verdict.name.lower(),
        "text": last.verdict.text,
        "exit": last.verdict.exit_code,
        "bundle": str(order.path),
        "step": step.name,
        "recorded": {"exit_code": step.outcome.exit_code, "error": step.outcome.error},
        "replayed": {
            "exit_code": last.observed.exit_code,
            "error": last.observed.error,
            "duration": round(last.command, 3),
            "output": last.observed.output[-OUTPUT_SHOWN:],
        },
        "differences": last.reasons,
        "missing": [dataclasses.asdict(each) for each in last.missing],
        "attempts": [
            {
                "seed": each.seed,
                "verdict": each.verdict.name.lower(),
                "exit_code": each.observed.exit_code,
                "duration": round(each.command, 3),
            }
            for each in tried
        ],
        "seconds": {
            "load": round(loaded, 3),
            "services": round(last.services, 3),
            "command": round(last.command, 3),
        },
        "packets": sum(each.packets or 0 for each in tried),
        "notes": notes,
    }
