"""Builds with real containers: what the golden cases do not try."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGGER = Path(__file__).parents[3] / "dagger"
ASK = "{ host { directory(path: %s, noCache: true) { dockerBuild%s { %s } } } }"

pytestmark = pytest.mark.slow


def build(folder: Path, text: str, field: str, arguments: str = "") -> dict[str, Any]:
    (folder / "Dockerfile").write_text(text)
    done = subprocess.run(
        [DAGGER, "query", "--no-mod", "--silent"],
        input=ASK % (json.dumps(str(folder)), arguments, field),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["host"]["directory"]["dockerBuild"]
    return found


def failure(folder: Path, text: str, arguments: str = "") -> str:
    (folder / "Dockerfile").write_text(text)
    done = subprocess.run(
        [DAGGER, "query", "--no-mod", "--silent"],
        input=ASK % (json.dumps(str(folder)), arguments, "sync"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


def contents(path: str) -> str:
    return f'file(path: "{path}") {{ contents }}'


def test_owners_modes_and_excluded_files(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in ("a.txt", "b.md"):
        (tmp_path / "d" / name).write_text(name)
    text = (
        "FROM debian:bookworm-slim\n"
        "COPY --chown=games:12 --chmod=640 d/a.txt /x/\n"
        "COPY --exclude=*.md d /y\n"
        "RUN stat -c '%U %g %a %n' /x/a.txt > /o; ls /y >> /o\n"
    )
    found = build(tmp_path, text, contents("/o"))
    assert found["file"]["contents"] == "games 12 640 /x/a.txt\na.txt\n"


def test_here_documents_scripts_and_shells(tmp_path: Path) -> None:
    text = (
        "FROM debian:bookworm-slim\n"
        "ARG WHO=you\n"
        "COPY <<EOF <<'RAW' /t/\nhello $WHO\nEOF\nhello $WHO\nRAW\n"
        "RUN <<END\n#!/usr/bin/env perl\nopen(F, '>/p'); print F 'perl';\nEND\n"
        'SHELL ["/bin/bash", "-c"]\n'
        "RUN [[ $WHO == you ]] && cat /t/EOF /t/RAW /p > /o\n"
    )
    found = build(
        tmp_path,
        text,
        contents("/o") + ' envVariable(name: "WHO") exists(path: "/run/dockerfile-script")',
    )
    assert found["file"]["contents"] == "hello you\nhello $WHO\nperl"
    assert found["envVariable"] is None
    assert found["exists"] is False


def test_mounts_leave_nothing_and_caches_stay(tmp_path: Path) -> None:
    text = (
        "FROM debian:bookworm-slim\n"
        "RUN --mount=type=cache,target=/c,id=dockerfile-test echo kept > /c/f\n"
        "RUN --mount=type=cache,target=/d,id=dockerfile-test --mount=type=tmpfs,target=/t"
        " --mount=target=/ctx cp /d/f /o && touch /t/x && cat /ctx/here >> /o\n"
    )
    (tmp_path / "here").write_text("context\n")
    found = build(tmp_path, text, contents("/o") + " mounts")
    assert found["file"]["contents"] == "kept\ncontext\n"
    assert found["mounts"] == []


def test_what_no_copy_names_repeats_no_command(tmp_path: Path) -> None:
    (tmp_path / "used").write_text("1")
    (tmp_path / "unrelated").write_text("1")
    text = "FROM debian:bookworm-slim\nCOPY used /u\nRUN od -An -N8 -tx8 /dev/urandom > /r\n"
    first = build(tmp_path, text, contents("/r"))
    (tmp_path / "unrelated").write_text("2")
    assert build(tmp_path, text, contents("/r")) == first
    (tmp_path / "used").write_text("2")
    assert build(tmp_path, text, contents("/r")) != first


def test_add_unpacks_and_copy_does_not(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("in the archive")
    with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "f", "deep/f")
    text = (
        "FROM debian:bookworm-slim\nADD t.tar.gz /a\nCOPY t.tar.gz /c/\n"
        "RUN find /a /c -type f | sort > /o\n"
    )
    assert build(tmp_path, text, contents("/o"))["file"]["contents"] == "/a/deep/f\n/c/t.tar.gz\n"


def test_a_command_can_be_cut_off_the_network(tmp_path: Path) -> None:
    text = (
        "FROM debian:bookworm-slim\n"
        "RUN --network=none ls /sys/class/net > /none\n"
        "RUN ls /sys/class/net > /default\n"
    )
    found = build(
        tmp_path, text, 'a: file(path: "/none") { contents } b: file(path: "/default") { contents }'
    )
    assert found["a"]["contents"].split() == ["lo"]
    assert len(found["b"]["contents"].split()) > 1


def test_a_failure_names_file_line_and_instruction(tmp_path: Path) -> None:
    said = failure(tmp_path, "FROM debian:bookworm-slim\nRUN echo why >&2; exit 3\n")
    assert "Dockerfile line 2: exit code: 3" in said


def test_a_trigger_may_have_a_here_document(tmp_path: Path) -> None:
    text = (
        "FROM debian:bookworm-slim AS base\nONBUILD RUN <<EOF\necho a > /o\necho b >> /o\nEOF\n"
        "FROM base\n"
    )
    assert build(tmp_path, text, contents("/o"))["file"]["contents"] == "a\nb\n"


def test_parents_and_a_folder_that_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_text("c")
    text = (
        "FROM debian:bookworm-slim\n"
        "RUN install -d -o games -m 700 /home/g\n"
        "COPY --parents a/b/c a/./b/c /p/\n"
        "COPY --chown=9:9 --chmod=640 a/b/* none* /home/g/\n"
        "RUN cd /p && find . -type f | sort > /o && stat -c '%u %a' /home/g /home/g/c >> /o\n"
    )
    found = build(tmp_path, text, contents("/o"))["file"]["contents"]
    assert found == "./a/b/c\n./b/c\n5 700\n9 640\n"


def test_symbolic_modes(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    for name, mode in (("d/run", 0o700), ("d/e/read", 0o600)):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(mode)
    (tmp_path / "d/e").chmod(0o700)
    text = (
        "FROM debian:bookworm-slim\n"
        "ARG WHAT=X\n"
        "COPY --chmod=u=rwX,go=r$WHAT d /d\n"
        "COPY --chmod=a+x d/e/read /read\n"
        "RUN stat -c '%a %n' /d/run /d/e /d/e/read /read > /o\n"
    )
    found = build(tmp_path, text, contents("/o"))["file"]["contents"]
    assert found == "755 /d/run\n755 /d/e\n644 /d/e/read\n711 /read\n"


class Website(SimpleHTTPRequestHandler):
    """Gives files, and has git's own CGI program answer for the repository."""

    def do_GET(self) -> None:
        if "/r.git/" in self.path:
            self.do_POST()
        else:
            super().do_GET()

    def do_POST(self) -> None:
        path, _, query = self.path.partition("?")
        size = self.headers.get("Content-Length", "0")
        done = subprocess.run(
            ["git", "http-backend"],
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": self.directory,
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": size,
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
            },
            input=self.rfile.read(int(size)),
            capture_output=True,
            check=True,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server with a file, and with a git repository whose branch `old` is one commit behind."""
    folder = tmp_path_factory.mktemp("website")
    (folder / "file.txt").write_text("over http")
    work = folder / "work"
    script = """
        git init -q -b main . && git config user.email a@b && git config user.name a
        mkdir sub && echo old > sub/f && git add . && git commit -qm 1 && git branch old
        echo new > sub/f && git commit -qam 2
        git clone -q --bare . ../r.git
    """
    work.mkdir()
    subprocess.run(["sh", "-ec", script], cwd=work, check=True)
    handler = functools.partial(Website, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_add_fetches_urls_and_git_repositories(tmp_path: Path, website: str) -> None:
    digest = hashlib.sha256(b"over http").hexdigest()
    text = (
        "FROM debian:bookworm-slim\n"
        f"ARG SITE={website}\n"
        f"ADD --checksum=sha256:{digest} $SITE/file.txt /u/\n"
        "ADD $SITE/file.txt /named\n"
        "ADD $SITE/r.git /new\n"
        "ADD --keep-git-dir=true $SITE/r.git#old:sub /old\n"
        "RUN cat /u/file.txt /named /new/sub/f /old/f > /o && stat -c %a /named >> /o; test ! -e /new/.git\n"
    )
    found = build(tmp_path, text, contents("/o"))
    assert found["file"]["contents"] == "over httpover httpnew\nold\n600\n"
    wrong = f"ADD --checksum=sha256:{'0' * 64} {website}/file.txt /u/\n"
    said = failure(tmp_path, f"FROM debian:bookworm-slim\n{wrong}")
    assert "line 2: ADD: checksum mismatch" in said


def test_mounts_take_variables_modes_and_owners(tmp_path: Path) -> None:
    text = (
        "FROM debian:bookworm-slim\nENV AT=/c\nARG ID=dockerfile-test-mode\n"
        "RUN --mount=type=cache,target=$AT,id=$ID,mode=0711,uid=9 stat -c '%u %a' /c > /o\n"
        "RUN --mount=type=bind,rw,target=/b touch /b/x && ls /b | wc -l >> /o\n"
        "RUN --mount=target=/b ls /b | wc -l >> /o && ! touch /b/x\n"
    )
    assert build(tmp_path, text, contents("/o"))["file"]["contents"] == "9 711\n2\n1\n"


def test_a_stage_sees_the_arguments_of_its_base(tmp_path: Path) -> None:
    text = (
        "ARG GLOBAL=g\nFROM debian:bookworm-slim AS base\nARG A=a\n"
        'FROM base\nRUN echo "$A[$GLOBAL]" > /o\nARG GLOBAL\nRUN echo "$GLOBAL" >> /o\n'
    )
    assert build(tmp_path, text, contents("/o"))["file"]["contents"] == "a[]\ng\n"


def test_another_proxy_repeats_no_command(tmp_path: Path) -> None:
    text = (
        "FROM debian:bookworm-slim\n"
        'RUN test -n "$ftp_proxy" && od -An -N8 -tx8 /dev/urandom > /r\n'
    )
    given = [
        build(tmp_path, text, contents("/r"), f'(buildArgs: [{{name: "ftp_proxy", value: "{v}"}}])')
        for v in "ab"
    ]
    assert given[0] == given[1]


def test_a_secret_of_a_uri_is_known_by_its_last_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKERFILE_TOKEN", "t0p-s3cre")
    text = (
        "FROM debian:bookworm-slim\n"
        "RUN --mount=type=secret,id=DOCKERFILE_TOKEN,required wc -c < /run/secrets/DOCKERFILE_TOKEN > /o\n"
    )
    (tmp_path / "Dockerfile").write_text(text)
    script = f"""
