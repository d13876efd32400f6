"""The engine without root: its plan as values, and for real as a user that is made for the tests."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import LaunchError
from portable_dagger.runtime import rootless
from portable_dagger.runtime.rootless import Range, rules, subordinate
from portable_dagger.runtime.uplink import Addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]
USER = "portable-dagger-test"
TUN = Path("/dev/net/tun")

SUBUID = """
# comment
root:1:5
ann:100000:65536
1001:200000:70000
"""


def test_ranges_are_found_by_name_or_number() -> None:
    assert subordinate(SUBUID, "ann", 1) == Range(100000, 65536)
    assert subordinate(SUBUID, "bob", 1001) == Range(200000, 70000)
    assert subordinate(SUBUID, "eve", 7) is None


def test_what_is_missing_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LaunchError, match="newuidmap is not installed") as raised:
        rootless.enter()
    assert raised.value.hint == "install the package uidmap, or run the engine as root"


def test_the_hubs_rules_keep_the_machines_addresses_away() -> None:
    addresses = Addresses(0, IPv4Network("10.213.0.0/21"))
    text = rules(addresses, ["192.0.2.7", "198.51.100.1"])
    assert "ip daddr { 192.0.2.7, 198.51.100.1 } drop" in text
    assert 'ip saddr 10.213.0.0/22 oifname "tap0" masquerade' in text
    assert "daddr" not in rules(addresses, [])


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Make a user with a clone of this repository; the device that an ordinary machine has open to all is opened."""
    if os.geteuid() != 0:
        pytest.skip("making a user needs root")
    lacking = [name for name in ("newuidmap", "slirp4netns", "useradd") if not shutil.which(name)]
    if lacking:
        pytest.fail(f"missing: {lacking}; apt-get install uidmap slirp4netns passwd")
    if not TUN.exists():
        pytest.skip(f"{TUN} is not there, and so no slirp4netns: modprobe tun")
    subprocess.run(["userdel", "--remove", USER], check=False, capture_output=True)
    subprocess.run(["useradd", "--create-home", USER], check=True)
    mode = stat.S_IMODE(TUN.stat().st_mode)
    TUN.chmod(0o666)
    made = Path("/home", USER)
    copied = ("dagger", "engine", "README.md")
    try:
        for name in copied:
            source = REPOSITORY / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, made / name)
        subprocess.run(["chown", "-R", f"{USER}:{USER}", made], check=True)
        yield made
    finally:
        as_user(made, "./dagger", "engine", "stop")
        TUN.chmod(mode)
        subprocess.run(["userdel", "--remove", USER], check=True, capture_output=True)
        shutil.rmtree(made, ignore_errors=True)


