"""The functions that hold a source against what is asked of it."""

import dagger
from dagger import check, function, generate

from ci import gates
from ci.functions.arguments import (
    Advisories,
    Archive,
    Feed,
    Gate,
    Link,
    MaxAgeDays,
    Repository,
    Since,
    Source,
    uncached,
)
from ci.reports import place
from ci.subject import Subject


class GateFunctions:
    """Gates, their report, and what mends what they find."""

    @uncached
    async def scan(
        self,
        source: Source,
        git: Repository,
        feed: Feed = None,
        image: Archive = None,
        since: Since = "",
    ) -> str:
        """Look for vulnerabilities, misconfiguration, secrets and licences, and print what is to mend.

        Fails if anything is to mend, a waiver has expired, or the feed is missing, broken, empty or too old.
        """
        subject = Subject(source=source, git=git, feed=feed, image=image, since=since)
        return await gates.passed(subject, "scan")

    @uncached
    @check
    async def format(self, source: Source, git: Repository, since: Since = "") -> str:
        """Hold the source against Black, as [tool.ci.format] says.

        Fails if a file is not as Black has it; `format-fix` mends that. Off without the table.
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "format")

    @uncached
    @check
    async def lint(self, source: Source, git: Repository, since: Since = "") -> str:
        """Hold the source against Ruff or Flake8 or both, as [tool.ci.lint] says.

        Fails if a rule is broken. Off without the table.
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "lint")

    @uncached
    @check
    async def types(self, source: Source, git: Repository, since: Since = "") -> str:
        """Check the types of the source with mypy, each part of it that [tool.ci.types] names.

        Fails if types do not fit. Off without the table.
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "types")

    @uncached
    @check
    async def code_security(self, source: Source, git: Repository, since: Since = "") -> str:
        """Look with Bandit for code that can be attacked, as [tool.ci.code-security] says.

        Fails for a finding of a severity that is not let pass. Off without the table.
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "code-security")

    @uncached
    @check
    async def secrets(self, source: Source, git: Repository, since: Since = "") -> str:
        """Look with gitleaks for secrets in every commit of the repository, and in what is not committed.

        Fails for a secret, even one that was removed again. No value is shown. Off without [tool.ci.secrets].
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "secrets")

    @uncached
    @check
    async def docs(self, source: Source, git: Repository, since: Since = "") -> str:
        """Hold the documentation against itself: links, blocks of code, and the help of commands.

        Fails if a link leads nowhere, a block is broken, or prints otherwise. Off without [tool.ci.docs].
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "docs")

    @uncached
    @check
    async def dependencies(
        self,
        source: Source,
        git: Repository,
        advisories: Advisories = None,
        max_age_days: MaxAgeDays = None,
        since: Since = "",
    ) -> str:
        """Audit the packages of all locks with pip-audit and with Trivy, as [tool.ci.dependencies] says.

        Fails for a vulnerability that either knows, and if one did not look at every package. Off without the table.
        """
        subject = Subject(
            source=source,
            git=git,
            advisories=advisories,
            max_age_days=max_age_days,
            since=since,
        )
        return await gates.passed(subject, "dependencies")

    @uncached
    @check
    async def licences(self, source: Source, git: Repository, since: Since = "") -> str:
        """Hold the licences of all packages that images are made of against the lists of [tool.ci.licences].

        Fails for one that is denied, not allowed or not known. Off without the table.
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "licences")

    @uncached
    @check
    async def workflows(self, source: Source, git: Repository, since: Since = "") -> str:
        """Hold .github/workflows against zizmor, actionlint and our own rules, as [tool.ci.workflows] says.

        Fails if one is unsafe or wrong or calls what is not there, or no job calls a gate. Off without the table.
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "workflows")

    @uncached
    @check
    async def contract(self, source: Source, git: Repository, since: Since = "") -> str:
        """Hold the API against its contract, as [tool.ci.contract] says.

        Fails if the OpenAPI document is not what the code gives, breaks clients of the baseline's, or is not what the
        running service does. Off without the table.
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "contract")

    @uncached
    @check
    async def coverage(self, source: Source, git: Repository, since: Since = "") -> str:
        """Hold the coverage of the suite against the threshold and the baseline, as [tool.ci.coverage] says.

        Fails if it is lower, and names the lines that no test runs any more. Off without the table.
        """
        return await gates.passed(Subject(source=source, git=git, since=since), "coverage")

    @uncached
    async def report(
        self,
        source: Source,
        git: Repository,
        gate: Gate = None,
        feed: Feed = None,
        image: Archive = None,
        link: Link = "",
        advisories: Advisories = None,
        max_age_days: MaxAgeDays = None,
        since: Since = "",
    ) -> dagger.Directory:
        """Run the suite and the gates whose answers are findings, side by side, and make one report of them.

        It holds index.html, report.md for a pull request, table.txt, findings.json, findings.sarif and junit.xml, and a
        folder for each gate. It is made of red gates too, and of those that could not be checked.
        """
        from ci.reports import directory

        linked = place.check(link)
        subject = Subject(
            source=source,
            git=git,
            feed=feed,
            image=image,
            advisories=advisories,
            max_age_days=max_age_days,
            since=since,
        )
        return directory.render(await gates.outcomes(subject, gate or gates.REPORTED), linked)

    @function
    @generate
    async def format_fix(self, source: Source) -> dagger.Changeset:
        """Mend what Ruff can mend safely and format with Black, in the paths of [tool.ci.lint] and [tool.ci.format]."""
        from ci.inspection import gate

        return await gate.mended(source)

    @function
    @generate
    async def docs_fix(self, source: Source) -> dagger.Changeset:
        """Write what commands print into the blocks of their help, in the pages of [tool.ci.docs]."""
        from ci.docs import gate

        return await gate.fixed(source)