import dagger, anyio
async def main():
    async with dagger.connection():
        token = dagger.dag.secret("env://DOCKERFILE_TOKEN")
        folder = dagger.dag.host().directory({str(tmp_path)!r})
        print(await folder.docker_build(secrets=[token]).file("/o").contents())
anyio.run(main)
"""
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [DAGGER, "run", sys.executable, tmp_path / "script.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["9"]


def test_triggers_run_in_the_image_that_is_made_from_it(tmp_path: Path) -> None:
    text = (
        "FROM debian:bookworm-slim AS base\nONBUILD RUN echo triggered > /o\n"
        "FROM base\nRUN test -f /o\n"
    )
    assert build(tmp_path, text, contents("/o"))["file"]["contents"] == "triggered\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RUN --network=host true", "line 2: RUN: --network=host is not allowed"),
        ("RUN --mount=type=weird true", 'unsupported mount type "weird"'),
        ("RUN --mount=type=ssh true", "line 2: RUN: --mount=type=ssh: no ssh agent was given"),
        ("RUN --mount=src=no,target=/x true", "no: no such file or directory"),
        ("COPY a b /not-a-folder", "the destination must be a directory"),
        ("COPY --chmod=u+q a /a", "line 2: COPY: --chmod=u+q is no mode"),
        ("COPY never /x", 'line 2: COPY: "/never": not found in the context'),
        ("COPY https://example.invalid/x /x", "a source can't be a URL here"),
        ("ADD --checksum=sha256:0 a /x", "--checksum is for sources over http"),
        ("ADD http://127.0.0.1:9/x /x", "line 2: ADD: http://127.0.0.1:9/x: "),
        ("EXPOSE http", "http is no port"),
        ("ENV A", "Dockerfile line 2: ENV: A must have a value"),
        ("USER ${X", "Dockerfile line 2: USER: "),
        ("HEALTHCHECK --interval=1x CMD a", "Dockerfile line 2: HEALTHCHECK: invalid duration"),
        ("HEALTHCHECK --retries=x CMD a", "Dockerfile line 2: HEALTHCHECK: --retries must be"),
        ("SHELL bash", "needs the JSON form"),
    ],
)
def test_what_cannot_be_done_is_named_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    assert message in failure(tmp_path, f"FROM debian:bookworm-slim\n{text}\n")


def test_a_secret_is_seen_by_its_own_command_only(tmp_path: Path) -> None:
    text = (
        "FROM debian:bookworm-slim\n"
        "RUN --mount=type=secret,id=token,env=TOKEN test ${#TOKEN} = 9\n"
        "RUN --mount=type=secret,id=token test $(wc -c < /run/secrets/token) = 9\n"
        "RUN ! test -e /run/secrets/token && test -z $TOKEN\n"
    )
    (tmp_path / "Dockerfile").write_text(text)
    script = f"""
import dagger, anyio
async def main():
    async with dagger.connection():
        token = dagger.dag.set_secret("token", "t0p-s3cre")
        folder = dagger.dag.host().directory({str(tmp_path)!r})
        await folder.docker_build(secrets=[token]).sync()
anyio.run(main)
"""
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [DAGGER, "run", sys.executable, tmp_path / "script.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
