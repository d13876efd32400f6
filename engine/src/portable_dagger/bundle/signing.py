"""Signatures of bundles: a statement about the digest of the bundle's manifest, signed by a key of P-256.

The statement (in-toto v1) is in a DSSE envelope (protocol v1.0.2), that in a Sigstore bundle v0.3, which names the key
by the base64 of its SHA-256: the form in which cosign signs images.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.bundle.layout import PREDICATE, SIGNATURE
from portable_dagger.errors import BundleSignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

    from portable_dagger.bundle.reading import Reader
    from portable_dagger.bundle.writing import Signer

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PAYLOAD: Final = "application/vnd.in-toto+json"
_MAKE: Final = (
    "make one by `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out bundle.key`"
)
_PUBLIC: Final = "get it by `openssl pkey -in bundle.key -pubout -out bundle.pub`"


def signer(key: str, password: str = "") -> Signer:
    """Return what signs bundles by a private key in PEM, for `writing.write`.

    Raises BundleSignatureError if the key cannot be read, or is of another kind; it holds nothing of the key.
    """
    private = _private_key(key, password)

    def sign(digest: str) -> bytes:
        # cryptography takes a while to import, and most engines never sign.
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

        payload = _statement(digest)
        # Deterministic (RFC 6979): what is unchanged has the same signature.
        signature = private.sign(_encoded(payload), ECDSA(SHA256(), deterministic_signing=True))
        value = {
            "mediaType": SIGNATURE,
            "verificationMaterial": {"publicKey": {"hint": key_hint(private.public_key())}},
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": PAYLOAD,
                "signatures": [{"sig": base64.b64encode(signature).decode()}],
            },
        }
        return json.dumps(value, separators=(",", ":")).encode()

    return sign


def check(reader: Reader, key: str) -> str:
    """Return the name of the public key (PEM), which signed the bundle; BundleSignatureError if it did not.

    The signature stands for the digest of the bundle's manifest: `reader.verify` says whether the rest fits that.
    """
    public = _public_key(key)
    signatures = reader.signatures()
    if not signatures:
        raise BundleSignatureError(
            f"{reader.path} is not signed",
            "capture it again with a key, or trust whoever gave it to you and leave --key out",
        )
    for signature in signatures:
        if _is_signed(signature, reader.digest, public):
            return key_hint(public)
    raise BundleSignatureError(
        f"{reader.path} is not signed by this key, but by {', '.join(map(hint, signatures))}",
        "get the key of whoever made the bundle from them; do not trust the bundle",
    )


def hint(signature: bytes) -> str:
    """Return the name of the key that a signature claims to be of; "" if it claims none."""
    try:
        found = json.loads(signature)["verificationMaterial"]["publicKey"]["hint"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return str(found)


def key_hint(key: EllipticCurvePublicKey) -> str:
    """Return what a Sigstore bundle calls a key by."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


def _statement(digest: str) -> bytes:
    algorithm, _, value = digest.partition(":")
    content: dict[str, Any] = {
        "_type": STATEMENT,
        "subject": [{"digest": {algorithm: value}, "annotations": {}}],
        "predicateType": PREDICATE,
        "predicate": {},
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _encoded(payload: bytes) -> bytes:
    """Return the bytes that are signed for a payload: its type and itself, each with its length."""
    kind = PAYLOAD.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _is_signed(signature: bytes, digest: str, key: EllipticCurvePublicKey) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    algorithm, _, value = digest.partition(":")
    try:
        envelope = json.loads(signature)["dsseEnvelope"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        given = [base64.b64decode(each["sig"], validate=True) for each in envelope["signatures"]]
        statement = json.loads(payload)
        subjects = [subject["digest"].get(algorithm) for subject in statement["subject"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Not in the form that we know, so not what this key signed for us.
        return False
    if envelope.get("payloadType") != PAYLOAD or value not in subjects:
        return False
    for each in given:
        try:
            key.verify(each, _encoded(payload), ECDSA(SHA256()))
        except InvalidSignature:
            continue
        return True
    return False


def _private_key(text: str, password: str) -> EllipticCurvePrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    secret = password.encode() or None
    try:
        key = load_pem_private_key(text.encode(), secret)
    except TypeError as error:
        needed = "needs a password" if secret is None else "is not encrypted, but a password came"
        raise BundleSignatureError(
            f"the key that signs {needed}", "give the key its own password"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BundleSignatureError(
            "the key that signs cannot be read: it is damaged, no PEM, or its password is wrong",
            _MAKE,
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BundleSignatureError("the key that signs is not one of the curve P-256", _MAKE)
    return key


def _public_key(text: str) -> EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BundleSignatureError("the public key cannot be read", _PUBLIC) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BundleSignatureError("the public key is not one of the curve P-256", _PUBLIC)
    return key
