"""Processes in real containers."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time

import pytest

from portable_dagger.errors import MountError
from portable_dagger.runtime import process
from portable_dagger.runtime.plan import BindMount, FileMount, OverlayMount, TempMount
from portable_dagger.runtime.process import BUNDLES
from tests.engine.runtime.conftest import Workshop, overlays


@pytest.fixture(autouse=True)
def nothing_left(workshop: Workshop) -> object:  # noqa: ARG001
    """Every test leaves no container folder and no mount of its own."""
    yield
    assert not list(BUNDLES.glob("test-*"))
    assert not overlays()


async def test_exit_code_and_streams_apart(workshop: Workshop) -> None:
    answer = await workshop.run("sh", "-c", "echo out; echo err >&2; exit 3")
    assert answer == (3, "out\n", "err\n")


async def test_arguments_go_as_they_are(workshop: Workshop) -> None:
    code, out, _ = await workshop.run("printf", "[%s]", "$HOME", "*", "a  b", "it's", "")
    assert (code, out) == (0, "[$HOME][*][a  b][it's][]")


async def test_a_signal_is_128_and_its_number(workshop: Workshop) -> None:
    assert (await workshop.run("sh", "-c", "kill -9 $$"))[0] == 128 + 9


async def test_stdin_reaches_the_process_and_ends(workshop: Workshop) -> None:
    data = b"ab\nc" * 100_000
    code, out, _ = await workshop.run("wc", "-c", stdin=data)
    assert (code, out.strip()) == (0, str(len(data)))


async def test_without_stdin_it_is_empty(workshop: Workshop) -> None:
    assert await workshop.run("cat") == (0, "", "")


async def test_stdin_nobody_reads(workshop: Workshop) -> None:
    assert (await workshop.run("true", stdin=b"x" * 10_000_000))[0] == 0


@pytest.mark.parametrize("init", [True, False])
@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("no-such-program", 'exec: "no-such-program": executable file not found in $PATH\n'),
        ("/no/such", "fork/exec /no/such: no such file or directory\n"),
        ("/x.sh", "fork/exec /x.sh: permission denied\n"),
    ],
)
async def test_a_program_that_cannot_be_started(
    workshop: Workshop, program: str, words: str, init: bool  # noqa: FBT001
) -> None:
    (workshop.base / "x.sh").write_text("#!/bin/sh\n")
    assert await workshop.run(program, init=init) == (1, "", words)


async def test_an_empty_root_has_no_program(workshop: Workshop) -> None:
    plan = workshop.plan("echo", "x")
    root = OverlayMount("/", (), plan.root.upper, plan.root.work)
    code, _, err = await workshop.run_plan(workshop.plan("echo", root=root, env=()))
    assert (code, err) == (1, 'exec: "echo": executable file not found in $PATH\n')


async def test_stderr_that_looks_like_the_inits_is_passed_on(workshop: Workshop) -> None:
    code, _, err = await workshop.run("sh", "-c", "printf '[FATAL tini (' >&2; exit 7")
    assert (code, err) == (7, "[FATAL tini (")


async def test_children_left_behind_do_not_block(workshop: Workshop) -> None:
    began = time.monotonic()
    answer = await workshop.run(
        "sh", "-c", "(sleep 300 >/dev/null 2>&1 &) ; (sleep 300 &) ; echo done"
    )
    assert answer == (0, "done\n", "")
    assert time.monotonic() - began < 5


async def test_user_groups_workdir_environment_and_hostname(workshop: Workshop) -> None:
    code, out, _ = await workshop.run(
        "sh",
        "-c",
        "id -u; id -g; id -G; pwd; echo $A; hostname; umask; ulimit -n; grep CapEff /proc/self/status",
        uid=1234,
        gid=99,
        groups=(7, 8),
        cwd="/tmp",  # noqa: S108
        env=(("PATH", "/usr/bin:/bin"), ("A", "one two")),
    )
    assert code == 0
    assert out.splitlines() == [
        "1234",
        "99",
        "99 7 8",
        "/tmp",  # noqa: S108
        "one two",
        "dagger",
        "0022",
        "1024",
        "CapEff:\t0000000000000000",
    ]


async def test_default_capabilities_are_dockers(workshop: Workshop) -> None:
    _, out, _ = await workshop.run("grep", "CapEff", "/proc/self/status")
    assert out == "CapEff:\t00000000a80425fb\n"


async def test_only_a_privileged_process_mounts(workshop: Workshop) -> None:
    command = (
        "sh",
        "-c",
        "mkdir -p /mnt/x && mount -t tmpfs none /mnt/x 2>/dev/null && echo mounted || echo refused",
    )
    assert (await workshop.run(*command))[1] == "refused\n"
    assert (await workshop.run(*command, privileged=True))[1] == "mounted\n"


async def test_device_nodes_of_its_own_making_are_dead(workshop: Workshop) -> None:
    script = "cd {}; mknod node c 1 5 && head -c 1 node 2>/dev/null | wc -c"
    for place in ("/", "/dev", "/root"):
        assert (await workshop.run("sh", "-c", script.format(place)))[1].strip() == "0"
    assert (await workshop.run("sh", "-c", "head -c 1 /dev/zero | wc -c"))[1].strip() == "1"


async def test_refused_system_calls(workshop: Workshop) -> None:
    code, _, err = await workshop.run("unshare", "--user", "true")
    assert code != 0
    assert "Operation not permitted" in err


async def test_hosts_file(workshop: Workshop) -> None:
    _, out, _ = await workshop.run("cat", "/etc/hosts", hosts=(("10.0.0.9", "db"),))
    assert out.splitlines() == [
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "127.0.1.1\tdagger",
        "10.0.0.9\tdb",
    ]


async def test_cut_off_from_the_network(workshop: Workshop) -> None:
    _, out, _ = await workshop.run("ip", "-brief", "address")
    assert [line.split()[0] for line in out.splitlines()] == ["lo"]


async def test_the_engines_descriptors_stay_outside(workshop: Workshop) -> None:
    kept = os.open("/etc/hostname", os.O_RDONLY)
    os.set_inheritable(kept, True)  # noqa: FBT003  the only way to say it
    try:
        _, out, _ = await workshop.run("sh", "-c", "ls /proc/self/fd | wc -l; env")
    finally:
        os.close(kept)
    assert out.splitlines()[0] == "4"
    assert [line.split("=")[0] for line in out.splitlines()[1:]] == ["HOME", "PATH", "PWD"]


async def test_a_command_that_writes_nothing_leaves_an_empty_layer(workshop: Workshop) -> None:
    plan = workshop.plan("true")
    await workshop.run_plan(plan)
    assert plan.root.upper is not None
    assert list(plan.root.upper.iterdir()) == []


async def test_what_a_command_writes_is_in_the_layer(workshop: Workshop) -> None:
    plan = workshop.plan("sh", "-c", "echo a > /root/x; rm /etc/group; mkdir /new")
    assert (await workshop.run_plan(plan))[0] == 0
    upper = plan.root.upper
    assert upper is not None
    assert (upper / "root/x").read_text() == "a\n"
    assert sorted(p.name for p in upper.iterdir()) == ["etc", "new", "root"]
    assert os.major((upper / "etc/group").lstat().st_rdev) == 0


async def test_mount_points_leave_no_trace(workshop: Workshop) -> None:
    source = workshop.folder / "source"
    (source / "sub").mkdir(parents=True)
    (source / "f").write_text("F")
    mounts = (
        BindMount("/mm/pp", source),
        BindMount("/etc/deep/er/file", source / "f", read_only=True),
        TempMount("/mm/tt"),
    )
    plan = workshop.plan("sh", "-c", "cat /mm/pp/f /etc/deep/er/file; ls /mm", mounts=mounts)
    assert await workshop.run_plan(plan) == (0, "FFpp\ntt\n", "")
    assert plan.root.upper is not None
    assert list(plan.root.upper.rglob("*")) == []


async def test_what_is_written_beside_a_mount_point_stays(workshop: Workshop) -> None:
    source = workshop.folder / "source"
    source.mkdir()
    plan = workshop.plan("touch", "/mm/beside", mounts=(BindMount("/mm/pp", source),))
    await workshop.run_plan(plan)
    upper = plan.root.upper
    assert upper is not None
    assert [str(p.relative_to(upper)) for p in sorted(upper.rglob("*"))] == ["mm", "mm/beside"]


async def test_mounts_in_mounts(workshop: Workshop) -> None:
    outer, inner = workshop.folder / "outer", workshop.folder / "inner"
    outer.mkdir()
    inner.mkdir()
    (outer / "a").write_text("A")
    (inner / "z").write_text("Z")
    writable = workshop.root()
    mounts = (
        OverlayMount("/m", (outer,), writable.upper, writable.work),
        BindMount("/m/in", inner),
        OverlayMount("/r", (outer,), read_only=True),
        BindMount("/r/in", inner),
    )
    script = "find /m /r -type f | sort; echo b > /m/b; echo y > /r/in/y; echo c > /r/c"
    code, out, err = await workshop.run("sh", "-c", script, mounts=mounts)
    assert out.split() == ["/m/a", "/m/in/z", "/r/a", "/r/in/z"]
    assert code == 2
    assert "Read-only file system" in err
    assert writable.upper is not None
    assert sorted(p.name for p in writable.upper.rglob("*")) == ["b"]
    assert sorted(p.name for p in outer.iterdir()) == ["a"]
    assert (inner / "y").read_text() == "y\n"


async def test_subpath_of_layers_as_directory_and_file(workshop: Workshop) -> None:
    layer = workshop.folder / "layer"
    (layer / "d").mkdir(parents=True)
    (layer / "d/f").write_text("one\n")
    whole, single = workshop.root(), workshop.root()
    mounts = (
        OverlayMount("/dir", (layer,), whole.upper, whole.work, subpath="/d"),
        OverlayMount("/p/q/f.txt", (layer,), single.upper, single.work, subpath="/d/f"),
    )
    script = "ls /dir; echo two >> /p/q/f.txt; cat /p/q/f.txt; ls /p/q"
    assert (await workshop.run("sh", "-c", script, mounts=mounts))[1] == "f\none\ntwo\nf.txt\n"
    assert single.upper is not None
    assert (single.upper / "d/f").read_text() == "one\ntwo\n"
    assert (layer / "d/f").read_text() == "one\n"


async def test_temporary_and_memory_mounts(workshop: Workshop) -> None:
    mounts = (
        TempMount("/t", size=1 << 20),
        TempMount("/dev/shm", size=2 << 20),  # noqa: S108
        FileMount("/run/secrets/s", b"hidden", owner=(5, 6), mode=0o440),
    )
    script = (
        "stat -c %a /t; stat -f -c %T /t; df -k --output=size /t /dev/shm | tail -n 2;"
        "stat -c '%a %u:%g' /run/secrets/s; cat /run/secrets/s"
    )
    code, out, err = await workshop.run("sh", "-c", script, mounts=mounts)
    assert (code, err) == (0, "")
    assert [line.strip() for line in out.splitlines()] == [
        "1777",
        "tmpfs",
        "1024",
        "2048",
        "440 5:6",
        "hidden",
    ]


async def test_links_in_targets_stay_inside(workshop: Workshop) -> None:
    outside = workshop.folder / "outside"
    outside.mkdir()
    (workshop.base / "data").mkdir()
    (workshop.base / "link").symlink_to("/data")
    (workshop.base / "escape").symlink_to(f"../../../../..{outside}")
    source = workshop.folder / "source"
    source.mkdir()
    (source / "f").touch()
    mounts = (BindMount("/link/here", source), BindMount("/escape/there", source))
    code, out, _ = await workshop.run("ls", "/data/here", f"{outside}/there", mounts=mounts)
    assert (code, out.count("f\n")) == (0, 2)
    assert list(outside.iterdir()) == []


async def test_a_directory_cannot_cover_a_file(workshop: Workshop) -> None:
    with pytest.raises(MountError, match="cannot mount a directory at /etc/passwd: it is a file"):
        await workshop.run("true", mounts=(BindMount("/etc/passwd", workshop.base),))


async def test_a_missing_layer_is_named(workshop: Workshop) -> None:
    plan = workshop.plan("true")
    root = OverlayMount("/", (workshop.folder / "gone",), plan.root.upper, plan.root.work)
    with pytest.raises(MountError, match="gone"):
        await workshop.run_plan(workshop.plan("true", root=root))


async def test_two_hundred_layers(workshop: Workshop) -> None:
    layers = []
    for number in range(199):
        layer = workshop.folder / "many" / f"{number:03}"
        (layer / "n").mkdir(parents=True)
        (layer / "n" / str(number)).touch()
        layers.append(layer)
    own = workshop.root()
    root = OverlayMount("/", (workshop.base, *layers), own.upper, own.work)
    code, out, _ = await workshop.run("sh", "-c", "ls /n | wc -l", root=root)
    assert (code, out.strip()) == (0, "199")


async def test_a_missing_workdir_is_said(workshop: Workshop) -> None:
    (workshop.base / "file").touch()
    code, out, err = await workshop.run("pwd", cwd="/tmp")  # noqa: S108
    assert (code, out, err) == (0, "/tmp\n", "")  # noqa: S108


async def test_cancelling_kills_at_once(workshop: Workshop) -> None:
    running = await workshop.start(
        workshop.plan("sh", "-c", "trap '' TERM INT; echo up; sleep 300")
    )
    waiting = asyncio.ensure_future(running.wait())
    await workshop.printed_out(b"up")
    began = time.monotonic()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("delay", [0, 0.001, 0.003, 0.006, 0.01, 0.02])
async def test_cancelling_a_start(workshop: Workshop, delay: float) -> None:
    async def whole() -> int:
        return await (await workshop.start(workshop.plan("sleep", "300"))).wait()

    task = asyncio.ensure_future(whole())
    await asyncio.sleep(delay)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_signals_reach_the_command(workshop: Workshop) -> None:
    running = await workshop.start(
        workshop.plan(
            "sh", "-c", "trap 'echo got it; exit 5' TERM; echo up; while :; do sleep 0.05; done"
        )
    )
    await workshop.printed_out(b"up")
    await running.signal(signal.SIGTERM)
    assert await running.wait() == 5
    assert workshop.printed["stdout"] == b"up\ngot it\n"
    await running.signal(signal.SIGTERM)
    await running.kill()


async def test_many_at_once(workshop: Workshop) -> None:
    plans = [workshop.plan("sh", "-c", f"echo {number} > /out") for number in range(30)]

    async def one(plan: object) -> int:
        return await (await workshop.start(plan)).wait()  # type: ignore[arg-type]

    assert await asyncio.gather(*(one(plan) for plan in plans)) == [0] * 30
    for number, plan in enumerate(plans):
        assert plan.root.upper is not None
        assert (plan.root.upper / "out").read_text() == f"{number}\n"


async def test_a_terminal(workshop: Workshop) -> None:
    script = "tty; read line; echo got $line; stty size; exit 4"
    running = await workshop.start(workshop.plan("sh", "-c", script, terminal=True))
    assert running.terminal is not None
    await workshop.printed_out(b"pts")
    await running.terminal.resize(33, 77)
    await running.terminal.write(b"hello\n")
    assert await running.wait() == 4
    assert workshop.printed["stdout"].split() == b"/dev/pts/0 hello got hello 33 77".split()


async def test_runc_where_crun_is_absent(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    runc = shutil.which("runc", path=process.PROGRAMS)
    if runc is None:
        pytest.skip("runc is not installed")
    monkeypatch.setattr(process, "runtime_program", lambda: runc)
    assert await workshop.run("sh", "-c", "echo out; exit 3") == (3, "out\n", "")
    words = "fork/exec /no/such: no such file or directory\n"
    assert await workshop.run("/no/such", init=False) == (1, "", words)
