"""Says what is attached to an image in an OCI layout, and whether it holds: digests, signatures, bills of materials.

    python -m ci.programs.verify --layout FOLDER [--name NAME] --output FILE --key FILE
    python -m ci.programs.verify --layout FOLDER [--name NAME] --output FILE --identity WHO --issuer URL

The output is a JSON object: the digest, and for the index and each image its attestations (kind, why it does not count,
the predicate) and the packages that its bills of materials lack. Whether that is enough is decided elsewhere. Nothing
is asked of any network.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from ci.programs import envelope, installed, keys
from ci.programs.errors import BundleError, LayoutError, ProgramError
from ci.programs.layout import INDEX, REFERENCE, Descriptor, Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci.programs.keys import PublicKey

_BILLS: Final = ("https://spdx.dev/Document", "https://cyclonedx.org/bom")


class Trust(Protocol):
    """Whose signatures count."""

    def fault(self, bundle: str) -> str:
        """Return why a bundle is not signed by them, "" if it is."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """The holder of the private half of a key."""

    key: PublicKey

    def fault(self, bundle: str) -> str:
        """Return why a bundle is not signed by the key, "" if it is."""
        return "" if envelope.is_signed(bundle, self.key) else "it is not signed by this key"


@dataclass(frozen=True, slots=True)
class TrustedIdentity:
    """Whoever an issuer of OpenID Connect tokens calls by this name, certified and logged by Sigstore."""

    identity: str
    issuer: str

    def fault(self, bundle: str) -> str:
        """Return why a bundle is not signed by the identity, "" if it is."""
        # Loaded only here: it takes a second.
        from sigstore.errors import Error  # noqa: PLC0415
        from sigstore.models import Bundle  # noqa: PLC0415
        from sigstore.verify import Verifier  # noqa: PLC0415
        from sigstore.verify.policy import Identity  # noqa: PLC0415

        try:
            verifier = Verifier.production(offline=True)
            policy = Identity(identity=self.identity, issuer=self.issuer)
            verifier.verify_dsse(Bundle.from_json(bundle), policy)
        except (Error, ValueError) as error:
            return f"it is not signed by {self.identity}: {error}"
        return ""


@dataclass(frozen=True, slots=True)
class Verification:
    """A layout, and whom to trust."""

    layout: Layout
    trust: Trust

    def report(self, name: str) -> dict[str, Any]:
        """Return what the program writes. Raises LayoutError where a blob is not what its digest says."""
        entries = self.layout.entries()
        root = _named(entries, name)
        subjects = [self._subject(root, "index" if root["mediaType"] == INDEX else "image")]
        if root["mediaType"] == INDEX:
            manifests = self.layout.document(root, "index")["manifests"]
            subjects += [self._subject(entry, "image") for entry in manifests]
        by_digest = {subject["digest"]: subject for subject in subjects}
        for entry in entries:
            if entry is root:
                continue
            manifest = self.layout.document(entry, "attached manifest")
            subject = by_digest.get((manifest.get("subject") or {}).get("digest", ""))
            if subject is not None:
                subject["attestations"] += self._attestations(manifest, subject)
        return {"digest": root["digest"], "subjects": subjects}

    def _subject(self, descriptor: Descriptor, role: str) -> dict[str, Any]:
        """Check an image's blobs, and say what it holds."""
        document = self.layout.document(descriptor, role)
        platform = descriptor.get("platform") or {}
        subject = {
            "role": role,
            "digest": descriptor["digest"],
            "platform": "/".join(filter(None, (platform.get("os"), platform.get("architecture")))),
            "packages": [],
            "attestations": [],
        }
        if role == "image":
            config = self.layout.document(document["config"], "configuration")
            for layer in document["layers"]:
                self.layout.check(layer, "layer")
            subject["revision"] = (
                config.get("config", {})
                .get("Labels", {})
                .get("org.opencontainers.image.revision", "")
            )
            subject["packages"] = sorted(installed.in_image(self.layout, document))
        return subject

    def _attestations(
        self, manifest: dict[str, Any], subject: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Return what is said of each Sigstore bundle in a manifest; other artifacts are none of ours."""
        found = []
        for blob in manifest["layers"]:
            if blob["mediaType"] != envelope.BUNDLE:
                continue
            self.layout.check(blob, "attestation")
            bundle = self.layout.path(blob["digest"]).read_text(encoding="utf-8")
            found.append(self._attestation(bundle, subject))
        return found

    def _attestation(self, bundle: str, subject: dict[str, Any]) -> dict[str, Any]:
        try:
            statement = envelope.read(envelope.statement_of(bundle))
            fault = self.trust.fault(bundle)
        except BundleError as error:
            return {"kind": "", "fault": error.message}
        kind = str(statement.get("predicateType"))
        digests = [f"sha256:{each['digest'].get('sha256')}" for each in statement["subject"]]
        if not fault and subject["digest"] not in digests:
            fault = f"it is about {', '.join(digests)}"
        predicate = statement.get("predicate") or {}
        if kind not in _BILLS:
            return {"kind": kind, "fault": fault, "predicate": predicate}
        named = installed.in_bill(installed.purls(predicate))
        packages = [installed.Package(*package) for package in subject["packages"]]
        lacking = [str(package) for package in packages if package not in named]
        return {"kind": kind, "fault": fault, "named": len(named), "lacking": lacking}


def _named(entries: list[Descriptor], name: str) -> Descriptor:
    """Return the entry of a name, or the only one that has a name."""
    names = {
        str(entry["annotations"][REFERENCE]): entry
        for entry in entries
        if REFERENCE in (entry.get("annotations") or {})
    }
    if name in names:
        return names[name]
    if name or len(names) != 1:
        there = ", ".join(sorted(names)) or "no named image"
        raise LayoutError(
            f"the layout has no image {name!r}" if name else "the layout has no single image",
            f"It has {there}.",
        )
    return next(iter(names.values()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on standard error if a blob or a key is not what it should be."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.verify", description=__doc__)
    parser.add_argument("--layout", required=True, type=Path)
    parser.add_argument("--name", default="")
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--identity", default="")
    parser.add_argument("--issuer", default="")
    given = parser.parse_args(arguments)
    try:
        trust: Trust = TrustedIdentity(given.identity, given.issuer)
        if given.key is not None:
            trust = TrustedKey(keys.public_key(given.key.read_text(encoding="utf-8")))
        report = Verification(Layout(given.layout), trust).report(given.name)
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 1
    given.output.write_text(json.dumps(report), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
