"""Publishing: a commit's images are built, tried, described, scanned and signed; only then a registry hears of them."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagger
from dagger import dag

from ci import (
    base,
    delivery,
    images,
    oci,
    provenance,
    revision,
    sbom,
    scan,
    scan_attestation,
    signature,
    smoke,
)
from ci.attestation import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE, SPDX, Attestation
from ci.base import Base
from ci.delivery import Tagged
from ci.errors import PublishError
from ci.image import Image
from ci.images import Build
from ci.layout import REFERENCE, Layout
from ci.progress import progress
from ci.registries import Reach
from ci.reports import terminal
from ci.sbom import Bills
from ci.scan import Scanner
from ci.signature import Signatures, Signer
from ci.together import both, together


@dataclass(frozen=True, slots=True)
class Described:
    """A build with what was found out about it: each image's bills of materials, and its scan as a predicate."""

    build: Build
    bills: tuple[Bills, ...]
    scans: dict[str, str]
    """By the image's name."""

    builder: str
    bases: tuple[Base, ...]
    locks: dict[str, str]

    def attestations(self) -> list[Attestation]:
        """Return what is said of each index and each image."""
        found = []
        for variant, document in self.build.indexes.items():
            subject = oci.describe(document)
            found += [
                Attestation(f"{variant}.signature", subject, SIGNATURE, _json({})),
                Attestation(
                    f"{variant}.provenance",
                    subject,
                    PROVENANCE,
                    self._provenance(self.build.of(variant)),
                ),
            ]
        for bills in self.bills:
            image = bills.image
            subject = image.descriptor
            found += [
                Attestation(f"{image.name}.{name}", subject, kind, predicate)
                for name, kind, predicate in (
                    ("signature", SIGNATURE, _json({})),
                    ("provenance", PROVENANCE, self._provenance([image])),
                    ("spdx", SPDX, bills.folder.file(sbom.SPDX)),
                    ("cyclonedx", CYCLONEDX, bills.folder.file(sbom.CYCLONEDX)),
                    ("scan", SCAN, self.scans[image.name]),
                )
            ]
        return found

    def _provenance(self, made: Sequence[Image]) -> str:
        return _json(
            provenance.predicate(
                self.build.settings,
                self.build.revision,
                made,
                builder=self.builder,
                bases=self.bases,
                locks=self.locks,
            )
        )


def attached(build: Build, signatures: Signatures) -> Layout:
    """Return a build's layout with the signed statements attached to what they are about."""
    made = build.layout()
    made.add_folder(signatures.bundles)
    for each in signatures.signed:
        manifest, empty = each.attestation.referrer(each.bundle, build.revision.created)
        made.add_document(empty)
        made.add_document(manifest)
        made.add_entry(
            oci.describe(
                manifest,
                artifact_type=each.bundle.media_type,
                annotations=((f"{REFERENCE}.kind", each.attestation.name),),
            )
        )
    return made


async def locks(build: Build, source: dagger.Directory) -> dict[str, str]:
    """Return the SHA-256 of each variant's lock by its path."""
    paths = [variant.requirements for variant in build.settings.variants]
    texts = await together([source.file(path).contents() for path in paths])
    return {
        path: hashlib.sha256(text.encode()).hexdigest()
        for path, text in zip(paths, texts, strict=True)
    }


def indexes(build: Build) -> list[Tagged]:
    """Return the index of each variant with its tags."""
    tags = revision.tags(build.revision)
    return [
        Tagged(
            variant,
            document.digest,
            tags.ending(build.settings.suffix(build.settings.variant(variant))),
        )
        for variant, document in build.indexes.items()
    ]


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller of `publish` wants: where to, who signs, and who builds."""

    reach: Reach
    signer: Signer
    builder: str

    async def described(
        self,
        repository: dagger.GitRepository,
        source: dagger.Directory,
        feed: dagger.Directory | None,
    ) -> Described:
        """Build the images of a repository's HEAD, whose files are `source`; try, describe and scan each.

        Raises PublishError if one is not fit.
        """
        build, scanner = await both(
            images.build(source, repository, committed=True), scan.prepare(source, feed)
        )
        native = str(await dag.default_platform())
        platforms = sorted({image.platform for image in build.images})
        bases, bills, scans, tried = await asyncio.gather(
            together([base.resolve(build.settings.base, platform) for platform in platforms]),
            sbom.make(build.images, build.revision.created),
            together([_scan(image, scanner) for image in build.images]),
            smoke.run(build, native),
        )
        progress("\n".join(tried))
        return Described(
            build,
            tuple(bills),
            {image.name: found for image, found in zip(build.images, scans, strict=True)},
            self.builder,
            tuple(bases),
            await locks(build, source),
        )

    async def publish(self, described: Described) -> list[str]:
        """Sign and push images with what is said of them; return their references.

        Raises PublishError where not all registries took them.
        """
        build = described.build
        signatures = await signature.sign(described.attestations(), self.signer)
        return await delivery.push(attached(build, signatures), self.reach, indexes(build))


async def _scan(image: Image, scanner: Scanner) -> str:
    """Return the predicate of an image's scan. Raises PublishError with its table if there is anything to mend."""
    found = scanner.judge(await scanner.built(image))
    if found.faults:
        text = terminal.verdict(found)
        raise PublishError(f"{image.name} is not published: {'; '.join(found.faults)}\n\n{text}\n")
    return _json(scan_attestation.predicate(found))


def _json(value: Mapping[str, Any]) -> str:
    return oci.document("application/json", value).text
