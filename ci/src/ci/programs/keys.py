"""Keys that sign and verify: elliptic curve P-256, from PEM, or from a key pair that cosign made."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
    load_pem_public_key,
)
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from ci.programs.errors import KeyFileError

COSIGN: Final = ("ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY")
_MEMORY: Final = 512 * 1024 * 1024
_HINT: Final = (
    "Make one by `cosign generate-key-pair`, or by "
    "`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ci.key`."
)

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey


def private_key(text: str, password: str = "") -> PrivateKey:
    """Read a private key: PKCS #8 or SEC 1 in PEM, encrypted or not, or cosign's own form.

    Raises KeyFileError, which holds nothing of the key.
    """
    secret = password.encode() or None
    try:
        if any(f"BEGIN {name}" in text for name in COSIGN):
            key = load_der_private_key(_opened(text, password), None)
        else:
            key = load_pem_private_key(text.encode(), secret)
    except TypeError as error:
        needed = "needs a password" if secret is None else "is not encrypted, but a password came"
        raise KeyFileError(f"the key {needed}", "Give the key its own password.") from error
    except (ValueError, KeyError, CryptoError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            "the key cannot be read: it is damaged, of another kind, or its password is wrong",
            _HINT,
        ) from error
    if not isinstance(key, PrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFileError("the key is not one of the elliptic curve P-256", _HINT)
    return key


def public_key(text: str) -> PublicKey:
    """Read a public key in PEM. Raises KeyFileError."""
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            "the public key cannot be read",
            "Give a PEM file that begins with -----BEGIN PUBLIC KEY-----, such as cosign.pub.",
        ) from error
    if not isinstance(key, PublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFileError("the public key is not one of the elliptic curve P-256", _HINT)
    return key


def hint(key: PublicKey) -> str:
    """Return what a Sigstore bundle calls a key by, as cosign does: the base64 of its SHA-256."""
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


def sign(key: PrivateKey, data: bytes) -> bytes:
    """Sign data: the same signature each time (RFC 6979), so that what is unchanged is not published again."""
    return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def is_signed(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Say whether a signature is of this key and data."""
    try:
        key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _opened(text: str, password: str) -> bytes:
    """Decrypt cosign's form: a JSON object of scrypt's parameters and a NaCl secretbox (cosign, pkg/cosign/keys.go)."""
    lines = [line for line in text.splitlines() if line and not line.startswith("-----")]
    try:
        value = json.loads(base64.b64decode("".join(lines)))
        parameters = value["kdf"]["params"]
        derived = hashlib.scrypt(
            password.encode(),
            salt=base64.b64decode(value["kdf"]["salt"]),
            n=parameters["N"],
            r=parameters["r"],
            p=parameters["p"],
            maxmem=_MEMORY,
            dklen=SecretBox.KEY_SIZE,
        )
        nonce = base64.b64decode(value["cipher"]["nonce"])
        return SecretBox(derived).decrypt(base64.b64decode(value["ciphertext"]), nonce)
    except (binascii.Error, TypeError) as error:
        raise ValueError(text.splitlines()[0]) from error
