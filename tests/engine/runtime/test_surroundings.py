"""What containers get of the host's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.runtime import surroundings
from portable_dagger.runtime.plan import BindMount, FileMount
from portable_dagger.runtime.surroundings import Surroundings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.engine.runtime.conftest import Workshop


def test_proxies_come_in_both_cases() -> None:
    environment = {"HTTPS_PROXY": "http://p:3128", "no_proxy": "a,b", "http_proxy": ""}
    assert dict(surroundings.proxies(environment)) == {
        "https_proxy": "http://p:3128",
        "HTTPS_PROXY": "http://p:3128",
        "no_proxy": "a,b",
        "NO_PROXY": "a,b",
    }


def test_a_container_keeps_what_it_has_set() -> None:
    given = Surroundings((("http_proxy", "p"), ("HTTP_PROXY", "p"), ("SSL_CERT_FILE", "f")))
    assert given.missing_from({}) == dict(given.variables)
    assert given.missing_from({"HTTP_PROXY": "own"}) == {"SSL_CERT_FILE": "f"}
    assert given.missing_from({"SSL_CERT_FILE": "own"}) == {"http_proxy": "p", "HTTP_PROXY": "p"}


def test_authorities_only_if_they_are_the_hosts_own(tmp_path: Path) -> None:
    system, local = tmp_path / "system.crt", tmp_path / "local"
    system.write_text("pem")
    assert surroundings.ca_bundle({}, system, local) is None
    named = {"REQUESTS_CA_BUNDLE": str(system)}
    assert surroundings.ca_bundle(named, tmp_path / "absent", local) == system
    (local / "corp").mkdir(parents=True)
    (local / "corp/ca.crt").touch()
    assert surroundings.ca_bundle({}, system, local) == system


def test_pip_options_of_files_and_variables(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("[global]\nindex-url = https://one/simple\ncert = /x\nretries = 9\n")
    second.write_text("[install]\nextra-index-url =\n    https://two\n    https://three\n")
    environment = {"PIP_RETRIES": "2", "PIP_DEFAULT_TIMEOUT": "180", "PIP_NO_COLOR": "1"}
    options = surroundings.pip_options(environment, [first, second])
    assert surroundings.pip_file(options) == (
        "[global]\n"
        "index-url = https://one/simple\n"
        "extra-index-url = \n    https://two\n    https://three\n"
        "retries = 2\n"
        "timeout = 180\n"
    )


def test_local_folders_among_links(tmp_path: Path) -> None:
    links = f"https://x/wheels {tmp_path} file://{tmp_path}/absent relative"
    assert surroundings.local_links({"find-links": links}) == [tmp_path]


def test_apt_lines() -> None:
    dump = (
        'Acquire "";\nAcquire::cdrom::mount "/m/";\nAcquire::http::Proxy "http://p";\n'
        'Acquire::https::Proxy::host "DIRECT";\nAcquire::Retries "3";\nAcquire::http "";\n'
    )
    assert surroundings.apt_lines(dump) == [
        'Acquire::http::Proxy "http://p";',
        'Acquire::https::Proxy::host "DIRECT";',
        'Acquire::Retries "3";',
    ]


def test_a_host_without_settings_gives_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "_pip_files", lambda _: [])
    monkeypatch.setattr(surroundings, "_apt_dump", lambda: "")
    monkeypatch.setattr(surroundings, "ca_bundle", lambda _: None)
    assert surroundings.read({"HOME": "/nowhere"}, tmp_path) == Surroundings()


async def test_a_container_sees_them(workshop: Workshop) -> None:
    bundle = workshop.folder / "ca.pem"
    bundle.write_text("PEM\n")
    wheels = workshop.folder / "wheels"
    wheels.mkdir()
    environment = {"SSL_CERT_FILE": str(bundle), "PIP_FIND_LINKS": str(wheels), "HOME": "/nowhere"}
    given = surroundings.read(environment, workshop.folder / "host")
    assert BindMount(str(wheels), wheels, read_only=True) in given.mounts
    variables = given.missing_from({})
    script = f'cat "$SSL_CERT_FILE"; grep -c ^cert "$PIP_CONFIG_FILE"; ls -d {wheels}; ls -A /'
    plan = workshop.plan(
        "sh",
        "-c",
        script,
        env=(("PATH", "/usr/bin:/bin"), *variables.items()),
        mounts=(*given.mounts, FileMount("/x", b"x")),
    )
    code, out, _ = await workshop.run_plan(plan)
    assert code == 0
    assert out.splitlines()[:3] == ["PEM", "1", str(wheels)]
    assert plan.root.upper is not None
    assert list(plan.root.upper.rglob("*")) == []


def test_uv_gets_what_pip_is_told() -> None:
    pip = {
        "index-url": "https://a/simple",
        "extra-index-url": "https://b https://c",
        "timeout": "9",
    }
    assert surroundings.uv_variables(pip) == {
        "UV_DEFAULT_INDEX": "https://a/simple",
        "UV_INDEX": "https://b https://c",
    }
