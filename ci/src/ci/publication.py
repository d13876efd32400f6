"""Publishing: a commit's images are built, tried, described, scanned and signed; only then a registry hears of them."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagger
from dagger import dag

from ci import (
    delivery,
    images,
    oci,
    provenance,
    revision,
    sbom,
    scan_attestation,
    signature,
    smoke,
)
from ci.attestation import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE, SPDX, Attestation
from ci.delivery import Tagged
from ci.errors import PublishError
from ci.image import Image
from ci.images import Build
from ci.layout import REFERENCE, Layout
from ci.progress import progress
from ci.registries import Reach
from ci.sbom import Bills
from ci.scan import Scanner
from ci.signature import Signed, Signer
from ci.together import together


@dataclass(frozen=True, slots=True)
class Described:
    """A build with what was found out about it: each image's bills of materials, and its scan as a predicate."""

    build: Build
    bills: tuple[Bills, ...]
    scans: dict[str, dagger.File]
    """By the image's name."""

    builder: str
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

    def _provenance(self, made: Sequence[Image]) -> dagger.File:
        return _json(
            provenance.predicate(
                self.build.settings,
                self.build.revision,
                made,
                builder=self.builder,
                locks=self.locks,
            )
        )


def attached(build: Build, signed: Sequence[Signed]) -> Layout:
    """Return a build's layout with the signed statements attached to what they are about."""
    made = build.layout()
    for each in signed:
        manifest, empty = each.attestation.referrer(each.bundle, build.revision.created)
        made.add_document(empty)
        made.add_document(manifest)
        made.add_file(each.bundle.digest, each.file)
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

    async def publish(
        self, repository: dagger.GitRepository, source: dagger.Directory, scanner: Scanner
    ) -> list[str]:
        """Publish the images of a repository's HEAD, whose files are `source`; return their references.

        Raises PublishError before any registry heard of it where an image is not fit, and after it where not all
        registries took them.
        """
        build = await images.build(source, repository)
        described = await self._described(build, source, scanner)
        signed = await signature.sign(described.attestations(), self.signer)
        return await delivery.push(attached(build, signed), self.reach, indexes(build))

    async def _described(
        self, build: Build, source: dagger.Directory, scanner: Scanner
    ) -> Described:
        """Try, describe and scan each image. Raises PublishError if one is not fit."""
        native = str(await dag.default_platform())
        bills, scans, tried = await asyncio.gather(
            together([sbom.make(image, build.revision.created) for image in build.images]),
            together([_scan(image, scanner) for image in build.images]),
            together([_smoke(build, image, native) for image in build.images]),
        )
        progress("\n".join(line for line in tried if line))
        return Described(
            build,
            tuple(bills),
            {image.name: found for image, found in zip(build.images, scans, strict=True)},
            self.builder,
            await locks(build, source),
        )


async def _scan(image: Image, scanner: Scanner) -> dagger.File:
    """Return the predicate of an image's scan. Raises PublishError with its table if there is anything to mend."""
    found = scanner.judge(await scanner.built(image))
    if found.faults:
        raise PublishError(
            f"{image.name} is not published: {'; '.join(found.faults)}\n\n{found.table()}\n"
        )
    return _json(scan_attestation.predicate(found))


async def _smoke(build: Build, image: Image, native: str) -> str:
    if not build.settings.smoke:
        return ""
    return await smoke.run(image, images.imported(image), build.settings.smoke, native)


def _json(value: Mapping[str, Any]) -> dagger.File:
    return dag.file("predicate.json", oci.document("application/json", value).text)
