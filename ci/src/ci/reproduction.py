"""A bundle's step run again, by the API alone: from its image, whose label says all that it takes."""

import json
import uuid
from typing import Any, Final

import dagger
from dagger import dag

from ci import bundle
from ci.capture import EXEC, UNFINISHED
from ci.comparison import MISSING, Ending, Verdict, compare, passes, recorded
from ci.errors import ReproductionError

LABEL: Final = "org.portable-ci.step"
"""The label of a step's image (docs/reference/bundles.md)."""

FORMAT: Final = 1
_AGAIN: Final = "CI_REPRODUCED"
"""A variable of the step: without another value, a cached result would stand for another run."""


async def reproduce(file: dagger.File, name: str, source: dagger.Directory | None) -> Verdict:
    """Run a step of a bundle again, with another source if one is given. Raises ReproductionError if there is none."""
    container, label = await _read(file, name)
    images = {each["image"]: _image(file, each["image"]) for each in label["definitions"].values()}
    absent = [f"the secret {secret} for {where}" for where, secret in label["secrets"].items()]
    absent += [f"{image}: {error}" for image, error in (await _broken(images)).items()]
    if absent:
        return Verdict(label["name"], MISSING, tuple(absent))
    container = _placed(container, label, label["definitions"], images)
    if source is not None:
        if not label.get("source"):
            raise ReproductionError(f"{name} has no source that another one could stand for")
        container = container.with_mounted_directory(label["source"], source)
    run = _run if label["kind"] == EXEC else _start
    return compare(label["name"], recorded(label), await run(container, label))


async def _read(file: dagger.File, name: str) -> tuple[dagger.Container, dict[str, Any]]:
    """Return a step's container and its label. Raises ReproductionError if there is none that can be read."""
    container = _image(file, name)
    try:
        text = await container.label(LABEL)
    except dagger.QueryError as error:
        raise ReproductionError(
            f"the file gives no {name}: {error}",
            "Give the bundle that a run left, and the name of a step in it.",
        ) from error
    if not text:
        raise ReproductionError(
            f"{name} does not say what it runs: it has no label {LABEL}",
            "Give a bundle, and not another image.",
        )
    label: dict[str, Any] = json.loads(text)
    if label["format"] > FORMAT:
        raise ReproductionError(
            f"the bundle has format {label['format']}, and this module reads up to {FORMAT}",
            "Use the version of the module that made it, or a later one.",
        )
    return container, label


async def _broken(images: dict[str, dagger.Container]) -> dict[str, str]:
    """Return those images that the bundle does not give whole, and why."""
    found = {}
    for name, container in images.items():
        try:
            await container.sync()
        except dagger.QueryError as error:
            found[name] = str(error)
    return found


def _image(file: dagger.File, name: str) -> dagger.Container:
    return dag.container().import_(file, tag=name)


def _placed(
    container: dagger.Container,
    place: dict[str, Any],
    definitions: dict[str, Any],
    images: dict[str, dagger.Container],
) -> dagger.Container:
    """Return the container of a step or service with its environment, bound to its services."""
    for name, value in place["environment"].items():
        container = container.with_env_variable(name, value)
    for alias, name in place["services"].items():
        one = definitions[name]
        bound = _placed(images[one["image"]], one, definitions, images)
        container = container.with_service_binding(alias, _service(bound, one))
    return container


def _service(container: dagger.Container, place: dict[str, Any]) -> dagger.Service:
    for port in place.get("ports", ()):
        container = container.with_exposed_port(
            port["port"],
            protocol=dagger.NetworkProtocol(port["protocol"]),
            experimental_skip_healthcheck=port["skip_healthcheck"],
        )
    service = container.as_service(
        args=place["args"],
        insecure_root_capabilities=place["privileged"],
        no_init=not place["init"],
    )
    return service.with_hostname(place["hostname"]) if place.get("hostname") else service


async def _run(container: dagger.Container, label: dict[str, Any]) -> Ending:
    stdin, stdout, stderr = label.get("redirects", ("", "", ""))
    ran = container.with_env_variable(_AGAIN, uuid.uuid4().hex).with_exec(
        label["args"],
        stdin=label.get("stdin", ""),
        redirect_stdin=stdin,
        redirect_stdout=stdout,
        redirect_stderr=stderr,
        expect=dagger.ReturnType.ANY,
        insecure_root_capabilities=label["privileged"],
        no_init=not label["init"],
    )
    try:
        code = await ran.exit_code()
        output = await ran.combined_output()
        paths = [path for path in label.get("reports", ()) if await ran.exists(path)]
        reports = {path: await ran.file(path).contents() for path in paths}
    except dagger.ExecError as error:
        # A signal ended it: to the API that is none of ANY exit codes.
        return _ended(error)
    except dagger.QueryError as error:
        return Ending(UNFINISHED, passed=False, error=str(error))
    return Ending(
        code,
        passes(label, code),
        bundle.failing(reports) if reports else None,
        tuple(output.splitlines()[-bundle.LAST_LINES :]),
    )


async def _start(container: dagger.Container, label: dict[str, Any]) -> Ending:
    service = _service(container, label)
    try:
        await service.start()
    except dagger.ExecError as error:
        return _ended(error)
    except dagger.QueryError as error:
        return Ending(UNFINISHED, passed=False, last_lines=(), error=str(error))
    await service.stop()
    return Ending(0, passed=True)


def _ended(error: dagger.ExecError) -> Ending:
    lines = [*error.stdout.splitlines(), *error.stderr.splitlines()]
    return Ending(error.exit_code, passed=False, last_lines=tuple(lines[-bundle.LAST_LINES :]))
