"""Parts of the API that the embedded engine does not have yet: they are in the schema and say so when they are used.

Without them a client would refuse a chain by itself, with an error that does not tell what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portable_dagger.api.directory import DIRECTORY
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import Argument, Field, ObjectType
from portable_dagger.api.types import EMPTY, Platform, input_type, type_ref
from portable_dagger.errors import EngineError
from portable_dagger.graph.records import Changeset
from portable_dagger.graph.values import Container, Directory, File, Secret, Service, Socket, Value


@input_type
@dataclass(frozen=True, slots=True)
class BuildArg:
    """A build argument of a Dockerfile."""

    name: str
    value: str


class GitRepository(Value):
    """A git repository."""

    api_type: ClassVar[str] = "GitRepository"


class GitRef(Value):
    """A git ref: a tag, a branch or a commit."""

    api_type: ClassVar[str] = "GitRef"


class Llm(Value):
    """A conversation with a language model."""

    api_type: ClassVar[str] = "LLM"


class Env(Value):
    """An environment of inputs and outputs."""

    api_type: ClassVar[str] = "Env"


GIT_REPOSITORY = ObjectType("GitRepository", "A git repository.")
GIT_REF = ObjectType("GitRef", "A git ref (tag, branch, or commit).")
LLM = ObjectType("LLM", "A conversation with a language model.")
ENV = ObjectType("Env", "An environment of inputs and outputs.")


def refuse(
    of: ObjectType, name: str, returns: object, feature: str, /, **arguments: object
) -> None:
    """Register a field that raises as soon as it is asked for, be it only for an ID below it.

    An argument is its annotation, or a pair of that and its default.
    """

    def refused(*_: object) -> dict[str, object]:
        raise EngineError(f"{feature} is not supported by the embedded engine yet")

    declared: list[Argument] = []
    for key, value in arguments.items():
        annotation, *default = value if isinstance(value, tuple) else (value,)
        declared.append(Argument(key, key, type_ref(annotation), *default))
    of.fields[name] = Field(
        name,
        type_ref(returns),
        tuple(declared),
        _never,
        f"Not supported yet: {feature}.",
        prepare=refused,
    )


async def _never(*_: object, **__: object) -> None:
    raise AssertionError  # `prepare` has raised before


refuse(
    QUERY,
    "git",
    GitRepository,
    "git",
    url=str,
    keepGitDir=(bool, True),
    sshKnownHosts=(str, ""),
    sshAuthSocket=(Socket, None),
    httpAuthUsername=(str, ""),
    httpAuthToken=(Secret, None),
    httpAuthHeader=(Secret, None),
    experimentalServiceHost=(Service, None),
)
refuse(QUERY, "llm", Llm, "llm", model=(str, None), maxAPICalls=(int, None))
refuse(QUERY, "env", Env, "env", privileged=(bool, False), writable=(bool, False))
refuse(DIRECTORY, "asGit", GitRepository, "asGit")
refuse(
    DIRECTORY,
    "dockerBuild",
    Container,
    "dockerBuild",
    dockerfile=(str, "Dockerfile"),
    platform=(Platform, None),
    buildArgs=(list[BuildArg], EMPTY),
    target=(str, ""),
    secrets=(list[Secret], EMPTY),
    noInit=(bool, False),
    ssh=(Socket, None),
)

refuse(GIT_REPOSITORY, "branch", GitRef, "git", name=str)
refuse(GIT_REPOSITORY, "branches", list[str], "git", patterns=(list[str] | None, None))
refuse(GIT_REPOSITORY, "commit", GitRef, "git", id=str)
refuse(GIT_REPOSITORY, "head", GitRef, "git")
refuse(GIT_REPOSITORY, "latestVersion", GitRef, "git")
refuse(GIT_REPOSITORY, "ref", GitRef, "git", name=str)
refuse(GIT_REPOSITORY, "tag", GitRef, "git", name=str)
refuse(GIT_REPOSITORY, "tags", list[str], "git", patterns=(list[str] | None, None))
refuse(GIT_REPOSITORY, "uncommitted", Changeset, "git")
refuse(GIT_REPOSITORY, "url", str | None, "git")
refuse(GIT_REF, "commit", str, "git")
refuse(GIT_REF, "commonAncestor", GitRef, "git", other=GitRef)
refuse(GIT_REF, "ref", str, "git")
refuse(
    GIT_REF,
    "tree",
    Directory,
    "git",
    discardGitDir=(bool, False),
    depth=(int, 1),
    includeTags=(bool, False),
)
refuse(LLM, "lastReply", str, "llm")
refuse(LLM, "loop", Llm, "llm")
refuse(LLM, "withEnv", Llm, "llm", env=Env)
refuse(LLM, "withModel", Llm, "llm", model=str)
refuse(LLM, "withPrompt", Llm, "llm", prompt=str)
refuse(LLM, "withPromptFile", Llm, "llm", file=File)
refuse(ENV, "withStringInput", Env, "env", name=str, value=str, description=str)
refuse(ENV, "withStringOutput", Env, "env", name=str, description=str)
