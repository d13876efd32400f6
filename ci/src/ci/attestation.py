"""What is attached to images: in-toto statements about a digest, and the kinds of them that we make."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ci import oci

SIGNATURE: Final = "https://sigstore.dev/cosign/sign/v1"
"""An empty predicate: the signer stands for the subject (what `cosign sign` makes since version 3)."""

PROVENANCE: Final = "https://slsa.dev/provenance/v1"
SPDX: Final = "https://spdx.dev/Document"
CYCLONEDX: Final = "https://cyclonedx.org/bom"
SCAN: Final = "https://cosign.sigstore.dev/attestation/vuln/v1"

NAMES: Final = {
    SIGNATURE: "signature",
    PROVENANCE: "provenance",
    SPDX: "SPDX bill of materials",
    CYCLONEDX: "CycloneDX bill of materials",
    SCAN: "scan",
}

BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Attestation:
    """A statement about the image or index that `subject` describes."""

    subject: oci.Descriptor
    kind: str
    predicate: Mapping[str, Any]

    @property
    def statement(self) -> oci.Document:
        """The statement as it is signed (in-toto Statement v1)."""
        algorithm, _, value = self.subject.digest.partition(":")
        return oci.document(
            _JSON,
            {
                "_type": _STATEMENT,
                "subject": [{"digest": {algorithm: value}, "annotations": {}}],
                "predicateType": self.kind,
                "predicate": self.predicate,
            },
        )

    def referrer(self, bundle: str, created: str) -> tuple[oci.Document, ...]:
        """Return the manifest that attaches the signed statement to its subject, and the blobs that it names.

        Annotations are cosign's (pkg/oci/remote/write.go), whose `verify` looks for them.
        """
        blob = oci.Document(BUNDLE, bundle)
        annotations = {
            "org.opencontainers.image.created": created,
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": self.kind,
        }
        manifest, empty = oci.artifact(
            BUNDLE, oci.describe(blob), self.subject, tuple(annotations.items())
        )
        return manifest, empty, blob
