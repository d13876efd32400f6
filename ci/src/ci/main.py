"""The functions of the module; each composes what the other files hold."""

from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, Ignore, check, dag, function, object_type

from ci import images, matrix, report, settings, table
from ci import scan as scanning
from ci.errors import ScanError, SettingsError, SuiteError
from ci.settings import FILE, TABLE, SuiteSettings
from ci.suite import Suite, SuiteRun
from ci.verdict import Verdict

Source = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Ignore(
        ["**/.git", "**/.venv", "**/__pycache__", "**/.*_cache", "**/.coverage", "**/node_modules"]
    ),
    Doc("The repository, with [tool.ci] in its pyproject.toml"),
]
Python = Annotated[list[str] | None, Doc("Only these of the Python versions in [tool.ci.test]")]
Postgres = Annotated[list[str] | None, Doc("Only these of the Postgres versions in [tool.ci.test]")]
Select = Annotated[str | None, Doc("Only the tests that this pytest -k expression selects")]

Repository = Annotated[
    dagger.GitRepository,
    DefaultPath(".git"),
    Doc("The git repository of the source; its HEAD is what images say that they are made of"),
]
Variant = Annotated[list[str] | None, Doc("Only these variants of [tool.ci.image.variants]")]
Platform = Annotated[list[str] | None, Doc("Only these platforms, such as linux/arm64")]
Feed = Annotated[
    dagger.Directory | None,
    Doc(
        "Trivy's vulnerability database: trivy.db and metadata.json, or db.tar.gz; fetched without it"
    ),
]
Archive = Annotated[
    dagger.File | None, Doc("An image to scan too, as a tar of its OCI layout (as-tarball)")
]


@object_type
class Ci:
    """Continuous integration for a Python project, from the settings in its [tool.ci]."""

    @function
    @check
    async def test(
        self,
        source: Source,
        python: Python = None,
        postgres: Postgres = None,
        select: Select = None,
    ) -> str:
        """Run the suite on every Python version with every Postgres version, and print one table.

        Fails if a test failed, a cell crashed, or the coverage of all cells is below the threshold.
        """
        summary = (await _run(source, python, postgres, select)).summary
        text = table.render(summary)
        if not summary.green:
            raise SuiteError(f"{table.verdict(summary)}\n\n{text}\n")
        return f"{text}\n"

    @function
    async def test_report(
        self,
        source: Source,
        python: Python = None,
        postgres: Postgres = None,
        select: Select = None,
    ) -> dagger.Directory:
        """Run the suite as `test` does, and give JUnit and coverage (XML, HTML), per cell and merged.

        A red run has a report too: table.txt holds what `test` prints.
        """
        return await report.directory(await _run(source, python, postgres, select))

    @function
    async def images(
        self,
        source: Source,
        git: Repository,
        variant: Variant = None,
        platform: Platform = None,
    ) -> str:
        """Build the images of all variants and platforms, and print their digests and sizes."""
        build = await images.build(source, git, variant, platform)
        return build.table()

    @function
    async def build(
        self,
        source: Source,
        git: Repository,
        variant: Annotated[str | None, Doc("The variant; the first one without")] = None,
        platform: Annotated[str | None, Doc("The platform; the machine's own without")] = None,
    ) -> dagger.Container:
        """Build one image and give it as a container, to run or to export."""
        return await images.container(source, git, variant, platform)

    @function
    async def layout(
        self,
        source: Source,
        git: Repository,
        variant: Variant = None,
        platform: Platform = None,
    ) -> dagger.Directory:
        """Build the images, and give them as one OCI layout with an index for each variant."""
        build = await images.build(source, git, variant, platform)
        return build.layout().directory()

    @function
    async def sbom(
        self,
        source: Source,
        git: Repository,
        variant: Variant = None,
        platform: Platform = None,
    ) -> dagger.Directory:
        """List what the images hold: SPDX and CycloneDX for each, with every installed package in both."""
        return await images.bills(await images.build(source, git, variant, platform))

    @function(cache="never")  # type: ignore[call-overload, untyped-decorator]  # the overloads lack it
    async def scan(self, source: Source, feed: Feed = None, image: Archive = None) -> str:
        """Look for vulnerabilities, misconfiguration, secrets and licences, and print what is to mend.

        Fails if anything is to mend, a waiver has expired, or the feed is missing, broken or too old.
        """
        found = await _scan(source, feed, image)
        if found.faults:
            raise ScanError(f"{'; '.join(found.faults)}\n\n{found.table()}\n")
        return f"{found.table()}\n"

    @function(cache="never")  # type: ignore[call-overload, untyped-decorator]  # the overloads lack it
    async def scan_report(
        self, source: Source, feed: Feed = None, image: Archive = None
    ) -> dagger.Directory:
        """Scan as `scan` does, and give table.txt, findings.json and findings.sarif.

        A red scan has a report too.
        """
        return scanning.report(await _scan(source, feed, image))


async def _scan(
    source: dagger.Directory, feed: dagger.Directory | None, image: dagger.File | None
) -> Verdict:
    scanner = await scanning.prepare(source, feed)
    findings = await scanner.source(source)
    if image is not None:
        findings += await scanner.image(image, "image")
    return scanner.judge(findings)


async def _run(
    source: dagger.Directory,
    python: list[str] | None,
    postgres: list[str] | None,
    select: str | None,
) -> SuiteRun:
    suite = await _settings(source)
    cells = matrix.cells(
        matrix.narrow(f"{TABLE}.test.python", suite.python, python),
        matrix.narrow(f"{TABLE}.test.postgres", suite.postgres, postgres),
    )
    return await Suite(suite, source, await _lock(source, suite), select).run(cells)


async def _settings(source: dagger.Directory) -> SuiteSettings:
    if not await source.exists(FILE):
        raise SettingsError(f"the source has no {FILE}", "Give the repository's root as --source.")
    return settings.parse(await source.file(FILE).contents()).test


async def _lock(source: dagger.Directory, suite: SuiteSettings) -> dagger.File:
    """Return the lock as a file that is its content and nothing else: other edits reinstall nothing."""
    if not await source.exists(suite.requirements):
        raise SettingsError(
            f"{TABLE}.test.requirements in {FILE} names {suite.requirements!r}, "
            "which is not in the source",
            "Name the lock file, by its path below the repository's root.",
        )
    content = await source.file(suite.requirements).contents()
    return await dag.file("requirements.txt", content).sync()
