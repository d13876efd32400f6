"""Signs what is said of images, by a key or by an identity: each in-toto statement becomes a Sigstore bundle.

    python -m ci.programs.sign --plan FILE --predicates FOLDER --output FOLDER --key FILE [--password FILE]
    python -m ci.programs.sign --plan FILE --predicates FOLDER --output FOLDER --identity-token FILE

The plan is a list of objects: name, subject (a digest) and kind (the predicate's type); the predicate is NAME.json. The
output has the bundles in blobs, each named by its digest's value, and bundles.json: digest and size of each by name.
By a key nothing else is asked, and a bundle is the same each time. By an identity (an OpenID Connect token with the
audience `sigstore`), Sigstore's public services certify a key that lives only for this run, and log each signature
publicly.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ci.programs import envelope, keys
from ci.programs.errors import IdentityError, ProgramError

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY: Final = "bundles.json"
BLOBS: Final = "blobs"

Statements = dict[str, bytes]
"""Statements by their names."""


def by_key(statements: Statements, key: str, password: str) -> dict[str, str]:
    """Return the bundles of statements that a private key signs. Raises KeyFileError."""
    private = keys.private_key(key, password)
    return {name: envelope.signed(statement, private) for name, statement in statements.items()}


def by_identity(statements: Statements, token: str) -> dict[str, str]:
    """Return the bundles of statements that Sigstore's public services sign. Raises IdentityError."""
    # Loaded only here: it takes a second.
    from sigstore.dsse import Statement  # noqa: PLC0415
    from sigstore.errors import Error  # noqa: PLC0415
    from sigstore.models import ClientTrustConfig  # noqa: PLC0415
    from sigstore.oidc import IdentityError as TokenError  # noqa: PLC0415
    from sigstore.oidc import IdentityToken  # noqa: PLC0415
    from sigstore.sign import SigningContext  # noqa: PLC0415

    try:
        identity = IdentityToken(token.strip())
    except TokenError as error:
        raise IdentityError(
            f"the identity token is not accepted: {error}",
            "Give a fresh OpenID Connect token whose audience is `sigstore`.",
        ) from error
    try:
        context = SigningContext.from_trust_config(ClientTrustConfig.production())
        with context.signer(identity) as signer:
            return {
                name: signer.sign_dsse(Statement(statement)).to_json()
                for name, statement in statements.items()
            }
    except (Error, OSError) as error:
        raise IdentityError(
            f"Sigstore did not sign: {error}",
            "Check that fulcio.sigstore.dev and rekor.sigstore.dev can be reached, or sign by a key.",
        ) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on standard error if nothing could be signed."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.sign", description=__doc__)
    parser.add_argument("--plan", required=True, type=Path)
    parser.add_argument("--predicates", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--password", type=Path)
    means = parser.add_mutually_exclusive_group(required=True)
    means.add_argument("--key", type=Path)
    means.add_argument("--identity-token", type=Path)
    given = parser.parse_args(arguments)
    given.output.mkdir(parents=True, exist_ok=True)
    try:
        statements = read(given.plan, given.predicates)
        if given.key is None:
            bundles = by_identity(statements, given.identity_token.read_text(encoding="utf-8"))
        else:
            # A file that an editor or `echo` wrote ends with a line break, which is no part of a password.
            password = given.password.read_text(encoding="utf-8") if given.password else ""
            key = given.key.read_text(encoding="utf-8")
            bundles = by_key(statements, key, password.rstrip("\n"))
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 1
    write(bundles, given.output)
    return 0


def read(plan: Path, predicates: Path) -> Statements:
    """Return the statements that a plan asks for."""
    return {
        entry["name"]: envelope.statement(
            entry["subject"],
            entry["kind"],
            json.loads((predicates / f"{entry['name']}.json").read_bytes()),
        )
        for entry in json.loads(plan.read_bytes())
    }


def write(bundles: dict[str, str], output: Path) -> None:
    """Write bundles, and what descriptors of them say."""
    summary = {}
    (output / BLOBS).mkdir()
    for name, bundle in bundles.items():
        content = bundle.encode()
        value = hashlib.sha256(content).hexdigest()
        (output / BLOBS / value).write_bytes(content)
        summary[name] = {"digest": f"sha256:{value}", "size": len(content)}
    (output / SUMMARY).write_text(json.dumps(summary), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
