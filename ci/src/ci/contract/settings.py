"""The tables [tool.ci.contract] and [tool.ci.contract.service] of pyproject.toml."""

from dataclasses import dataclass
from typing import ClassVar, Final

from ci.errors import SettingsError
from ci.findings import Finding
from ci.image_settings import COMMAND
from ci.scan_settings import SEVERITIES
from ci.settings import FILE, HINT, PATH, SOME_TEXTS, TABLE, TEXT, Kind, key, our_tables, read_table

CONTRACT: Final = f"{TABLE}.contract"
SERVICE: Final = f"{CONTRACT}.service"

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
"""Schemathesis' checks of single requests."""


def _checks(value: object) -> tuple[str, ...] | None:
    texts: tuple[str, ...] | None = SOME_TEXTS.read(value)
    return texts if texts and set(texts) <= set(CHECKS) else None


CHECK_LIST: Final = Kind(f"a list out of {', '.join(CHECKS)}", _checks)
COUNT: Final = Kind(
    "a number above 0", lambda value: value if type(value) is int and value > 0 else None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """The table [tool.ci.contract.service]: how the running service is held against its document."""

    path: str = key(TEXT, "/openapi.json")
    """Where the service gives its document."""

    checks: tuple[str, ...] = key(CHECK_LIST, CHECKS)
    max_examples: int = key(COUNT, 50)
    """The most requests that are made up for an operation, beside those for each of its borders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSettings:
    """The table [tool.ci.contract]."""

    table: ClassVar[str] = CONTRACT
    document: str = key(PATH)
    """The OpenAPI document, as JSON or YAML, whole in one file."""

    command: tuple[str, ...] = key(COMMAND, ())
    """Prints the document that the code gives; it runs where the application would."""

    severity: tuple[str, ...] = key(SEVERITIES, ("MEDIUM", "HIGH", "CRITICAL"))
    """The severities that fail."""

    service: ServiceSettings | None = None

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails, waivers aside."""
        return finding.severity.name in self.severity


def parse(text: str) -> ContractSettings | None:
    """Read the settings from the text of a pyproject.toml, None without the table. Raises SettingsError."""
    table = our_tables(text).get("contract")
    if table is None:
        return None
    if not isinstance(table, dict):
        raise SettingsError(f"{CONTRACT} in {FILE} has to be a table", HINT)
    given = dict(table)
    service = given.pop("service", None)
    return ContractSettings(
        **read_table(ContractSettings, given, CONTRACT),
        service=(
            None
            if service is None
            else ServiceSettings(**read_table(ServiceSettings, service, SERVICE))
        ),
    )
