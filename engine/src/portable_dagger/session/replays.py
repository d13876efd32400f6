"""What the command line asks for with bundles of steps: their capture, and their replay.

POST /session {…, "capture": {"directory", "pattern", "thin", "key"}}   has the session note what fails
POST /capture {"token", "failed"} -> {"path", "size", "steps", "same"}    writes the bundle at the run's end
POST /replay  {"token", "path", "step", "source", "repeat", "secrets", "interactive", "privileged"}
    -> see bundle.replay
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from portable_dagger.bundle.writing import Signer
    from portable_dagger.session.session import Session

PASSWORD: Final = "PORTABLE_DAGGER_CAPTURE_KEY_PASSWORD"  # noqa: S105  a variable's name

# What bundles need is imported when one is asked for: most engines never see one, and all start faster.
# ruff: noqa: PLC0415


async def capture(session: Session, wanted: dict[str, Any]) -> None:
    """Have a session note the steps that fail. Raises BundleSignatureError or NotFoundError for a key that is none."""
    from portable_dagger.bundle.capture import Captures, Order

    order = Order(
        directory=session.workdir / wanted["directory"],
        pattern=wanted.get("pattern") or "",
        thin=bool(wanted.get("thin")),
        signer=await _signer(session, wanted["key"]) if wanted.get("key") else None,
    )
    session.captures = Captures(session, order)


async def _signer(session: Session, key: str) -> Signer:
    """Return what signs by a key: before anything runs, so that a wrong one is told at once."""
    from portable_dagger.bundle.signing import signer

    uri = key if "://" in key else f"file://{key}"
    secret = await session.secrets.from_uri(uri, key, session.main)
    text = await session.secrets.text(secret, session.main)
    password = session.environment_of(PASSWORD) or ""
    return signer(text.decode(errors="replace"), password)


async def finish(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """Write the bundle of a session that has noted what failed."""
    assert session.captures is not None
    return await session.captures.finish(failed=bool(body["failed"]))


async def replay(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """Replay a step of a bundle."""
    from portable_dagger.bundle.replay import Order
    from portable_dagger.bundle.replay import replay as run

    order = Order(
        path=session.workdir / body["path"],
        step=body.get("step") or "",
        source=session.workdir / body["source"] if body.get("source") else None,
        repeat=int(body.get("repeat") or 1),
        secrets=dict(body.get("secrets") or {}),
        interactive=bool(body.get("interactive")),
        privileged=bool(body.get("privileged")),
    )
    session.sealed = session.offline
    return await run(session, order)
