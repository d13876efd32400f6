"""The stages of a Dockerfile, and which need which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.dockerfile.expansion import Expander
from portable_dagger.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portable_dagger.dockerfile.parser import Dockerfile, Instruction

SCRATCH = "scratch"
FROM_WORDS = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """One FROM with what follows it: `base` is a stage's name, an image's reference, or `scratch`."""

    index: int
    name: str
    base: str
    platform: str
    line: int
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All stages, and the arguments that are declared before the first one."""

    stages: tuple[Stage, ...]
    arguments: Mapping[str, str]
    escape: str

    def target(self, name: str) -> Stage:
        """Return the stage to build, the last one for ""; DockerfileError when there is none of that name."""
        if not name:
            return self.stages[-1]
        found = self.find(name, len(self.stages))
        if found is None:
            raise DockerfileError(
                f'target stage "{name}" could not be found',
                f"the stages are {', '.join(s.name or str(s.index) for s in self.stages)}",
            )
        return found

    def find(self, name: str, before: int) -> Stage | None:
        """Return the stage that a name or number means to a stage, which sees only earlier ones."""
        if name.isdigit() and int(name) < before:
            return self.stages[int(name)]
        named = [s for s in self.stages[:before] if s.name and s.name == name.lower()]
        return named[-1] if named else None

    def needs(self, stage: Stage) -> list[Stage]:
        """Return the stages that a stage is made from or copies from."""
        names = [stage.base]
        for instruction in stage.instructions:
            names.append(instruction.flag("from"))
            for flag, value in instruction.flags:
                if flag == "mount":
                    names.append(mount_options(value).get("from", ""))
        found = [self.find(name, stage.index) for name in names if name]
        return list(dict.fromkeys(s for s in found if s is not None))


def plan(file: Dockerfile, given: Mapping[str, str], platform: Mapping[str, str]) -> Plan:
    """Divide a file into stages; `given` are the caller's build arguments, `platform` the predefined ones."""
    arguments: dict[str, str] = dict(platform)
    declared: dict[str, str] = {}
    stages: list[Stage] = []
    bodies: list[list[Instruction]] = []
    for instruction in file.instructions:
        if instruction.name == "FROM":
            expander = Expander({**platform, **declared}, file.escape)
            with instruction.placed():
                stages.append(_stage(instruction, len(stages), expander))
            bodies.append([])
        elif bodies:
            bodies[-1].append(instruction)
        elif instruction.name == "ARG":
            expander = Expander({**platform, **declared}, file.escape)
            with instruction.placed():
                declared.update(argument_values(instruction, expander, given, {}))
        else:
            raise instruction.error("comes before the first FROM", "only ARG may")
    whole = [
        Stage(s.index, s.name, s.base, s.platform, s.line, tuple(body))
        for s, body in zip(stages, bodies, strict=True)
    ]
    return Plan(tuple(whole), {**arguments, **declared}, file.escape)


def argument_values(
    instruction: Instruction,
    expander: Expander,
    given: Mapping[str, str],
    outer: Mapping[str, str],
) -> dict[str, str]:
    """Return the arguments that an ARG gives a value: the caller's, its default, or that of before the first FROM."""
    found: dict[str, str] = {}
    for word in expander.words(instruction.text):
        name, equals, default = word.partition("=")
        if name in given:
            found[name] = given[name]
        elif equals:
            found[name] = default
        elif name in outer:
            found[name] = outer[name]
    return found


def mount_options(text: str) -> dict[str, str]:
    """Read the options of `--mount`: `type=cache,target=/x`; one without a value is true."""
    options = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        options[name.strip()] = value if equals else "true"
    return options


def _stage(instruction: Instruction, index: int, expander: Expander) -> Stage:
    words = expander.words(instruction.text)
    if not words or not words[0]:
        raise instruction.error("the base name is blank", "an ARG that it uses may have no value")
    if len(words) not in {1, FROM_WORDS} or (len(words) == FROM_WORDS and words[1].lower() != "as"):
        raise instruction.error("takes one base, or `base AS name`")
    name = words[2].lower() if len(words) == FROM_WORDS else ""
    platform = expander.word(instruction.flag("platform"))
    return Stage(index, name, words[0], platform, instruction.line, ())
