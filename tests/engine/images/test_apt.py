from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.images.standins import apt

if TYPE_CHECKING:
    from pathlib import Path

DEB822 = """\
# A comment.
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security/
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://vendor.example/debian
Suites: bookworm
Components: main
Signed-By: /etc/apt/keyrings/vendor.gpg

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/vendor.gpg] https://vendor.example/debian bookworm main
deb-src http://mirror.example/debian bullseye main
deb http://mirror.example/debian bullseye main contrib # a comment
deb http://mirror.example/debian-security bullseye-security/updates main
"""


def test_deb822() -> None:
    mirror = apt.mirror(apt.parse_deb822(DEB822))
    assert mirror == apt.Mirror(
        "http://mirror.example/debian", "http://mirror.example/debian-security/"
    )


def test_one_line() -> None:
    mirror = apt.mirror(apt.parse_list(ONE_LINE))
    assert mirror == apt.Mirror(
        "http://mirror.example/debian", "http://mirror.example/debian-security"
    )


def test_another_distribution_has_no_mirror() -> None:
    ubuntu = (
        "Types: deb\nURIs: http://mirror.example/ubuntu\nSuites: noble\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n"
    )
    assert apt.mirror(apt.parse_deb822(ubuntu)) is None
    assert apt.mirror([]) is None


def test_sources_of_another_suite() -> None:
    text = apt.Mirror("http://a.example/debian", "http://s.example/debian").sources("trixie")
    assert text == (
        "Types: deb\nURIs: http://a.example/debian\nSuites: trixie trixie-updates\nComponents: main\n"
        f"Signed-By: {apt.KEYRING}\n\n"
        "Types: deb\nURIs: http://s.example/debian\nSuites: trixie-security\nComponents: main\n"
        f"Signed-By: {apt.KEYRING}\n"
    )


def test_password_stays_out_of_the_sources() -> None:
    source = apt.Source(("https://me:pw@a.example:8443/debian",), ("bookworm",), ("main",))
    mirror = apt.mirror([source])
    assert mirror is not None
    assert mirror.archive == "https://a.example:8443/debian"
    assert "pw" not in mirror.sources("bookworm")
    assert mirror.logins == ("machine https://a.example:8443 login me password pw",)


def test_transport_settings_only() -> None:
    kept = [
        'Acquire::http::Proxy "http://proxy.example:3128";',
        'Acquire::https::mirror.example::Proxy "DIRECT";',
        'Acquire::https::CaInfo "/etc/ca.pem";',
        'Acquire::Check-Valid-Until "false";',
        'Acquire::Retries "3";',
    ]
    dropped = [
        'Acquire::Languages "none";',
        'Acquire::IndexTargets::deb::Packages::MetaKey "x";',
        'Acquire::http::Proxy-Auto-Detect "/usr/bin/detect";',
        'Acquire::AllowInsecureRepositories "1";',
    ]
    assert apt.transport_settings("\n".join(kept + dropped)) == kept


def test_read_from_a_host(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "auth.conf.d").mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (tmp_path / "sources.list.d/debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d/old.list.disabled").write_text(
        "deb http://old.example/debian x main\n"
    )
    (tmp_path / "auth.conf.d/mirror.conf").write_text("machine a login b password c\n")
    sources = apt.read_sources(tmp_path)
    assert len(sources) == 6
    assert "http://old.example/debian" not in {uri for source in sources for uri in source.uris}
    assert apt.read_logins(tmp_path) == ["machine a login b password c"]
