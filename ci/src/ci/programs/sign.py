"""Signs statements, by a key or by an identity: each in-toto statement becomes a Sigstore bundle.

    python -m ci.programs.sign --statements FOLDER --output FOLDER --key FILE [--password FILE]
    python -m ci.programs.sign --statements FOLDER --output FOLDER --identity-token FILE

NAME.json becomes NAME.json in the output. By a key nothing else is asked, and a bundle is the same each time. By an
identity (an OpenID Connect token with the audience `sigstore`), Sigstore's public services certify a key that lives
only for this run, and log each signature publicly.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ci.programs import envelope, keys
from ci.programs.errors import IdentityError, ProgramError

if TYPE_CHECKING:
    from collections.abc import Sequence


def by_key(statements: Sequence[Path], output: Path, key: str, password: str) -> None:
    """Sign statements by a private key."""
    private = keys.private_key(key, password)
    for path in statements:
        bundle = envelope.signed(path.read_bytes(), private)
        (output / path.name).write_text(bundle, encoding="utf-8")


def by_identity(statements: Sequence[Path], output: Path, token: str) -> None:
    """Sign statements by Sigstore's public services. Raises IdentityError."""
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
            for path in statements:
                bundle = signer.sign_dsse(Statement(path.read_bytes()))
                (output / path.name).write_text(bundle.to_json(), encoding="utf-8")
    except (Error, OSError) as error:
        raise IdentityError(
            f"Sigstore did not sign: {error}",
            "Check that fulcio.sigstore.dev and rekor.sigstore.dev can be reached, or sign by a key.",
        ) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on standard error if nothing could be signed."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.sign", description=__doc__)
    parser.add_argument("--statements", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--password", type=Path)
    means = parser.add_mutually_exclusive_group(required=True)
    means.add_argument("--key", type=Path)
    means.add_argument("--identity-token", type=Path)
    given = parser.parse_args(arguments)
    statements = sorted(given.statements.glob("*.json"))
    given.output.mkdir(parents=True, exist_ok=True)
    try:
        if given.key is None:
            by_identity(statements, given.output, given.identity_token.read_text(encoding="utf-8"))
        else:
            password = given.password.read_text(encoding="utf-8") if given.password else ""
            by_key(statements, given.output, given.key.read_text(encoding="utf-8"), password)
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