def as_user(
    home: Path, *command: str, given: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command as the user; the machine's package index, CA and proxies stay known."""
    own = {"HOME": str(home), "USER": USER, "PORTABLE_DAGGER_ROOTLESS": "1", **environment}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PORTABLE_", "XDG_", "HOME"))}
    return subprocess.run(
        ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", *command],
        cwd=home,
        env={**kept, **own},
        input=given,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def query(home: Path, text: str, *options: str) -> str:
    done = as_user(home, "./dagger", "query", "--no-mod", "--silent", *options, given=text)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    while isinstance(value, dict):
        (value,) = value.values()
    return str(value)


BASE = '{ container { from(address: "debian:bookworm-slim") { %s } } }'
SERVE = (
    "use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 80, Listen => 9, ReuseAddr => 1);"
    " while ($c = $s->accept) { print $c q(of the service); close $c }"
)


@pytest.mark.slow
def test_commands_run_as_root_of_a_user_namespace(home: Path) -> None:
    script = "id -u; cat /proc/self/uid_map; chown 5:7 /srv; stat -c %u:%g /srv"
    said = query(home, BASE % f'withExec(args: ["sh", "-c", "{script}"]) {{ stdout }}').split()
    assert said[0] == "0"
    assert said[1:3] == ["0", str((home / "dagger").stat().st_uid)]
    assert said[-1] == "5:7"


@pytest.mark.slow
def test_containers_reach_package_registries(home: Path) -> None:
    text = 'withExec(args: ["sh", "-c", "apt-get update 2>&1"]) { stdout }'
    assert "Reading package lists" in query(home, BASE % text)


@pytest.mark.slow
def test_services_are_bound_and_dialled(home: Path) -> None:
    serve = json.dumps(["perl", "-e", SERVE])
    made = query(home, BASE % f"withExposedPort(port: 80) {{ asService(args: {serve}) {{ id }} }}")
    ask = json.dumps(["bash", "-c", "cat < /dev/tcp/one/80"])
    bound = f'withServiceBinding(alias: "one", service: "{made}") {{ withExec(args: {ask}) {{ stdout }} }}'
    assert query(home, BASE % bound) == "of the service"


@pytest.mark.slow
def test_an_offline_session_reaches_its_services_only(home: Path) -> None:
    serve = json.dumps(["perl", "-e", SERVE])
    made = query(
        home,
        BASE % f"withExposedPort(port: 80) {{ asService(args: {serve}) {{ id }} }}",
        "--offline",
    )
    script = "cat < /dev/tcp/one/80; (: > /dev/udp/192.0.2.1/9) 2>&1; getent hosts example.org || echo none"
    ask = json.dumps(["bash", "-c", script])
    bound = f'withServiceBinding(alias: "one", service: "{made}") {{ withExec(args: {ask}) {{ stdout }} }}'
    said = query(home, BASE % bound, "--offline")
    assert said.startswith("of the service")
    assert "Network is unreachable" in said
    assert said.endswith("none\n")


COUNT = """
import asyncio, socket
from portable_dagger.runtime import linux, rootless
from portable_dagger.runtime.network import Network

def send():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(3):
        made.sendto(b"x", ("192.0.2.1", 9))

async def main():
    network = Network()
    await network.open()
    for cut in (False, True):
        slot = await network.acquire("one", cut=cut)
        try:
            linux.in_network(slot.descriptor, send)
        except OSError as error:
            print(error.strerror)
        print(network.sent_outside(slot))
        await network.release(slot)
    await network.close()

rootless.enter()
asyncio.run(main())
"""


@pytest.mark.slow
def test_packets_are_counted(home: Path) -> None:
    done = as_user(home, "/usr/bin/python3", "-c", COUNT, PYTHONPATH=str(home / "engine/src"))
    assert done.stdout.splitlines() == [
        "Traffic(passed=3, dropped=0)",
        "Network is unreachable",
        "Traffic(passed=0, dropped=0)",
    ], done.stderr


@pytest.mark.slow
def test_what_is_exported_belongs_to_the_user(home: Path) -> None:
    script = "mkdir /made; echo one > /made/a; ln -s a /made/b"
    export = 'directory(path: "/made") { export(path: "out") }'
    query(home, BASE % f'withExec(args: ["sh", "-c", "{script}"]) {{ {export} }}')
    files = sorted((home / "out").iterdir())
    assert [file.name for file in files] == ["a", "b"]
    assert {file.lstat().st_uid for file in files} == {home.stat().st_uid}


@pytest.mark.slow
def test_a_saved_cache_is_loaded_again(home: Path) -> None:
    script = "rm -f /etc/motd; chown 5:7 /srv; cat /proc/sys/kernel/random/uuid > /made"
    text = (
        BASE % f'withExec(args: ["sh", "-c", "{script}"]) {{ file(path: "/made") {{ contents }} }}'
    )
    first = query(home, text)
    for words in (("save", "dagger.cache"), ("prune", "--all"), ("load", "dagger.cache")):
        done = as_user(home, "./dagger", "--silent", "cache", *words)
        assert done.returncode == 0, done.stderr
    assert (home / "dagger.cache").stat().st_uid == home.stat().st_uid
    assert query(home, text) == first
    look = "stat -c %u:%g /srv; ls /etc/motd 2>&1 || true"
    after = f'withExec(args: ["sh", "-c", "{script}"]) {{ withExec(args: ["sh", "-c", "{look}"]) {{ stdout }} }}'
    said = query(home, BASE % after)
    assert said.startswith("5:7\n")
    assert "No such file" in said


@pytest.mark.slow
def test_functions_of_modules_run(home: Path) -> None:
    module = home / "module"
    (module / "src" / "greets").mkdir(parents=True, exist_ok=True)
    (module / "dagger.json").write_text('{"name": "greets", "sdk": "python"}')
    (module / "pyproject.toml").write_text('[project]\nname = "greets"\nversion = "0"\n')
    (module / "src" / "greets" / "__init__.py").write_text(
        "import dagger\n\n\n@dagger.object_type\nclass Greets:\n    @dagger.function\n"
        '    def hello(self, name: str) -> str:\n        return f"hello, {name}"\n'
    )
    subprocess.run(["chown", "-R", f"{USER}:{USER}", module], check=True)
    done = as_user(home, "./dagger", "-m", "module", "call", "hello", "--name", "ann")
    assert done.stdout == "hello, ann", done.stderr


@pytest.mark.slow
def test_limits_are_refused_and_listed_as_missing(home: Path) -> None:
    query(home, "{ version }")
    done = as_user(home, "./dagger", "engine", "status")
    assert "no root   without limits on memory and processes" in done.stdout, done.stdout
    as_user(home, "./dagger", "engine", "stop")
    text = BASE % 'withExec(args: ["echo", "limited"]) { stdout }'
    command = ("./dagger", "query", "--no-mod", "--silent")
    done = as_user(home, *command, given=text, PORTABLE_DAGGER_MEMORY="1GB")
    assert "limits cannot be set" in done.stderr
    as_user(home, "./dagger", "engine", "stop")


@pytest.mark.slow
def test_nothing_is_left_after_the_engine_ended(home: Path) -> None:
    text = 'withExec(args: ["true"]) { exitCode }'
    assert query(home, BASE % text) == "0"
    as_user(home, "./dagger", "engine", "stop")
    number = str(home.stat().st_uid)
    left = subprocess.run(
        ["pgrep", "-u", number, "-a"], capture_output=True, text=True, check=False
    )
    assert left.stdout == ""
    assert USER not in Path("/proc/self/mounts").read_text()
