"""Which services are asked whether they have recovered."""

from __future__ import annotations

from portable_dagger.bundle.readiness import with_check
from portable_dagger.graph.values import Container, Port
from portable_dagger.images.config import ImageConfig
from portable_dagger.images.healthcheck import Healthcheck

SERVER = Container(
    "linux/amd64", config=ImageConfig(env=(("PATH", "/a:/b"),)), ports=(Port(5433), Port(80))
)


def test_postgres_is_asked_by_its_own_program() -> None:
    check = with_check(SERVER, lambda path: path == "/b/pg_isready").config.healthcheck
    assert check == Healthcheck(("pg_isready", "--quiet", "--host=127.0.0.1", "--port=5433"))


def test_another_server_is_ready_when_its_ports_are() -> None:
    assert with_check(SERVER, lambda _: False) == SERVER


def test_a_check_of_its_own_holds() -> None:
    own = SERVER.configured(healthcheck=Healthcheck(("true",)))
    assert with_check(own, lambda _: True) == own


def test_without_a_port_nobody_is_asked() -> None:
    silent = SERVER.replace(ports=())
    assert with_check(silent, lambda _: True) == silent
