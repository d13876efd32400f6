"""What is attached to images: in-toto statements about a digest, in the kinds that we make."""

from dataclasses import dataclass
from typing import Final

import dagger

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


@dataclass(frozen=True, slots=True)
class Attestation:
    """What is said of the image or index that `subject` describes; `predicate` is JSON, as a text or a file."""

    name: str
    subject: oci.Descriptor
    kind: str
    predicate: str | dagger.File

    def referrer(self, bundle: oci.Descriptor, created: str) -> tuple[oci.Document, oci.Document]:
        """Return the manifest that attaches the signed statement to its subject, and the configuration it names.

        Annotations are cosign's (pkg/oci/remote/write.go), whose `verify` looks for them.
        """
        annotations = {
            "org.opencontainers.image.created": created,
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": self.kind,
        }
        return oci.artifact(BUNDLE, bundle, self.subject, tuple(annotations.items()))
