"""dagger.json and pyproject.toml of a module, as typed data.

Keys and their meaning: the brief, section 7.1. Whatever is wrong is named by file and key.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.errors import ModuleConfigError
from portable_dagger.modules.names import pascal

if TYPE_CHECKING:
    from pathlib import Path

API_VERSION: Final = (0, 21)
"""The newest API that this engine answers; modules that need a newer one do not load."""

FILE_NAME: Final = "dagger.json"
PROVIDED: Final = "dagger-io"
"""The distribution that the engine brings itself."""

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+].*)?")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


@dataclass(frozen=True, slots=True)
class Customization:
    """Other defaults for an argument of a toolchain; `function` is a chain of names, empty for the constructor."""

    argument: str
    function: tuple[str, ...] = ()
    default: Any = None
    default_path: str = ""
    default_address: str = ""
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dependency:
    """Another module that a module uses; `source` is a local path or a git reference.

    The other fields are those of toolchains. What is ignored are patterns of names; `port_mappings` are
    the services whose ports are mapped.
    """

    source: str
    name: str = ""
    pin: str = ""
    customizations: tuple[Customization, ...] = ()
    ignore_checks: tuple[str, ...] = ()
    ignore_generators: tuple[str, ...] = ()
    ignore_services: tuple[str, ...] = ()
    port_mappings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleConfig:
    """What dagger.json says. `source` is relative to its folder; `include` holds `!pattern` for exclusions."""

    name: str
    sdk: str
    source: str = "."
    engine_version: str = ""
    include: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    toolchains: tuple[Dependency, ...] = ()
    blueprint: Dependency | None = None
    function_caching: bool = True

    @property
    def main_object(self) -> str:
        """Name of the main class."""
        return pascal(self.name)


@dataclass(frozen=True, slots=True)
class PythonProject:
    """What pyproject.toml says. `requirements` leaves out what the engine provides itself."""

    package: str = "main"
    requires_python: str = ""
    requirements: tuple[str, ...] = ()
    main_object: str = ""
    base_image: str = ""


def parse_config(text: str, file: Path) -> ModuleConfig:
    """Read dagger.json's text; `file` is named in errors. Raises ModuleConfigError."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ModuleConfigError(
            f"{file}: line {error.lineno}: not valid JSON: {error.msg}"
        ) from error
    table = _Table(file, data)
    name = table.text("name")
    if not name:
        raise ModuleConfigError(
            f'{file}: key "name" is missing', "name the module, as in its main class"
        )
    blueprint = _dependency(table, "blueprint") if table.data.get("blueprint") else None
    if blueprint and _sdk(table):
        raise ModuleConfigError(
            f'{file}: a module with a "blueprint" has no "sdk"',
            'remove one of them; code beside a blueprint goes into a module among its "toolchains"',
        )
    config = ModuleConfig(
        name=name,
        sdk=_sdk(table),
        source=table.text("source") or ".",
        engine_version=table.text("engineVersion"),
        include=(*table.texts("include"), *(f"!{pattern}" for pattern in table.texts("exclude"))),
        dependencies=_dependencies(table, "dependencies"),
        toolchains=_dependencies(table, "toolchains"),
        blueprint=blueprint,
        function_caching=not table.flag("disableDefaultFunctionCaching"),
    )
    _check_version(config.engine_version, file)
    return config


def parse_project(text: str, file: Path) -> PythonProject:
    """Read pyproject.toml's text; `file` is named in errors. Raises ModuleConfigError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModuleConfigError(f"{file}: not valid TOML: {error}") from error
    project = _Table(file, data).table("project")
    tool = _Table(file, data).table("tool").table("dagger")
    points = project.table("entry-points").table("dagger.mod")
    requirements = project.texts("dependencies")
    return PythonProject(
        package=_package(project.text("name") or "main"),
        requires_python=project.text("requires-python"),
        requirements=tuple(line for line in requirements if distribution(line) != PROVIDED),
        main_object=points.text("main_object"),
        base_image=tool.text("base-image"),
    )


def distribution(requirement: str) -> str:
    """Return the normalised distribution name of a PEP 508 requirement ("" when it has none)."""
    match = _REQUIREMENT.match(requirement)
    return re.sub(r"[-_.]+", "-", match.group(1)).lower() if match else ""


def _package(project: str) -> str:
    return re.sub(r"[-_.]+", "_", project).lower()


def _check_version(version: str, file: Path) -> None:
    if version in {"", "latest"}:
        return
    match = _VERSION.fullmatch(version)
    if not match:
        raise ModuleConfigError(f'{file}: key "engineVersion": {version!r} is not a version')
    if (int(match.group(1)), int(match.group(2))) > API_VERSION:
        newest = ".".join(map(str, API_VERSION))
        raise ModuleConfigError(
            f'{file}: key "engineVersion": the module needs engine {version}, this engine answers {newest}',
            f'set "engineVersion" to "v{newest}.0" if the module works with that API',
        )


def _sdk(table: _Table) -> str:
    value = table.data.get("sdk")
    if isinstance(value, dict):
        return _Table(table.file, value, ("sdk",)).text("source")
    return table.text("sdk")


def _dependencies(table: _Table, key: str) -> tuple[Dependency, ...]:
    entries = dict(enumerate(table.items(key)))
    within = _Table(table.file, {str(at): value for at, value in entries.items()}, (key,))
    return tuple(_dependency(within, str(at)) for at in entries)


def _dependency(table: _Table, key: str) -> Dependency:
    value = table.data[key]
    if isinstance(value, str):
        return Dependency(value)
    entry = _Table(table.file, value, (*table.path, key))
    changes = [
        _Table(table.file, change, (*entry.path, "customizations", str(at)))
        for at, change in enumerate(entry.items("customizations"))
    ]
    return Dependency(
        entry.text("source"),
        entry.text("name"),
        entry.text("pin"),
        tuple(_customization(change) for change in changes),
        entry.texts("ignoreChecks"),
        entry.texts("ignoreGenerators"),
        entry.texts("ignoreServices"),
        tuple(entry.table("portMappings").data),
    )


def _customization(table: _Table) -> Customization:
    return Customization(
        table.text("argument"),
        table.texts("function"),
        table.data.get("default"),
        table.text("defaultPath"),
        table.text("defaultAddress"),
        table.texts("ignore"),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a configuration file that checks the types of what is read from it."""

    file: Path
    data: Any
    path: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.data, dict):
            where = f'key "{".".join(self.path)}"' if self.path else "the file"
            raise ModuleConfigError(f"{self.file}: {where} must be a table, not {_kind(self.data)}")

    def table(self, key: str) -> _Table:
        return _Table(self.file, self.data.get(key, {}), (*self.path, key))

    def text(self, key: str) -> str:
        value = self.data.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._wrong(key, "a string", value)
        return value

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def items(self, key: str) -> list[Any]:
        value = self.data.get(key) or []
        if not isinstance(value, list):
            raise self._wrong(key, "a list", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.items(key)
        for value in values:
            if not isinstance(value, str):
                raise self._wrong(key, "a list of strings", value)
        return tuple(values)

    def _wrong(self, key: str, wanted: str, value: object) -> ModuleConfigError:
        name = ".".join((*self.path, key))
        return ModuleConfigError(f'{self.file}: key "{name}" must be {wanted}, not {_kind(value)}')


def _kind(value: object) -> str:
    names = {
        dict: "a table",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "a number")
