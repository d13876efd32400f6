"""The table [tool.ci] of pyproject.toml, read into frozen dataclasses."""

import tomllib
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Final

from ci.errors import SettingsError

FILE: Final = "pyproject.toml"
TABLE: Final = "tool.ci"
TABLES: Final = (
    "test",
    "image",
    "scan",
    "waivers",
    "serve",
    "format",
    "lint",
    "types",
    "code-security",
    "baseline",
    "secrets",
    "docs",
    "dependencies",
    "licences",
    "workflows",
    "contract",
    "coverage",
)
"""The tables of [tool.ci]; each has its reader."""

VERSION: Final = "{version}"
"""What an image's name holds in place of the version."""

_ALL: Final = 100
HINT: Final = "docs/reference/ci.md and gates.md of the module ci describe every key."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: what is allowed, in words, and how it is read; None is read from all else."""

    allowed: str
    read: Callable[[object], Any]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(map(_text, value)):
        return tuple(dict.fromkeys(value))
    return None


def _some_texts(value: object) -> tuple[str, ...] | None:
    return _texts(value) or None


def _variables(value: object) -> tuple[tuple[str, str], ...] | None:
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return tuple(value.items())
    return None


def _percent(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _ALL else None


def _image(value: object) -> str | None:
    return value if isinstance(value, str) and VERSION in value else None


TEXT: Final = Kind("a text", _text)
PATH: Final = Kind("a path below the repository's root", _text)
TEXTS: Final = Kind("a list of texts", _texts)
SOME_TEXTS: Final = Kind("a list of at least one text", _some_texts)
VERSIONS: Final = Kind('a list of texts, such as ["15", "16"]', _texts)
SOME_VERSIONS: Final = Kind('a list of at least one text, such as ["3.12", "3.13"]', _some_texts)
VARIABLES: Final = Kind('a table of texts, such as { MODE = "test" }', _variables)
PERCENT: Final = Kind("a number from 0 to 100", _percent)
IMAGE: Final = Kind(f"an image's name that holds {VERSION}", _image)


def key(kind: Kind, default: Any = MISSING) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Return a dataclass's field that `read_table` fills."""
    return field(default=default, metadata={"kind": kind})


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSettings:
    """The table [tool.ci.test]: where the suite is, and what it runs on."""

    requirements: str = key(PATH)
    """The lock of all that the suite needs, by version and hash, pytest and pytest-cov included."""

    packages: tuple[str, ...] = key(SOME_TEXTS)
    """Packages whose coverage is measured."""

    python: tuple[str, ...] = key(SOME_VERSIONS, ("3.9", "3.10", "3.11", "3.12", "3.13"))
    postgres: tuple[str, ...] = key(VERSIONS, ("15",))
    """Versions; none at all for a suite without a database."""

    paths: tuple[str, ...] = key(TEXTS, ("tests",))
    """Files and folders that pytest collects from."""

    include: tuple[str, ...] = key(SOME_TEXTS, ("**",))
    """Patterns of the files that the suite sees, beside pyproject.toml."""

    environment: tuple[tuple[str, str], ...] = key(VARIABLES, ())
    database_variable: str = key(TEXT, "DATABASE_URL")
    database_scheme: str = key(TEXT, "postgresql")
    coverage_threshold: float = key(PERCENT, 80.0)
    """Least coverage in percent of all cells together; 0 holds nothing."""

    python_image: str = key(IMAGE, f"python:{VERSION}-slim")
    postgres_image: str = key(IMAGE, f"postgres:{VERSION}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The table [tool.ci]."""

    test: SuiteSettings


def name_of(entry: Field[Any]) -> str:
    """Return the key of a dataclass's field as pyproject.toml spells it."""
    return entry.name.replace("_", "-")


def parse(text: str) -> Settings:
    """Read the settings from the text of a pyproject.toml. Raises SettingsError naming the key."""
    return Settings(
        test=SuiteSettings(**read_table(SuiteSettings, table(text, "test"), f"{TABLE}.test"))
    )


def table(text: str, name: str) -> dict[str, Any]:
    """Return the table [tool.ci.NAME] of the text of a pyproject.toml. Raises SettingsError."""
    return _as_table(our_tables(text).get(name), f"{TABLE}.{name}")


def our_tables(text: str) -> dict[str, Any]:
    """Return the table [tool.ci] of the text of a pyproject.toml. Raises SettingsError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} is not TOML: {error}", "Mend the file.") from None
    ours = _as_table(_as_table(document.get("tool", {}), "tool").get("ci"), TABLE)
    _refuse_unknown(ours, list(TABLES), TABLE)
    return ours


def read_table(kind: type[Any], table: object, path: str) -> dict[str, Any]:
    """Return the values of the fields made by `key` of a dataclass, out of a table. Raises SettingsError.

    `path` is how the table is called in messages.
    """
    given = _as_table(table, path)
    entries = {name_of(entry): entry for entry in fields(kind) if "kind" in entry.metadata}
    _refuse_unknown(given, list(entries), path)
    values = {}
    for name, entry in entries.items():
        if name in given:
            value = entry.metadata["kind"].read(given[name])
            if value is None:
                allowed = entry.metadata["kind"].allowed
                raise SettingsError(
                    f"{path}.{name} in {FILE} is {given[name]!r}, but has to be {allowed}", HINT
                )
            values[entry.name] = value
        elif entry.default is MISSING:
            raise SettingsError(
                f"{path}.{name} is missing in {FILE}: {entry.metadata['kind'].allowed}", HINT
            )
    return values


def _as_table(value: object, path: str) -> dict[str, Any]:
    if value is None:
        raise SettingsError(f"the table [{path}] is missing in {FILE}", HINT)
    if not isinstance(value, dict):
        raise SettingsError(f"{path} in {FILE} is {value!r}, but has to be a table", HINT)
    return value


def _refuse_unknown(table: dict[str, Any], known: list[str], path: str) -> None:
    for name in table:
        if name not in known:
            raise SettingsError(
                f"{path}.{name} in {FILE} is not known; there is {', '.join(known)}", HINT
            )
