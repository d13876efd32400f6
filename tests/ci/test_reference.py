"""The reference page names every function, argument and setting; these tests walk the code."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

import pytest
from dagger.mod import default_module

from ci import Ci
from ci.baseline import BaselineSettings
from ci.contract.settings import ContractSettings, ServiceSettings
from ci.coverage.settings import CoverageSettings
from ci.dependencies.settings import DependenciesSettings
from ci.docs.settings import DocsSettings
from ci.image_settings import ArtifactSettings, ImageSettings, VariantSettings
from ci.inspection.settings import (
    CodeSecuritySettings,
    FormatSettings,
    LintSettings,
    TypesSettings,
)
from ci.licences.settings import KnownLicence, LicencesSettings
from ci.scan_settings import ScanSettings
from ci.secrets.settings import SecretsSettings
from ci.serving import ServeSettings
from ci.settings import SuiteSettings, name_of
from ci.waivers import Waiver
from ci.workflows.settings import WorkflowSettings

if TYPE_CHECKING:
    from pathlib import Path


PAGES = ("ci.md", "gates.md", "images.md")
TABLES = {
    "## Settings\n\nThe table `[tool.ci.test]`": SuiteSettings,
    "### `[tool.ci.image]`": ImageSettings,
    "### `[tool.ci.image.artifact]`": ArtifactSettings,
    "### `[tool.ci.image.variants.NAME]`": VariantSettings,
    "### `[tool.ci.serve]`": ServeSettings,
    "### `[tool.ci.scan]`": ScanSettings,
    "### `[[tool.ci.waivers]]`": Waiver,
    "### `[tool.ci.format]`": FormatSettings,
    "### `[tool.ci.lint]`": LintSettings,
    "### `[tool.ci.types.NAME]`": TypesSettings,
    "### `[tool.ci.code-security]`": CodeSecuritySettings,
    "### `[tool.ci.contract]`": ContractSettings,
    "### `[tool.ci.contract.service]`": ServiceSettings,
    "### `[tool.ci.coverage]`": CoverageSettings,
    "### `[tool.ci.baseline]`": BaselineSettings,
    "### `[tool.ci.secrets]`": SecretsSettings,
    "### `[tool.ci.docs]`": DocsSettings,
    "### `[tool.ci.dependencies]`": DependenciesSettings,
    "### `[tool.ci.licences]`": LicencesSettings,
    "### `[tool.ci.licences.known.PACKAGE]`": KnownLicence,
    "### `[tool.ci.workflows]`": WorkflowSettings,
}


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    pages = [root / "docs" / "reference" / name for name in PAGES]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def test_every_function_and_argument_is_documented(text: str) -> None:
    registered = default_module().get_object("Ci")
    names = [name for name in registered.functions if name]
    assert names
    for name in names:
        assert f"### `{name.replace('_', '-')}`" in text
        for argument in registered.get_bound_function(Ci(), name).parameters:
            row = rf"^\| .*`--{argument.replace('_', '-')}`.* \|"
            assert re.search(row, text, flags=re.MULTILINE), (name, argument)


@pytest.mark.parametrize(("heading", "kind"), TABLES.items())
def test_every_setting_is_documented_with_its_default_and_what_is_allowed(
    text: str, heading: str, kind: type[Any]
) -> None:
    section = re.split(r"^##", text.split(heading)[1], flags=re.MULTILINE)[0]
    rows = {
        name: (default, allowed)
        for name, default, allowed in re.findall(
            r"^\| `([\w-]+)` \| ([^|]+) \| ([^|]+) \|", section, flags=re.MULTILINE
        )
    }

    assert rows == {
        name_of(entry): (shown(entry.default), entry.metadata["kind"].allowed)
        for entry in fields(kind)
        if "kind" in entry.metadata
    }


def shown(default: object) -> str:
    if default is MISSING:
        return "required"
    if default in {(), "", None}:
        return "none"
    if isinstance(default, bool):
        return f"`{default}`".lower()
    if isinstance(default, tuple):
        return f"`{list(default)}`".replace("'", '"')
    return f"`{default}`" if isinstance(default, str) else f"`{default:g}`"
