"""A shell script that runs a step of a bundle by docker or podman, for those who have not this engine. Pure."""

from __future__ import annotations

import posixpath
import shlex
from typing import TYPE_CHECKING, Final

from portable_dagger.bundle.images import bound
from portable_dagger.bundle.layout import blob_file, reference
from portable_dagger.errors import BundleError

if TYPE_CHECKING:
    from portable_dagger.bundle.description import Mount, Place, Service, Step
    from portable_dagger.bundle.reading import Reader

_HEAD: Final = """\
#!/bin/sh
# {title}
# Needs podman (with catatonit), or docker 23 or newer: earlier ones know no layers compressed by zstd.
set -eu
bundle={path}
if [ "$#" -gt 0 ]; then bundle=$1; fi
engine=${{ENGINE:-$(command -v podman || command -v docker)}}
network={network}-$$
containers="{containers}"

finish() {{
    for container in $containers; do "$engine" rm --force "$container" >/dev/null 2>&1 || true; done
    "$engine" network rm "$network" >/dev/null
}}

address() {{ "$engine" inspect --format '{{{{range .NetworkSettings.Networks}}}}{{{{.IPAddress}}}}{{{{end}}}}' "$1"; }}

# Waits until something listens on a port, which is given in hexadecimal as the kernel lists it.
wait_for() {{
    tries=0
    until "$engine" exec "$1" cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        grep -q "^ *[0-9]*: [0-9A-F]*:$2 [0-9A-F:]* 0A "; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ] || ! "$engine" inspect --format '{{{{.State.Running}}}}' "$1" | grep -q true; then
            "$engine" logs "$1" >&2
            echo "the service $1 does not listen" >&2
            exit 1
        fi
        sleep 0.2
    done
}}
"""
_CUT_OFF: Final = """
"$engine" load --input "$bundle"
# A network without a way out.
"$engine" network create --internal "$network" >/dev/null
trap finish EXIT
"""


def script(reader: Reader, number: int = 1) -> str:
    """Return the script for a step, counted from 1. Raises BundleError if it is not there, or layers are left out."""
    description = reader.description
    if not 1 <= number <= len(description.steps):
        raise BundleError(
            f"{reader.path} has no step {number}", f"it has {len(description.steps)} steps"
        )
    step = description.steps[number - 1]
    services = bound(step.place, description)
    _check_whole(reader, [step.place, *(service.place for service in services)])
    parts = [
        _HEAD.format(
            title=f"Runs again what failed: {' '.join(step.name.split())}",
            path=shlex.quote(str(reader.path)),
            network=f"bundle-{reader.digest.removeprefix('sha256:')[:12]}",
            containers=" ".join(
                ["$network-step", *(_container(service, services) for service in services)]
            ),
        ),
        *_asked(step, services),
        _CUT_OFF,
        *(_service(reader, service, services) for service in services),
        _step(reader, step, services),
    ]
    return "".join(parts)


def _check_whole(reader: Reader, places: list[Place]) -> None:
    for place in places:
        for diff_id in reader.image(place.image).layers:
            layer = reader.description.layer(diff_id)
            if not reader.holds(layer.blob):
                raise BundleError(
                    f"{reader.path} is thin: it leaves out the layer {layer.title or diff_id}",
                    f"run it by `./dagger reproduce {reader.path}`, or capture it whole",
                )


def _asked(step: Step, services: list[Service]) -> list[str]:
    """Return lines that ask for what the bundle does not hold."""
    lines = []
    for place in (step.place, *(service.place for service in services)):
        for variable, name in place.secrets:
            if not (variable.isascii() and variable.isidentifier()):
                continue  # no variable of a shell: `--env` finds it in the environment, if it is there
            text = f"set it to the secret {name}, which is not in the bundle"
            lines.append(f': "${{{variable}:?{_message(text)}}}"\nexport {variable}\n')
        for mount in place.mounts:
            if mount.kind == "secret":
                text = f"set it to a file with the secret {mount.name}, which is not in the bundle"
                lines.append(f': "${{{_file_variable(mount)}:?{_message(text)}}}"\n')
    lines += [f"# missing: {_comment(f'{m.kind} {m.name} {m.reason}')}\n" for m in step.missing]
    return ["\n", *dict.fromkeys(lines)] if lines else []


def _service(reader: Reader, service: Service, services: list[Service]) -> str:
    name = f'"{_container(service, services)}"'
    words = ["--detach", "--name", name, "--hostname", shlex.quote(service.hostname)]
    words += [*_options(reader, service.place, services), *_command(reader, service.place)]
    lines = [f"\n{_run(words)} >/dev/null"]
    lines += [
        f"wait_for {name} {port.port:04X}"
        for port in service.ports
        if port.protocol == "TCP" and not port.skip_healthcheck
    ]
    return "\n".join(lines) + "\n"


def _step(reader: Reader, step: Step, services: list[Service]) -> str:
    words = ["--rm", "--name", '"$network-step"', *_options(reader, step.place, services)]
    given = ""
    if step.stdin:
        words.insert(0, "--interactive")
        given = f'tar --extract --to-stdout --file "$bundle" {blob_file(step.stdin)} | '
    run = _run([*words, *_command(reader, step.place)])
    return (
        f"\ncode=0\n{given}{run} || code=$?\n"
        f'echo "exit code $code; in the bundle {step.outcome.exit_code}" >&2\nexit "$code"\n'
    )


def _run(words: list[str]) -> str:
    return '"$engine" run --network "$network" ' + " ".join(words)


def _options(reader: Reader, place: Place, services: list[Service]) -> list[str]:
    config = reader.image_config(place.image)
    words = ["--init"] if place.init else []
    words += ["--privileged"] if place.privileged else []
    words += ["--user", shlex.quote(config.user)] if config.user else []
    words += ["--workdir", shlex.quote(config.workdir)] if config.workdir else []
    for name, value in place.environment:
        words += ["--env", shlex.quote(f"{name}={value}")]
    for name, _ in place.secrets:
        words += ["--env", shlex.quote(name)]
    known = {service.name: service for service in services}
    for alias, name in place.services:
        found = _container(known[name], services)
        words += ["--add-host", f'{shlex.quote(alias)}:"$(address "{found}")"']
    for mount in place.mounts:
        words += _mount(mount)
    return words


def _mount(mount: Mount) -> list[str]:
    """Return the option for a mount that is not in the image."""
    target = shlex.quote(mount.target)
    if mount.kind == "secret":
        return ["--volume", f'"${_file_variable(mount)}":{target}:ro']
    if mount.kind == "temp":
        size = f":size={mount.size}" if mount.size else ""
        return ["--tmpfs", f"{target}{size}"]
    return []


def _command(reader: Reader, place: Place) -> list[str]:
    entrypoint = ["--entrypoint", "''"] if reader.image_config(place.image).entrypoint else []
    return [*entrypoint, reference(reader.digest, place.image), shlex.join(place.args)]


def _container(service: Service, services: list[Service]) -> str:
    return f"$network-{services.index(service) + 1}"


def _file_variable(mount: Mount) -> str:
    name = "".join(
        c if c.isascii() and c.isalnum() else "_" for c in posixpath.basename(mount.target)
    )
    return f"FILE_{name.upper()}"


def _message(text: str) -> str:
    """Return a text that may stand in a parameter expansion between double quotes."""
    return "".join(character for character in text if character not in '"$`\\}\n')


def _comment(text: str) -> str:
    return " ".join(text.split())
