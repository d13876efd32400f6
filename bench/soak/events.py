"""What happens in a soak: calls whose results are known beforehand, and mishaps.

Each event makes one call, or a few, and says what was wrong with the result, "" if nothing was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.soak import holdings
from bench.workplace import container, nonce

if TYPE_CHECKING:
    from bench.workplace import Workplace

LONG = 60
SERVE = (
    "use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 80, Listen => 9, ReuseAddr => 1);"
    " while ($c = $s->accept) { print $c q(WORD); close $c }"
)
TREE_FILES = 30


@dataclass
class Soak:
    """One soak: where it works, the module that it calls, a small full disk, and the results to be found again."""

    place: Workplace
    module: Path
    disk: Path
    kept: dict[str, str] = field(default_factory=dict)

    def query(self, text: str) -> subprocess.CompletedProcess[str]:
        """Send a query by the command line."""
        return self.run("query", "--no-mod", "--silent", given=text)

    def start(self, text: str) -> subprocess.Popen[str]:
        """Send a query by the command line, and do not wait."""
        running = subprocess.Popen(
            [str(self.place.dagger), "query", "--no-mod", "--silent"],
            cwd=self.place.scratch,
            env=self.place.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert running.stdin is not None
        running.stdin.write(text)
        running.stdin.close()
        running.stdin = None  # else `communicate` would use it
        return running

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the module."""
        return self.run("--silent", "call", *words, folder=self.module)

    def run(
        self, *words: str, given: str = "", folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command under test."""
        return subprocess.run(
            [str(self.place.dagger), *words],
            cwd=folder or self.place.scratch,
            env=self.place.environment(),
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


Event = Callable[[Soak, random.Random], str]


def leaf(answer: str) -> str:
    """Return the only value of a query's answer; the answer itself when it is none."""
    try:
        value = json.loads(answer)
    except json.JSONDecodeError:
        return answer
    while isinstance(value, dict):
        (value,) = value.values()
    return str(value)


def _differs(done: subprocess.CompletedProcess[str], wanted: str) -> str:
    found = leaf(done.stdout) if done.stdout.startswith("{") else done.stdout
    if done.returncode == 0 and found.strip() == wanted.strip():
        return ""
    return (
        f"wanted {wanted[:80]!r}, got {found[:200]!r}, exit {done.returncode}: {done.stderr[-300:]}"
    )


def _exec(*words: str, inner: str = "stdout") -> str:
    return container(f"withExec(args: {json.dumps(words)}) {{ {inner} }}")


def call_again(soak: Soak, _: random.Random) -> str:
    """Call a function with the same arguments as ever."""
    return _differs(soak.call("hello"), "hello, world")


def call_new(soak: Soak, _: random.Random) -> str:
    """Call a function with a new argument."""
    word = nonce()
    return _differs(soak.call("hello", "--name", word), f"hello, {word}")


def exec_new(soak: Soak, _: random.Random) -> str:
    """Run a new command, and keep what only it could know."""
    word = nonce()
    text = _exec("sh", "-c", f"echo {word}; cat /proc/sys/kernel/random/uuid")
    done = soak.query(text)
    found = leaf(done.stdout)
    if done.returncode or not found.startswith(word):
        return _differs(done, word)
    soak.kept[text] = found
    return ""


def exec_again(soak: Soak, chance: random.Random) -> str:
    """Ask again for what a command said that ran before: running it again would give something else."""
    if not soak.kept:
        return exec_new(soak, chance)
    text = chance.choice(sorted(soak.kept))
    return _differs(soak.query(text), soak.kept[text])


def file_new(soak: Soak, chance: random.Random) -> str:
    """Have a command write a file, and read it back by the API."""
    size, word = chance.randrange(1, 200_000), nonce()
    script = f"yes {word} | head -c {size} > /made"
    text = _exec("sh", "-c", script, inner='file(path: "/made") { digest(excludeMetadata: true) }')
    content = (f"{word}\n" * (size // (len(word) + 1) + 1))[:size].encode()
    wanted = "sha256:" + hashlib.sha256(content).hexdigest()
    read = _exec("sh", "-c", script, inner='withExec(args: ["sha256sum", "/made"]) { stdout }')
    done = soak.query(read)
    if wanted.removeprefix("sha256:") not in done.stdout:
        return _differs(done, wanted)
    soak.kept[read] = leaf(done.stdout)
    done = soak.query(text)
    return "" if done.returncode == 0 else _differs(done, wanted)


def fails(soak: Soak, _: random.Random) -> str:
    """Run a command that fails: its exit code and its words have to arrive."""
    word = nonce()
    done = soak.query(_exec("sh", "-c", f"echo {word} >&2; exit 3"))
    if done.returncode != 0 and "exit code: 3" in done.stderr and word in done.stderr:
        return ""
    return _differs(done, "exit code: 3")


def service(soak: Soak, _: random.Random) -> str:
    """Bind a service, and hear its word."""
    word = nonce()
    serve = json.dumps(["perl", "-e", SERVE.replace("WORD", word)])
    done = soak.query(
        container(f"withExposedPort(port: 80) {{ asService(args: {serve}) {{ id }} }}")
    )
    if done.returncode:
        return _differs(done, "an ID")
    ask = json.dumps(["bash", "-c", f"cat < /dev/tcp/one/80; : {word}"])
    bound = f'withServiceBinding(alias: "one", service: "{leaf(done.stdout)}")'
    return _differs(
        soak.query(container(f"{bound} {{ withExec(args: {ask}) {{ stdout }} }}")), word
    )


def files(soak: Soak, chance: random.Random) -> str:
    """Take a folder of the host in, and export it to another place."""
    source, target = soak.place.scratch / nonce(), soak.place.scratch / nonce()
    wanted = {f"{n % 5}/{nonce()}": os.urandom(chance.randrange(9000)) for n in range(TREE_FILES)}
    try:
        for name, content in wanted.items():
            file = source / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        done = soak.query(
            f'{{ host {{ directory(path: "{source}") {{ export(path: "{target}") }} }} }}'
        )
        if done.returncode:
            return _differs(done, str(target))
        found = {
            str(file.relative_to(target)): file.read_bytes()
            for file in target.rglob("*")
            if file.is_file()
        }
        return "" if found == wanted else f"{len(found)} of {len(wanted)} files came, or differ"
    finally:
        shutil.rmtree(source, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)


def interrupted(soak: Soak, chance: random.Random) -> str:
    """Ctrl-C at some moment of a long command."""
    return _ended(soak, chance, signal.SIGINT, {2, -signal.SIGINT})


def killed(soak: Soak, chance: random.Random) -> str:
    """Kill the command line at some moment of a long command."""
    return _ended(soak, chance, signal.SIGKILL, {-signal.SIGKILL})


def _ended(soak: Soak, chance: random.Random, number: int, codes: set[int]) -> str:
    running = soak.start(_exec("sleep", f"{LONG}.{chance.randrange(10**9)}"))
    time.sleep(chance.uniform(0.05, 1.5))
    running.send_signal(number)
    try:
        code = running.wait(20)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
        return f"did not end within 20 s of signal {number}"
    finally:
        assert running.stderr is not None
        running.stderr.close()
    return "" if code in codes else f"ended with {code} after signal {number}"


def container_killed(soak: Soak, chance: random.Random) -> str:
    """Kill a command's own process: the call has to say so."""
    word = f"{LONG}.{chance.randrange(10**9)}"
    running = soak.start(_exec("sleep", word))
    deadline = time.monotonic() + 30
    pid = _pid_of(["sleep", word])
    while pid is None and time.monotonic() < deadline:
        time.sleep(0.05)
        pid = _pid_of(["sleep", word])
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    _, said = running.communicate(timeout=30)
    return "" if running.returncode and "exit code: 137" in said else f"said {said[-200:]!r}"


def _pid_of(command: list[str]) -> int | None:
    wanted = "\0".join([*command, ""]).encode()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cmdline").read_bytes() == wanted:
                return int(entry.name)
    return None


def export_to_full_disk(soak: Soak, _: random.Random) -> str:
    """Export more than the target's disk holds: an error, and nothing else is harmed."""
    made = f"head -c 4000000 /dev/urandom > /big; : {nonce()}"
    target = soak.disk / nonce()
    done = soak.query(
        _exec("sh", "-c", made, inner=f'file(path: "/big") {{ export(path: "{target}") }}')
    )
    target.unlink(missing_ok=True)
    for left in soak.disk.iterdir():
        return f"left {left.name} behind"
    if done.returncode != 0 and "space" in done.stderr.lower():
        return ""
    return _differs(done, "an error that says that no space is left")


def fill_the_store(soak: Soak, _: random.Random) -> str:
    """Have a command write more than the engine's own disk holds."""
    done = soak.query(
        _exec("sh", "-c", f"head -c 20G /dev/zero > /big; : {nonce()}", inner="sync { id }")
    )
    if done.returncode != 0 and "space" in done.stderr.lower():
        return ""
    return _differs(done, "an error that says that no space is left")


def prune(soak: Soak, _: random.Random) -> str:
    """Throw away what is not used: later calls do it again."""
    done = soak.run("prune")
    soak.kept.clear()
    return "" if done.returncode == 0 else done.stderr[-300:]


EVENTS: dict[Event, int] = {
    call_again: 20,
    call_new: 12,
    exec_new: 16,
    exec_again: 16,
    file_new: 8,
    fails: 8,
    service: 4,
    files: 6,
    interrupted: 4,
    killed: 3,
    container_killed: 2,
    export_to_full_disk: 2,
}
"""What a soak is made of, with its weights; `fill_the_store`, `prune` and the engine's own end have their own times."""


def engine_killed(soak: Soak, chance: random.Random) -> str:
    """Kill the engine in the middle of a command: the next call starts another, and no finished result is lost."""
    running = soak.start(_exec("sleep", f"{LONG}.{chance.randrange(10**9)}"))
    time.sleep(chance.uniform(0.1, 1.0))
    os.kill(int(holdings.status(soak.place)["pid"]), signal.SIGKILL)
    _, said = running.communicate(timeout=60)
    if not running.returncode:
        return f"the call went on without its engine: {said[-200:]}"
    for text in sorted(soak.kept):
        if wrong := _differs(soak.query(text), soak.kept[text]):
            return wrong
    return exec_new(soak, chance)
