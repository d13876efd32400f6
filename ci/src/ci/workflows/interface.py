"""What a module offers to who calls it: its functions with their arguments, and what is marked among them."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import dagger
import gql
from dagger import dag
from gql.transport.exceptions import TransportQueryError

from ci.errors import SettingsError, ToolError
from ci.workflows.settings import WorkflowSettings

CONFIGURATION: Final = "dagger.json"

# One question, where the client would ask for each name of each argument by itself.
_QUESTION: Final = """
query ($id: DirectoryID!) {
  loadDirectoryFromID(id: $id) {
    asModule {
      name
      objects {
        asObject {
          name
          constructor { ...function }
          functions { ...function }
        }
      }
      checks(noGenerate: true) { list { name } }
      generators { list { name } }
      services { list { name } }
    }
  }
}
fragment function on Function {
  name
  args { name defaultValue defaultPath typeDef { kind optional } }
  returnType { kind asObject { name } }
}
"""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument, by its option on the command line."""

    required: bool
    switch: bool
    """It is true or false: its option takes no value, or one behind `=`."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its arguments by their options, and the object of the module that it gives, "" for all else."""

    arguments: Mapping[str, Argument]
    returns: str


@dataclass(frozen=True, slots=True)
class Interface:
    """A module's functions, by the objects that have them, and the names of those that are marked."""

    main: str
    constructor: Function
    objects: Mapping[str, Mapping[str, Function]]
    checks: tuple[str, ...]
    generators: tuple[str, ...]
    services: tuple[str, ...]

    @property
    def name(self) -> str:
        """The module's own name, as the command line has it."""
        return kebab(self.main)


async def ask(source: dagger.Directory) -> Interface:
    """Return what the module at a source's root offers.

    Raises SettingsError where there is none, ToolError if it cannot be loaded.
    """
    if not await source.exists(CONFIGURATION):
        raise SettingsError(
            f"[{WorkflowSettings.table}] needs {CONFIGURATION} at the source's root: the module that jobs call",
            "Make it with `dagger init`, or leave the table out.",
        )
    code = source.filter(include=parts(await source.file(CONFIGURATION).contents()))
    context = dag._ctx  # noqa: SLF001 - the client has no public way to ask a question as a whole
    request = gql.GraphQLRequest(_QUESTION, variable_values={"id": await code.id()})
    try:
        answer = await context.conn.session.execute(request)
    except TransportQueryError as error:
        first, *_ = error.errors or [{"message": str(error)}]
        raise ToolError(
            f"the module of {CONFIGURATION} cannot be loaded: {first['message']}",
            "Which functions it has is not known until `dagger functions` shows them.",
        ) from None
    return read(answer["loadDirectoryFromID"]["asModule"])


def parts(configuration: str) -> list[str]:
    """Return patterns of what a module is made of: its code and the modules in the same source. Raises SettingsError.

    An edit of all else loads nothing again.
    """
    try:
        document = json.loads(configuration)
        below = [*document.get("dependencies", ()), *document.get("toolchains", ())]
        below += [entry for entry in (document.get("blueprint"),) if entry]
        folders = [document.get("source", "."), *(entry["source"] for entry in below)]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"{CONFIGURATION} cannot be read: {error!r}", "See what `dagger develop` says of it."
        ) from None
    if any(posixpath.normpath(folder) == "." for folder in folders):
        return ["**"]
    return [CONFIGURATION, *(f"{posixpath.normpath(folder)}/**" for folder in folders)]


def read(module: Mapping[str, Any]) -> Interface:
    """Return what the answer of the API says of a module."""
    objects = [entry["asObject"] for entry in module["objects"]]
    main = next(each for each in objects if kebab(each["name"]) == kebab(module["name"]))
    made = main["constructor"]
    return Interface(
        main=main["name"],
        constructor=_function(made) if made else Function({}, ""),
        objects={
            each["name"]: {kebab(entry["name"]): _function(entry) for entry in each["functions"]}
            for each in objects
        },
        checks=tuple(_names(module["checks"])),
        generators=tuple(_names(module["generators"])),
        services=tuple(_names(module["services"])),
    )


def kebab(name: str) -> str:
    """Return a name of the API as the command line has it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).replace("_", "-").lower()


def _function(entry: Mapping[str, Any]) -> Function:
    given = entry["returnType"]["asObject"]
    return Function(
        arguments={
            f"--{kebab(argument['name'])}": Argument(
                required=not (
                    argument["typeDef"]["optional"]
                    or argument["defaultValue"]
                    or argument["defaultPath"]
                ),
                switch=argument["typeDef"]["kind"] == "BOOLEAN_KIND",
            )
            for argument in entry["args"]
        },
        returns=given["name"] if given else "",
    )


def _names(group: Mapping[str, Any]) -> Iterator[str]:
    for entry in group["list"]:
        yield entry["name"]
