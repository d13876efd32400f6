"""Captures by a real engine, and what is told of them: what is kept, what runs again, what is left out."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from portable_dagger.bundle.reading import Reader

DAGGER = str(Path(__file__).parents[3] / "dagger")
BASE = "container | from debian:bookworm-slim"
ZSTD = b"\x28\xb5\x2f\xfd"

pytestmark = pytest.mark.slow


def dagger(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DAGGER, "--progress=plain", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def captured(folder: Path) -> Path:
    (path,) = folder.glob("*.tar")
    return path


@pytest.fixture
def mark() -> str:
    """A text that no earlier run knows, so that nothing is cached."""
    return os.urandom(4).hex()


def test_a_failing_step_is_kept_and_told(tmp_path: Path, mark: str) -> None:
    script = f"{BASE} | with-exec -- sh -c 'echo {mark}; exit 3' | stdout"
    done = dagger("--capture", str(tmp_path), "-c", script)
    assert done.returncode == 3
    path = captured(tmp_path)
    assert f"captured in {path} (" in done.stderr
    assert f"reproduce it with: ./dagger reproduce {path}" in done.stderr
    with Reader(path) as reader:
        (step,) = reader.description.steps
        assert step.place.args == ("sh", "-c", f"echo {mark}; exit 3")
        assert step.outcome.exit_code == 3
        assert reader.blob(step.outcome.stdout).decode() == f"{mark}\n"
        assert step.missing == ()
        assert step.packets == 0
        assert b'"record": "step"' in reader.blob(reader.description.record)
        assert reader.verify()[0] > 5


def test_what_passes_is_kept_only_if_asked_for(tmp_path: Path, mark: str) -> None:
    script = f"{BASE} | with-exec -- echo {mark} | stdout"
    done = dagger("--capture", str(tmp_path), "-c", script)
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []
    assert "captured" not in done.stderr
    # It is cached by now, and runs again all the same.
    done = dagger("--capture", str(tmp_path), "--capture-step", f"echo {mark}", "-c", script)
    assert done.returncode == 0
    again = dagger("reproduce", str(captured(tmp_path)))
    assert again.stdout.startswith("passes again: ")
    assert again.returncode == 0


def test_a_failure_that_the_pipeline_looks_at_is_kept_if_the_run_fails(
    tmp_path: Path, mark: str
) -> None:
    looked = f"{BASE} | with-exec --expect=ANY -- sh -c 'echo {mark}; exit 4'"
    for name, last, count in (("fine", "exit-code", 0), ("red", "file /none | contents", 1)):
        done = dagger("--capture", str(tmp_path / name), "-c", f"{looked} | {last}")
        assert (done.returncode != 0) == bool(count), done.stderr
        found = list((tmp_path / name).glob("*.tar"))
        assert len(found) == count
    with Reader(found[0]) as reader:
        assert reader.description.steps[0].outcome.exit_code == 4


def test_a_failure_without_a_command_is_told(tmp_path: Path) -> None:
    done = dagger("--capture", str(tmp_path), "-c", "container | file /none | contents")
    assert done.returncode == 1
    assert "nothing was captured: it was no command in a container that failed" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_service_that_does_not_start_is_kept(tmp_path: Path, mark: str) -> None:
    service = (
        f"$({BASE} | with-exposed-port 80 | as-service --args=sh,-c,'echo {mark} >&2; exit 7')"
    )
    script = f"{BASE} | with-service-binding web {service} | with-exec true | stdout"
    done = dagger("--capture", str(tmp_path), "-c", script)
    assert done.returncode == 7, done.stderr
    path = captured(tmp_path)
    with Reader(path) as reader:
        (step,) = reader.description.steps
        assert (step.kind, step.outcome.exit_code) == ("service", 7)
        assert mark in reader.blob(step.outcome.stderr).decode()
    again = dagger("reproduce", str(path))
    assert again.stdout.startswith("same failure: "), again.stdout + again.stderr


def test_a_bad_key_is_told_before_anything_runs(tmp_path: Path, mark: str) -> None:
    script = f"{BASE} | with-exec -- sh -c 'echo {mark}; exit 3' | stdout"
    words = ("--capture", str(tmp_path / "x"), "--capture-key", str(tmp_path / "none"))
    done = dagger(*words, "-c", script)
    assert done.returncode == 1
    assert "none" in done.stderr
    assert mark not in done.stdout
    assert "exit code: 3" not in done.stderr
    (tmp_path / "none").write_text("no key")
    done = dagger(*words, "-c", script)
    assert "the key that signs cannot be read" in done.stderr
    assert not (tmp_path / "x").exists()


def test_a_signed_bundle_is_verified(tmp_path: Path, mark: str) -> None:
    key, public = tmp_path / "key.pem", tmp_path / "key.pub"
    make = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run([*make, "-out", key], check=True, capture_output=True)
    subprocess.run(
        ["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True
    )
    script = f"{BASE} | with-exec -- sh -c 'echo {mark}; exit 3' | stdout"
    dagger(
        "--capture", str(tmp_path), "--capture-key", "env://KEY", "-c", script, KEY=key.read_text()
    )
    path = captured(tmp_path)
    assert dagger("bundle", "verify", str(path), "--key", str(public)).returncode == 0
    content = key.read_text().splitlines()[1].encode()
    assert content not in path.read_bytes()


def test_a_thin_bundle_is_replayed_where_its_layers_are(tmp_path: Path, mark: str) -> None:
    script = f"{BASE} | with-exec -- sh -c 'head -c 300000 /dev/urandom > /{mark}'"
    script += f" | with-exec -- sh -c 'test -e /{mark} && exit 5' | stdout"
    dagger("--capture", str(tmp_path), "--capture-thin", "-c", script)
    path = captured(tmp_path)
    assert path.stat().st_size < 100_000
    again = dagger("reproduce", str(path))
    assert again.returncode == 0, again.stdout + again.stderr
    state = tmp_path / "state"
    environment = Path(os.environ.get("PORTABLE_DAGGER_STATE") or _default_state()) / "environment"
    state.mkdir()
    (state / "environment").symlink_to(environment)
    try:
        elsewhere = dagger("reproduce", str(path), PORTABLE_DAGGER_STATE=str(state))
    finally:
        dagger("engine", "stop", PORTABLE_DAGGER_STATE=str(state))
    assert elsewhere.returncode == 12, elsewhere.stdout + elsewhere.stderr
    assert re.search(r"lacks 2 of its layers: sha256:.*Debian bookworm", elsewhere.stdout)


def _default_state() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "portable-dagger"


def test_secrets_are_named_and_never_kept(tmp_path: Path, mark: str) -> None:
    secret = f"s3cret-{mark}"
    script = (
        f"{BASE} | with-secret-variable TOKEN $(secret env://MY_TOKEN)"
        " | with-exec -- sh -c 'echo $TOKEN > /kept; echo $TOKEN; test $TOKEN = right' | stdout"
    )
    done = dagger("--capture", str(tmp_path), "-c", script, MY_TOKEN=secret)
    assert done.returncode == 1
    path = captured(tmp_path)
    assert secret.encode() not in path.read_bytes()
    with Reader(path) as reader:
        (step,) = reader.description.steps
        assert [(m.kind, m.name) for m in step.missing] == [("secret", "MY_TOKEN")]
        assert reader.blob(step.outcome.stdout) == b"***\n"
    given = ("--secret", "MY_TOKEN=env://OTHER")
    right = dagger("reproduce", str(path), *given, OTHER="right")
    assert right.returncode == 11, right.stdout
    wrong = dagger("reproduce", str(path), *given, OTHER="wrong")
    assert wrong.returncode == 0, wrong.stdout


NOT_BEGUN = {
    "user": f"{BASE} | with-user nobody-MARK | with-exec true | stdout",
    "output": f"{BASE} | with-exec --redirect-stdout /no/MARK -- true | stdout",
    "input": f"{BASE} | with-exec --redirect-stdin /no/MARK -- true | stdout",
    "service": f"{BASE} | with-service-binding web $({BASE} | with-user nobody-MARK | with-exposed-port 80"
    " | as-service --args=true) | with-exec true | stdout",
    "mount": f"{BASE} | with-mounted-directory /etc/passwd $(directory | with-new-file MARK x)"
    " | with-exec true | stdout",
}


@pytest.mark.parametrize("name", NOT_BEGUN)
def test_a_step_that_cannot_begin_is_kept(tmp_path: Path, mark: str, name: str) -> None:
    done = dagger("--capture", str(tmp_path), "-c", NOT_BEGUN[name].replace("MARK", mark))
    assert done.returncode != 0
    path = captured(tmp_path)
    with Reader(path) as reader:
        outcome = reader.description.steps[0].outcome
        assert outcome.exit_code == -1
        assert outcome.error in done.stderr
    again = dagger("reproduce", str(path))
    assert again.stdout.startswith("same failure: "), again.stdout + again.stderr


def test_what_two_sessions_run_at_once_is_kept_by_both(tmp_path: Path, mark: str) -> None:
    script = f"{BASE} | with-exec -- sh -c 'sleep 1; echo {mark}; exit 3' | stdout"
    folders = [tmp_path / "first", tmp_path / "second"]
    runs = [
        subprocess.Popen(
            [DAGGER, "--progress=plain", "--capture", folder, "-c", script],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for folder in folders
    ]
    assert [run.wait(60) for run in runs] == [3, 3]
    assert all(map(captured, folders))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, mark: str) -> None:
    (tmp_path / "file").touch()
    script = f"{BASE} | with-exec -- sh -c 'echo {mark}; exit 3' | stdout"
    for folder in (tmp_path / "file", tmp_path / "file/folder"):
        done = dagger("--capture", str(folder), "-c", script)
        assert done.returncode == 3
        assert f"nothing was captured: no bundle can be written in {folder}: " in done.stderr


def test_names_of_reports_may_be_anything(tmp_path: Path, mark: str) -> None:
    write = 'echo "<testsuite/>" >$(printf "a\\\\377.xml")'
    script = f"{BASE} | with-exec -- sh -c '{write}; echo {mark}; exit 3' | stdout"
    done = dagger("--capture", str(tmp_path), "-c", script)
    assert done.returncode == 3, done.stderr
    with Reader(captured(tmp_path)) as reader:
        (report,) = reader.description.steps[0].outcome.reports
        assert report.path == "/a\N{REPLACEMENT CHARACTER}.xml"


def test_mounts_above_do_not_hide_those_below(tmp_path: Path, mark: str) -> None:
    def folder(name: str) -> str:
        return f"$(directory | with-new-file {name} {mark})"

    script = (
        f"{BASE} | with-mounted-directory /a/b {folder('in')} | with-mounted-directory /a {folder('out')}"
        " | with-exec -- sh -c 'ls /a /a/b; exit 3' | stdout"
    )
    dagger("--capture", str(tmp_path), "-c", script)
    with Reader(captured(tmp_path)) as reader:
        below, above = (mount.content for mount in reader.description.steps[0].place.mounts)
        assert reader.images["step-1"].image.layers[-2:] == (above, below)
        reader.verify()


def test_secrets_are_masked_in_all_that_is_told(tmp_path: Path, mark: str) -> None:
    text = f"planted-{mark}"
    workdir = tmp_path / text
    workdir.mkdir()
    token = "$(secret env://TOKEN)"  # noqa: S105  a script
    script = (
        f"{BASE} | with-secret-variable T {token} | with-env-variable V{text} {text}"
        f" | with-label L{text} {text} | with-docker-healthcheck --args=echo,{text}"
        f" | with-mounted-directory /m/{text} $(directory | with-new-file {text} {text})"
        f" | with-mounted-temp /t/{text} | with-mounted-cache /c/{text} $(cache-volume {text})"
        f" | with-exec --redirect-stdout /m/{text}/out --stdin {text} -- sh -c 'cat $T; echo $T; exit 3' | stdout"
    )
    done = subprocess.run(
        [DAGGER, "--capture", tmp_path, "-c", script],
        env={**os.environ, "TOKEN": text},
        cwd=workdir,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    path = captured(tmp_path)
    assert done.returncode == 3, done.stderr
    with tarfile.open(path) as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            content = file.read()
            if content.startswith(ZSTD):
                content = subprocess.run(
                    ["zstd", "-dc"], input=content, capture_output=True, check=True
                ).stdout
            assert text.encode() not in content, member.name
    again = dagger("reproduce", str(path), "--secret", "TOKEN=env://TOKEN", TOKEN=text)
    assert again.stdout.startswith("same failure: "), again.stdout + again.stderr


def test_a_step_with_all_rights_is_replayed_only_if_allowed(tmp_path: Path, mark: str) -> None:
    script = (
        f"{BASE} | with-exec --insecure-root-capabilities -- sh -c 'echo {mark}; exit 3' | stdout"
    )
    dagger("--capture", str(tmp_path), "-c", script)
    path = str(captured(tmp_path))
    refused = dagger("reproduce", path)
    assert refused.returncode == 12
    assert refused.stdout.startswith("missing input: ")
    assert "allow it with --privileged" in refused.stdout
    assert dagger("reproduce", "--privileged", path).stdout.startswith("same failure: ")
