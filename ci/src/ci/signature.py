"""Signing: by a key, or by an identity that Sigstore certifies."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import dagger
from dagger import dag

from ci import oci, program
from ci.attestation import BUNDLE, Attestation
from ci.errors import SignatureError

_PLAN: Final = "/plan.json"
_PREDICATES: Final = "/predicates"
_OUTPUT: Final = "/bundles"
_SUMMARY: Final = "bundles.json"
_BUNDLES: Final = "blobs"
_KEY: Final = "/run/secrets/key"
_PASSWORD: Final = "/run/secrets/password"  # noqa: S105 - a path
_TOKEN: Final = "/run/secrets/identity-token"  # noqa: S105 - a path


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs: a private key, encrypted or not, or a token of an identity."""

    key: dagger.Secret | None = None
    password: dagger.Secret | None = None
    token: dagger.Secret | None = None

    def __post_init__(self) -> None:
        """Check that there is exactly one of key and token. Raises SignatureError."""
        if (self.key is None) == (self.token is None):
            raise SignatureError(
                "nothing signs the images" if self.key is None else "both a key and a token came",
                "Give --key=file:PATH (docs/reference/images.md says how to make one), or "
                "--identity-token=env:NAME where OpenID Connect is there.",
            )


@dataclass(frozen=True, slots=True)
class Signed:
    """An attestation that is signed: what describes the blob of its bundle."""

    attestation: Attestation
    bundle: oci.Descriptor


@dataclass(frozen=True, slots=True)
class Signatures:
    """Signed attestations, and a folder with their bundles, each named by its digest's value."""

    signed: tuple[Signed, ...]
    bundles: dagger.Directory


async def sign(attestations: Sequence[Attestation], signer: Signer) -> Signatures:
    """Sign attestations, all in one container, whose only secret is what signs. Raises SignatureError."""
    plan = [
        {"name": each.name, "subject": each.subject.digest, "kind": each.kind}
        for each in attestations
    ]
    predicates = dag.directory()
    for each in attestations:
        name = f"{each.name}.json"
        if isinstance(each.predicate, str):
            predicates = predicates.with_new_file(name, each.predicate)
        else:
            predicates = predicates.with_file(name, each.predicate)
    container = (
        (await program.container("sign"))
        .with_mounted_file(_PLAN, dag.file("plan.json", json.dumps(plan)))
        .with_mounted_directory(_PREDICATES, predicates)
    )
    arguments = [f"--plan={_PLAN}", f"--predicates={_PREDICATES}", f"--output={_OUTPUT}"]
    for path, option, secret in (
        (_KEY, "key", signer.key),
        (_PASSWORD, "password", signer.password),
        (_TOKEN, "identity-token", signer.token),
    ):
        if secret is not None:
            container = container.with_mounted_secret(path, secret)
            arguments.append(f"--{option}={path}")
    try:
        output = await container.with_exec(arguments, use_entrypoint=True).directory(_OUTPUT).sync()
        found = json.loads(await output.file(_SUMMARY).contents())
    except dagger.ExecError as error:
        raise SignatureError(f"the images were not signed: {error.stderr.strip()}") from error
    signed = tuple(
        Signed(each, oci.Descriptor(BUNDLE, found[each.name]["digest"], found[each.name]["size"]))
        for each in attestations
    )
    return Signatures(signed, output.directory(_BUNDLES))
