"""The table [tool.ci.secrets] of pyproject.toml; without it the gate is off."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import ClassVar, Final

from ci.findings import Finding
from ci.scan_settings import FLAG
from ci.settings import PATH, SOME_TEXTS, TABLE, TEXTS, Kind, key, our_tables, read_table

# The digests are those that public repositories pin for these versions; neither image was pulled where this was
# written: no registry answers.
GITLEAKS: Final = (
    "zricethezav/gitleaks:v8.30.1"
    "@sha256:c00b6bd0aeb3071cbcb79009cb16a60dd9e0a7c60e2be9ab65d25e6bc8abbb7f"
)
TRUFFLEHOG: Final = (
    "trufflesecurity/trufflehog:3.96.0"
    "@sha256:aa821cf4ace8861c7d096d83818cdf7bb9719028a52d37a52eaad44086a52577"
)


def _pinned(value: object) -> str | None:
    return value if isinstance(value, str) and "@sha256:" in value else None


PINNED: Final = Kind("an image with its digest", _pinned)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsSettings:
    """The table [tool.ci.secrets]."""

    table: ClassVar[str] = f"{TABLE}.secrets"

    configuration: str = key(PATH, "")
    """A file of gitleaks, which the module's own rules extend; without one they extend gitleaks' default."""

    paths: tuple[str, ...] = key(SOME_TEXTS, ("*",))
    """Patterns of the files whose findings fail."""

    skip: tuple[str, ...] = key(TEXTS, ())
    """Patterns of files of these whose findings do not."""

    trufflehog: bool = key(FLAG, False)  # noqa: FBT003 - a default
    """Whether TruffleHog looks at the history, too."""

    image: str = key(PINNED, GITLEAKS)
    trufflehog_image: str = key(PINNED, TRUFFLEHOG)

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails, waivers aside."""

        def match(patterns: tuple[str, ...]) -> bool:
            return any(fnmatchcase(finding.path, pattern) for pattern in patterns)

        return match(self.paths) and not match(self.skip)


def parse(text: str) -> SecretsSettings | None:
    """Read the settings from the text of a pyproject.toml, None without the table. Raises SettingsError."""
    table = our_tables(text).get("secrets")
    if table is None:
        return None
    return SecretsSettings(**read_table(SecretsSettings, table, SecretsSettings.table))
