"""Scripts, core, listen and completion as a user meets them, against a real engine."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

DAGGER = str(Path(__file__).parents[3] / "dagger")
SECONDS = 240

pytestmark = pytest.mark.slow


def dagger(folder: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DAGGER, *words],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_a_pipeline(tmp_path: Path) -> None:
    text = "container | from debian:bookworm-slim | with-exec echo 'hi  there' -n | stdout"
    done = dagger(tmp_path, "-s", "-c", text)
    assert (done.returncode, done.stdout) == (0, "hi  there -n\n"), done.stderr


def test_a_script_file_with_variables_and_sub_pipelines(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(
        "#!/usr/bin/env dagger\n"
        'name="a b.txt"\n'
        'src=$(directory | with-new-file "$name" text)\n'
        'directory | with-directory /in $src | file "in/$name" | contents; .echo\n'
        'directory | with-directory --path=/x --source=$(directory | with-new-file f "$($src | entries)")'
        " | file x/f | contents\n"
    )
    done = dagger(tmp_path, "-s", str(script))
    assert (done.returncode, done.stdout) == (0, "text\na b.txt"), done.stderr


def test_errors_name_the_function_and_help_lists_them(tmp_path: Path) -> None:
    done = dagger(tmp_path, "-s", "-c", "container | form x")
    assert done.returncode == 1
    assert '"form" is no function of Container' in done.stderr
    assert "from" in done.stderr.partition("Hint: ")[2]
    done = dagger(tmp_path, "-s", "-c", ".help; container | .doc with-exec")
    assert done.returncode == 0, done.stderr
    assert "\ncontainer " in done.stdout
    assert "--args strings" in done.stdout
    done = dagger(tmp_path, "-s", "shell", given="container | from")
    assert '"from" misses "address"' in done.stderr


def test_core_needs_no_module(tmp_path: Path) -> None:
    words = ("directory", "with-new-file", "--path=a", "--contents=b", "file", "--path=a")
    done = dagger(tmp_path, "-s", "core", *words, "contents")
    assert (done.returncode, done.stdout) == (0, "b"), done.stderr
    assert 'for "dagger core directory"' in dagger(tmp_path, "core", "directory", "x").stderr


def test_listen_serves_others(tmp_path: Path) -> None:
    with subprocess.Popen(
        [DAGGER, "-s", "listen", "--listen=127.0.0.1:0"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stderr is not None
        url = child.stderr.readline().split()[-1]
        token = child.stderr.readline().split()[-1]
        user = base64.b64encode(f"{token}:".encode()).decode()
        asked = urllib.request.Request(  # noqa: S310  an address of our own
            url,
            json.dumps({"query": "{ defaultPlatform }"}).encode(),
            {"Authorization": f"Basic {user}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            assert json.load(answer)["data"]["defaultPlatform"].startswith("linux/")
        child.send_signal(signal.SIGINT)
        assert child.wait(SECONDS) == 2
    done = dagger(tmp_path, "listen", "--listen=0.0.0.0:80")
    assert done.returncode == 1
    assert "only loopback is served" in done.stderr


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("dagger co", ["completion", "core"]),
        ("dagger prune --o", ["--older-than"]),
        (
            "dagger core container with-exec --experimental-privileged-nesting --exp",
            ["--expand", "--expect"],
        ),
        ("dagger core -s container with-exec --args=x with-work", ["with-workdir"]),
        ("dagger core container with-exec --expect F", ["FAILURE"]),
    ],
)
def test_bash_completes(tmp_path: Path, line: str, wanted: list[str]) -> None:
    words = line.split()
    array = " ".join(words)
    code = (
        f'source <("{DAGGER}" completion bash); COMP_WORDS=({array}); COMP_WORDS[0]="{DAGGER}";'
        f' COMP_CWORD={len(words) - 1}; _dagger; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(
        ["bash", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    found = done.stdout.split()
    assert set(wanted) <= set(found)
    assert all(word.startswith(words[-1]) for word in found)
