"""The functions of the module; each composes what the other files hold."""

from collections.abc import Callable
from typing import Annotated, ParamSpec, TypeVar

import dagger
from dagger import DefaultPath, Doc, Ignore, check, function, generate, object_type, up

from ci import (
    capturing,
    findings_report,
    gates,
    images,
    inspecting,
    inspection,
    publication,
    registries,
    report,
    reproduction,
    table,
    verification,
)
from ci import scan as scanning
from ci.errors import BuildError, ReproductionError, ScanError, SuiteError
from ci.gates import Gates, Selection
from ci.policy import Policy, judge
from ci.provenance import LOCAL_BUILDER
from ci.signature import Signer
from ci.together import both

UNSEEN = ("**/.git", "**/.venv", "**/__pycache__", "**/.*_cache", "**/.coverage", "**/node_modules")

Source = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Ignore([*UNSEEN]),
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

Services = Annotated[
    list[dagger.Service] | None,
    Doc("Registries on this machine's loopback, as tcp://127.0.0.1:5000; told by their ports"),
]
Auth = Annotated[
    dagger.Secret | None, Doc("A config.json of Docker with the registries' logins, as file:PATH")
]

P = ParamSpec("P")
R = TypeVar("R")


def uncached(method: Callable[P, R]) -> Callable[P, R]:
    """Make a method a function that runs at every call: what a registry or a clock says is not what it said before."""
    # The SDK takes the argument, but its overloads leave it out.
    return function(cache="never")(method)  # type: ignore[call-overload, no-any-return]


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
        return await _suite(source, Selection(python, postgres, select))

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
        return await report.directory(
            await gates.suite(source, Selection(python, postgres, select))
        )

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

    @uncached
    @check
    async def reproducible(
        self,
        source: Source,
        git: Repository,
        variant: Variant = None,
        platform: Platform = None,
    ) -> str:
        """Build the images twice, the second time without cache, and fail if a digest differs."""
        first, differences = await images.differences(source, git, variant, platform)
        if differences:
            raise BuildError("two builds differ:\n" + "\n".join(differences))
        return f"{first.table()}\nbuilt twice, with the same digests\n"

    @function
    async def build(
        self,
        source: Source,
        git: Repository,
        variant: Annotated[str | None, Doc("The variant; the first one without")] = None,
        platform: Annotated[str | None, Doc("The platform; the machine's own without")] = None,
        artifact: Annotated[
            dagger.Directory | None,
            Doc("What [tool.ci.image.artifact] would make, such as a trained model"),
        ] = None,
    ) -> dagger.Container:
        """Build one image and give it as a container, to run or to export."""
        return await images.container(source, git, variant, platform, artifact)

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

    @function
    @up
    async def serve(
        self,
        source: Source,
        git: Repository,
        variant: Annotated[str | None, Doc("The variant; the first one without")] = None,
    ) -> dagger.Service:
        """Serve the application, from its image and with its own Postgres."""
        return (await gates.served(source, git, variant)).service()

    @uncached
    async def scan(self, source: Source, feed: Feed = None, image: Archive = None) -> str:
        """Look for vulnerabilities, misconfiguration, secrets and licences, and print what is to mend.

        Fails if anything is to mend, a waiver has expired, or the feed is missing, broken, empty or too old.
        """
        found = await gates.scanned(source, feed, image)
        if found.faults:
            raise ScanError(f"{'; '.join(found.faults)}\n\n{found.table()}\n")
        return f"{found.table()}\n"

    @uncached
    async def scan_report(
        self, source: Source, feed: Feed = None, image: Archive = None
    ) -> dagger.Directory:
        """Scan as `scan` does, and give table.txt, findings.json, findings.sarif and junit.xml.

        A red scan has a report too.
        """
        return findings_report.directory(await gates.scanned(source, feed, image))

    @uncached
    @check
    async def format(self, source: Source) -> str:
        """Hold the source against Black, as [tool.ci.format] says.

        Fails if a file is not as Black has it; `format-fix` mends that. Off without the table.
        """
        return await inspecting.passed(source, "format")

    @uncached
    @check
    async def lint(self, source: Source) -> str:
        """Hold the source against Ruff or Flake8 or both, as [tool.ci.lint] says.

        Fails if a rule is broken. Off without the table.
        """
        return await inspecting.passed(source, "lint")

    @uncached
    @check
    async def types(self, source: Source) -> str:
        """Check the types of the source with mypy, each part of it that [tool.ci.types] names.

        Fails if types do not fit. Off without the table.
        """
        return await inspecting.passed(source, "types")

    @uncached
    @check
    async def code_security(self, source: Source) -> str:
        """Look with Bandit for code that can be attacked, as [tool.ci.code-security] says.

        Fails for a finding of a severity that is not let pass. Off without the table.
        """
        return await inspecting.passed(source, "code-security")

    @uncached
    async def inspection_report(
        self,
        source: Source,
        gate: Annotated[
            list[str] | None, Doc("Only these: format, lint, types, code-security")
        ] = None,
    ) -> dagger.Directory:
        """Run the gates of the source, and give what they find, a folder for each.

        It holds table.txt, findings.json, findings.sarif and junit.xml. A gate that is off has none.
        """
        return await inspecting.report(source, gate or inspection.GATES)

    @function
    @generate
    async def format_fix(self, source: Source) -> dagger.Changeset:
        """Mend what Ruff can mend safely and format with Black, in the paths of [tool.ci.lint] and [tool.ci.format]."""
        return await inspecting.mended(source)

    @uncached
    async def capture(
        self,
        source: Source,
        git: Repository,
        gate: Annotated[
            list[str] | None,
            Doc(
                "What runs: test (alone, without this), images, scan, serve, format, lint, types, code-security"
            ),
        ] = None,
        python: Python = None,
        postgres: Postgres = None,
        select: Select = None,
        feed: Feed = None,
        passing: Annotated[bool, Doc("Capture the steps that pass, too")] = False,  # noqa: FBT002
    ) -> dagger.Directory:
        """Run gates, and give a bundle for each step that fails, to be taken home and `reproduce`d.

        Red or not, table.txt holds what the gates say.
        """
        chosen = Gates(source, git, Selection(python, postgres, select), feed)
        return await capturing.directory(chosen, gate or ["test"], passing=passing)

    @uncached
    async def reproduce(
        self,
        bundle: Annotated[dagger.File, Doc("The bundle that a run left")],
        step: Annotated[str, Doc("The name of the step's image in the bundle")] = "step-1",
        source: Annotated[
            dagger.Directory | None, Ignore([*UNSEEN]), Doc("An edited source, instead of its own")
        ] = None,
    ) -> str:
        """Run a bundle's step again, with its services and their data, and say how that compares.

        Fails unless it is the same failure. A step that needs no network is not kept from it: the API cannot do that.
        """
        verdict = await reproduction.reproduce(bundle, step, source)
        if not verdict.same:
            raise ReproductionError(verdict.text())
        return verdict.text()

    @uncached
    async def publish(
        self,
        git: Repository,
        registry: Annotated[list[str], Doc("Repositories to publish to, as HOST/NAME")],
        service: Services = None,
        auth: Auth = None,
        feed: Feed = None,
        key: Annotated[dagger.Secret | None, Doc("The private key that signs")] = None,
        key_password: Annotated[dagger.Secret | None, Doc("The password of the key")] = None,
        identity_token: Annotated[
            dagger.Secret | None, Doc("An OpenID Connect token that signs, instead of a key")
        ] = None,
        builder: Annotated[str, Doc("Who builds, as provenance says it")] = LOCAL_BUILDER,
    ) -> list[str]:
        """Publish the images of the repository's HEAD, signed and described, and give their references with digests.

        All registries get everything, or none is tagged. Nothing is pushed if the suite or an image is not fit.
        """
        source = git.head().tree(discard_git_dir=True)
        signer = Signer(key, key_password, identity_token)
        reach = await registries.reach(registry, service or (), auth)
        order = publication.Order(reach, signer, builder)
        described, _ = await both(order.described(git, source, feed), _suite(source, Selection()))
        return await order.publish(described)

    @uncached
    async def verify(
        self,
        source: Source,
        reference: Annotated[
            str, Doc("The image, as HOST/NAME:TAG or HOST/NAME@DIGEST; in a layout, its name there")
        ] = "",
        layout: Annotated[
            dagger.Directory | None,
            Doc("An OCI layout that holds the image, instead of a registry"),
        ] = None,
        service: Services = None,
        auth: Auth = None,
        key: Annotated[dagger.File | None, Doc("The public key whose signatures count")] = None,
        identity: Annotated[str, Doc("Whose signatures count, instead of a key")] = "",
        issuer: Annotated[str, Doc("Who vouches for the identity")] = "",
        expect_source: Annotated[str, Doc("The source that provenance has to name")] = "",
        expect_commit: Annotated[str, Doc("The commit that provenance has to name")] = "",
        expect_builder: Annotated[str, Doc("The builder that provenance has to name")] = "",
    ) -> str:
        """Check an image's signatures, provenance, bills of materials and scan, and print a line for each.

        Every blob is held against its digest. Fails, with the reasons, if the image is not to be trusted.
        """
        trust = verification.Trust(key, identity, issuer)
        if layout is None:
            name, tag = verification.split(reference)
            reach = await registries.reach([name], service or (), auth)
            layout = await verification.fetch(reach, tag)
            reference = ""
        found = await verification.report(layout, reference, trust)
        policy = await scanning.policy(source)
        expected = Policy(policy.faults, expect_source, expect_commit, expect_builder)
        return verification.verdict(found, judge(found, expected))


async def _suite(source: dagger.Directory, selection: Selection) -> str:
    """Run the suite and return its table. Raises SuiteError with it if the suite is not green."""
    summary = (await gates.suite(source, selection)).summary
    text = table.render(summary)
    if not summary.green:
        raise SuiteError(f"{table.verdict(summary)}\n\n{text}\n")
    return f"{text}\n"
