"""A database bound to a command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.measurement import Measurement, timed
from bench.workplace import Session, nonce

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.workplace import Workplace

POSTGRES = 'container { from(address: "postgres:15")'


def measure(place: Workplace) -> Iterator[Measurement]:
    """Yield the seconds to a first answer of a bound Postgres, and of the same call once more."""
    first, again = [], []
    with place.session() as session:
        _ask(session, nonce())
    for _ in range(place.rounds):
        word = nonce()
        with place.session() as session:
            session.query("{ version }")
            first.append(timed(partial(_ask, session, word)))
        with place.session() as session:
            session.query("{ version }")
            again.append(timed(partial(_ask, session, word)))
    yield Measurement("Postgres bound, queried once", tuple(first), limit=1.3, dagger="1.2")
    yield Measurement("the same call again, new session", tuple(again), limit=0.3, dagger="2.2")


def _ask(session: Session, word: str) -> None:
    service = session.query(
        f'{{ {POSTGRES} {{ withEnvVariable(name: "POSTGRES_HOST_AUTH_METHOD", value: "trust") {{'
        f' withEnvVariable(name: "N", value: "{word}") {{'
        " withExposedPort(port: 5432) { asService(useEntrypoint: true) { id } } } } } } }"
    )
    found = service["container"]["from"]["withEnvVariable"]["withEnvVariable"]["withExposedPort"]
    ask = '["psql", "-h", "db", "-U", "postgres", "-Atc", "select 40 + 2"]'
    session.query(
        f'{{ {POSTGRES} {{ withServiceBinding(alias: "db", service: "{found["asService"]["id"]}") {{'
        f" withExec(args: {ask}) {{ stdout }} }} }} }} }}"
    )
