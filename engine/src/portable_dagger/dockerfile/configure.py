"""Instructions that change only an image's configuration."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from portable_dagger.dockerfile.parser import Instruction, parse
from portable_dagger.images.config import merge
from portable_dagger.images.healthcheck import Healthcheck, parse_duration
from portable_dagger.ops.ports import ports_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.dockerfile.expansion import Expander
    from portable_dagger.graph.values import Container

Configure = "Callable[[Container, Instruction, Expander], Container]"

SHELL = ("/bin/sh", "-c")
NOT_IN_ONBUILD = {"FROM", "MAINTAINER", "ONBUILD"}


def env(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Set variables; all values are those of before the instruction."""
    pairs = expander.pairs(instruction.text)
    return container.configured(env=merge(container.config.env, pairs))


def label(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Set labels."""
    pairs = expander.pairs(instruction.text)
    return container.configured(labels=merge(container.config.labels, pairs))


def expose(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Expose ports, each `port[/protocol]`, or a range `first-last`."""
    texts: list[str] = []
    for word in expander.words(instruction.text):
        number, _, protocol = word.partition("/")
        first, _, last = number.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            raise instruction.error(f"{word} is no port", "write it like 8080/tcp")
        texts += [f"{n}/{protocol or 'tcp'}" for n in range(int(first), int(last or first) + 1)]
    known = container.config.exposed_ports
    config = dataclasses.replace(
        container.config, exposed_ports=tuple(dict.fromkeys((*known, *texts)))
    )
    return container.replace(config=config, ports=ports_of(config, container.ports))


def user(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Set the user of what follows."""
    return container.configured(user=expander.word(instruction.text))


def volume(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Declare volumes; they are only part of the image's configuration."""
    paths = [expander.word(w) for w in instruction.words or ()] or expander.words(instruction.text)
    volumes = tuple(dict.fromkeys((*container.config.volumes, *paths)))
    return container.configured(volumes=volumes)


def stop_signal(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Set the signal that stops a service."""
    return container.configured(stop_signal=expander.word(instruction.text))


def shell(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Set the shell of the shell forms."""
    if not instruction.words:
        raise instruction.error("needs the JSON form", 'such as SHELL ["/bin/bash", "-c"]')
    return container.configured(shell=instruction.words)


def entrypoint(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Set the entrypoint."""
    return container.configured(entrypoint=_words(container, instruction))


def cmd(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Set the default arguments."""
    return container.configured(cmd=_words(container, instruction))


def healthcheck(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Set or remove the health check."""
    kind, _, rest = instruction.text.partition(" ")
    if kind.upper() == "NONE":
        return container.configured(healthcheck=None)
    if kind.upper() != "CMD" or not rest.strip():
        raise instruction.error("needs NONE, or CMD with a command")
    retries = instruction.flag("retries", "0")
    if not retries.isdigit():
        raise instruction.error(f"--retries must be a number, not {retries!r}")
    inner = parse(f"FROM scratch\nCMD {rest.strip()}", instruction.file).instructions[1]
    times = {
        name.replace("-", "_"): parse_duration(value)
        for name, value in instruction.flags
        if name in {"interval", "timeout", "start-period", "start-interval"}
    }
    check = Healthcheck(
        inner.words if inner.words is not None else (rest.strip(),),
        shell=inner.words is None,
        retries=int(retries),
        **times,
    )
    return container.configured(healthcheck=check)


def on_build(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Keep an instruction for the images that are made from this one."""
    name = instruction.text.partition(" ")[0].upper()
    if name in NOT_IN_ONBUILD:
        raise instruction.error(f"{name} is not allowed as a trigger")
    return container.configured(on_build=(*container.config.on_build, instruction.raw))


def maintainer(container: Container, instruction: Instruction, expander: Expander) -> Container:
    """Do nothing: the author has no place in the API (vector dockerbuild.onbuild-volume-stopsignal)."""
    return container


def _words(container: Container, instruction: Instruction) -> tuple[str, ...]:
    if instruction.words is not None or not instruction.text:
        return instruction.words or ()
    return (*(container.config.shell or SHELL), instruction.text)


CONFIGURE: dict[str, Callable[[Container, Instruction, Expander], Container]] = {
    "CMD": cmd,
    "ENTRYPOINT": entrypoint,
    "ENV": env,
    "EXPOSE": expose,
    "HEALTHCHECK": healthcheck,
    "LABEL": label,
    "MAINTAINER": maintainer,
    "ONBUILD": on_build,
    "SHELL": shell,
    "STOPSIGNAL": stop_signal,
    "USER": user,
    "VOLUME": volume,
}
