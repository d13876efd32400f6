"""Signed statements: DSSE envelopes in Sigstore bundles, as cosign 3 attaches them to images.

Sources: DSSE protocol v1.0.2 (pre-authentication encoding), in-toto Statement v1, Sigstore bundle v0.3.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, Final

from ci.programs import keys
from ci.programs.errors import BundleError

if TYPE_CHECKING:
    from ci.programs.keys import PrivateKey, PublicKey

BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
_PAYLOAD: Final = "application/vnd.in-toto+json"


def statement(subject: str, kind: str, predicate: Any) -> bytes:  # noqa: ANN401 - JSON
    """Return the statement that something holds of what has a digest."""
    algorithm, _, value = subject.partition(":")
    content = {
        "_type": STATEMENT,
        "subject": [{"digest": {algorithm: value}, "annotations": {}}],
        "predicateType": kind,
        "predicate": predicate,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def encoded(payload: bytes) -> bytes:
    """Return the bytes that are signed for a payload: its type and itself, each with its length."""
    kind = _PAYLOAD.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def signed(statement: bytes, key: PrivateKey) -> str:
    """Return the bundle of a statement that a key signs."""
    signature = keys.sign(key, encoded(statement))
    value = {
        "mediaType": BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": keys.hint(key.public_key())}},
        "dsseEnvelope": {
            "payload": base64.b64encode(statement).decode(),
            "payloadType": _PAYLOAD,
            "signatures": [{"sig": base64.b64encode(signature).decode()}],
        },
    }
    return json.dumps(value, separators=(",", ":"))


def statement_of(bundle: str) -> bytes:
    """Return the statement in a bundle, whoever signed it. Raises BundleError."""
    return _parts(bundle)[0]


def is_signed(bundle: str, key: PublicKey) -> bool:
    """Say whether a key signed the statement of a bundle. Raises BundleError."""
    payload, signatures = _parts(bundle)
    return any(keys.is_signed(key, signature, encoded(payload)) for signature in signatures)


def read(statement: bytes) -> dict[str, Any]:
    """Read a statement. Raises BundleError."""
    try:
        value = json.loads(statement)
    except ValueError as error:
        raise BundleError(f"a statement is not JSON: {error}") from error
    if not isinstance(value, dict) or value.get("_type") != STATEMENT:
        raise BundleError("an attached bundle holds no in-toto statement v1")
    return value


def _parts(bundle: str) -> tuple[bytes, list[bytes]]:
    try:
        envelope = json.loads(bundle)["dsseEnvelope"]
        if envelope["payloadType"] != _PAYLOAD:
            raise BundleError(f"a bundle's payload is {envelope['payloadType']}, not {_PAYLOAD}")
        payload = base64.b64decode(envelope["payload"], validate=True)
        return payload, [base64.b64decode(each["sig"]) for each in envelope["signatures"]]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise BundleError(
            "an attached bundle is no Sigstore bundle with a DSSE envelope"
        ) from error
