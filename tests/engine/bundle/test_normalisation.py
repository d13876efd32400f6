"""What of output is noise and what is not, from outputs as tools print them; the docs' table is held to it too."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from portable_dagger.bundle.noise import ANYWHERE, WORDS, Rule
from portable_dagger.bundle.normalisation import normalise

REPOSITORY = Path(__file__).parents[3]
TABLE = re.findall(
    r"^\|[^|]*\| ``? ?(.+?) ?``? \| ``? ?(.+?) ?``? \|$",
    (REPOSITORY / "docs/reference/bundles.md")
    .read_text()
    .partition("## What the fingerprint ignores")[2],
    re.MULTILINE,
)

NOISY = [
    # pytest
    (
        "========= 1 failed, 2 passed in 3.21s =========",
        "==== 1 failed, 2 passed in {duration} ====",
    ),
    (
        "=== 1 failed, 99 passed in 63.21s (0:01:03) ===",
        "==== 1 failed, 99 passed in {duration} ====",
    ),
    ("1 failed, 2 passed in 75.04s (0:01:15)", "1 failed, 2 passed in {duration}"),
    ("0.12s call     tests/test_a.py::test_x", "{duration} call     tests/test_a.py::test_x"),
    ("[gw1] [ 12%] PASSED tests/test_a.py::test_x", "[gw{id}] [{progress}] PASSED tests/test_a.py::test_x"),
    (
        "E   FileNotFoundError: '/tmp/pytest-of-root/pytest-3/test_x0/data.csv'",
        "E   FileNotFoundError: '{temporary}/test_x0/data.csv'",
    ),
    (
        "tmp_path = PosixPath('/tmp/pytest-of-ci/pytest-0/popen-gw1/test_x0')",
        "tmp_path = PosixPath('{temporary}/test_x0')",
    ),
    ("E  assert <app.Model object at 0x7f3a1b2c3d4e> is None", "E  assert <app.Model object at {address}> is None"),
    # servers and databases
    (
        "2026-11-28 03:12:06.123 UTC [1234] ERROR:  duplicate key value violates unique constraint",
        "{time} UTC [{pid}] ERROR:  duplicate key value violates unique constraint",
    ),
    (
        'connection to server at "db" (10.87.0.3), port 5432 failed: FATAL:  password',
        'connection to server at "db" ({ip}), port {port} failed: FATAL:  password',
    ),
    (
        "DETAIL:  Process 71 waits for ShareLock on transaction 745; blocked by process 72.",
        "DETAIL:  Process {pid} waits for ShareLock on transaction {id}; blocked by process {pid}.",
    ),
    ("server process (PID 86) was terminated by signal 11", "server process (PID {pid}) was terminated by signal 11"),
    ("INFO:     Started server process [1234]", "INFO:     Started server process [{pid}]"),
    (
        "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C)",
        "INFO:     Uvicorn running on http://{ip}:{port} (Press CTRL+C)",
    ),
    (
        "[2026-11-28 03:12:06 +0000] [77] [INFO] Booting worker with pid: 88",
        "[{time} +0000] [{pid}] [INFO] Booting worker with pid: {pid}",
    ),
    (
        '10.0.0.4 - - [28/Nov/2026:03:12:06 +0000] "GET / HTTP/1.1" 500 12',
        '{ip} - - [{time} +0000] "GET / HTTP/1.1" 500 12',
    ),
    ("Nov 28 03:12:06 3f2a9b8c7d6e sshd[123]: lost", "{time} {hex} sshd[{pid}]: lost"),
    ("OSError: [Errno 98] in use: ('127.0.0.1', 54321)", "OSError: [Errno 98] in use: ('{ip}', {port})"),
    ("http://[::1]:8080/ [fd00::12]:99 fe80::1", "http://[{ip}]:{port}/ [{ip}]:{port} {ip}"),
    ("postgresql://app:***@db:54321/app", "postgresql://app:***@db:{port}/app"),
    # compilers and other languages
    ("--- FAIL: TestTotal (0.02s)", "--- FAIL: TestTotal ({duration})"),
    ("FAIL\texample.com/shop\t0.005s", "FAIL\texample.com/shop\t{duration}"),
    ("goroutine 18 [running]:", "goroutine {id} [running]:"),
    ("main.total(0xc000012345, 0x3)", "main.total({address}, 0x3)"),
    ("2026/11/28 03:12:06 main.go:12: boom", "{time} main.go:12: boom"),
    ("Exception in com.shop.Cart@1b6d3586", "Exception in com.shop.Cart@{address}"),
    ("Tests run: 3, Failures: 1, Time elapsed: 0.05 s", "Tests run: 3, Failures: 1, Time elapsed: {duration}"),
    ("/usr/bin/ld: /tmp/ccAb12.o: in function", "/usr/bin/ld: {temporary}: in function"),
    ("bash: line 1:     7 Segmentation fault      ./a.out", "bash: line 1: {pid} Segmentation fault      ./a.out"),
    ("==1234==ERROR: AddressSanitizer: SEGV", "=={pid}==ERROR: AddressSanitizer: SEGV"),
    ("real\t0m1.234s", "real\t{duration}"),
    ("[    0.123456] usb 1-1", "[{time}] usb 1-1"),
    # progress and terminals
    ("\x1b[31mFAILED\x1b[0m in \x1b[1m3.2s\x1b[0m", "FAILED in {duration}"),
    ("\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\ ", "link"),
    (" 10%|█  | 1/10\r100%|███| 10/10 [00:01<00:00, 9.1it/s]\r\n", "{progress} 10/10 [{progress}]\n"),
    ("   ━━━━━━━━ 1.2/1.2 MB 3.4 MB/s eta 0:00:00", "   {progress} 1.2/1.2 MB {rate} eta {time}"),
]  # fmt: skip

DISTINCT = [
    ("E       assert 3 == 4", "E       assert 3 == 5"),
    ("E       assert '03' == '04'", "E       assert '03' == '05'"),
    ("expected 0.85 got 0.79", "expected 0.85 got 0.78"),
    ("assert [3] == [4]", "assert [3] == [5]"),
    ("assert 'a b' == 'a  b'", "assert 'a b' == 'a b'"),
    ("assert a[1::2] == b", "assert a[2::2] == b"),
    ("FAILED tests/test_a.py::test_1", "FAILED tests/test_a.py::test_2"),
    ("tests/test_a.py:12: AssertionError", "tests/test_a.py:13: AssertionError"),
    ('  File "/src/app/model.py", line 12, in f', '  File "/src/app/model.py", line 21, in f'),
    ("KeyError: 'a'", "KeyError: 'b'"),
    ("exit status 1", "exit status 2"),
    ("command terminated by signal 9", "command terminated by signal 11"),
    ("returned non-zero exit status 3.", "returned non-zero exit status 4."),
    ("Python 3.12.1", "Python 3.12.2"),
    ("requests==2.31.0.1", "requests==2.31.0.2"),
    ("installing tool-1.2.3.4", "installing tool-1.2.3.5"),
    ("app/main.py:12:34: E501 Line too long (101 > 100)", "app/main.py:12:35: E501 Line too long (101 > 100)"),
    ("a.c:12:34:56: error", "a.c:12:34:57: error"),
    ("src/a.py:7: error: Incompatible types [arg-type]", "src/a.py:8: error: Incompatible types [arg-type]"),
    ("a.c:3:5: error: expected ';'", "a.c:3:6: error: expected ';'"),
    ("main.go:12 +0x1d", "main.go:13 +0x1d"),
    ("\tat com.shop.Cart.add(Cart.java:17)", "\tat com.shop.Cart.add(Cart.java:18)"),
    ("[signal SIGSEGV: addr=0x0]", "[signal SIGSEGV: addr=0x7f1234567890]"),
    ('relation "users" does not exist', 'relation "orders" does not exist'),
    ("HTTP/1.1 404 Not Found", "HTTP/1.1 500 Internal Server Error"),
    ("2026-11-28T03:12:06+00:00", "2026-11-28T03:12:06+02:00"),
    ("2026-11-28 03:12:06 INFO x", "2026-11-28 03:12:06 WARN x"),
    ("PermissionError: '/app/tmp/a'", "PermissionError: '/app/tmp/b'"),
    ("data[10]: wrong", "data[11]: wrong"),
    ("report 12", "report 13"),
    ("stupid 5", "stupid 6"),
    ("Feed::add failed", "Feed::abc failed"),
    ("collected 12 items", "collected 13 items"),
    ("..F.. ", "....."),
    ("[0.123456]", "[0.123457]"),
]  # fmt: skip

PIECES = [
    *(text for pair in NOISY + DISTINCT for text in pair),
    *(text for pair in TABLE for text in pair),
    *"\x1b\r\n:/-.,[]=1fsm} ",
    *("::", "//", "==", "12", "3s", "::1", "/tmp/a", "0x123456"),  # noqa: S108  text
]


@pytest.mark.parametrize(("line", "normal"), NOISY)
def test_noise_is_replaced(line: str, normal: str) -> None:
    assert normalise(line) == normal


@pytest.mark.parametrize(("one", "other"), DISTINCT)
def test_what_tells_failures_apart_stays(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize(("example", "normal"), TABLE)
def test_the_table_of_the_docs(example: str, normal: str) -> None:
    # Tables cannot hold control characters, and have a bar only behind a backslash.
    written = example.replace("␛", "\x1b").replace("␍", "\r").replace("\\|", "|")
    assert normalise(written) == normal


def test_the_docs_have_a_table() -> None:
    assert len(TABLE) > 20


def test_every_placeholder_is_in_the_table() -> None:
    made = "".join(rule.replacement for rule in (*WORDS, *ANYWHERE))
    shown = "".join(normal for _, normal in TABLE)
    assert set(re.findall(r"{[a-z]+}", made)) == set(re.findall(r"{[a-z]+}", shown))


@pytest.mark.parametrize("rule", [*WORDS, *ANYWHERE], ids=lambda rule: rule.pattern)
def test_every_rule_has_an_example(rule: Rule) -> None:
    pattern = re.compile(rule.pattern, re.ASCII | re.MULTILINE)
    assert any(pattern.search(noisy) for noisy, _ in (*NOISY, *TABLE))


@pytest.mark.parametrize("text", PIECES)
def test_normal_text_stays_as_it_is(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize("seed", range(20))
def test_normal_text_stays_as_it_is_whatever_stands_side_by_side(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    for _ in range(200):
        words = [chance.choice(PIECES) for _ in range(chance.randint(2, 6))]
        # Cut anywhere, so that tokens meet tokens.
        text = "".join(word[chance.randint(0, 9) :] for word in words)
        once = normalise(text)
        assert normalise(once) == once, text


def test_lines_are_normalised_alike_alone_and_together() -> None:
    lines = [line for line, _ in NOISY if "\n" not in line]
    assert normalise("\n".join(lines)).split("\n") == [normalise(line) for line in lines]


@pytest.mark.parametrize(
    "part",
    ["a", "1", "f", " ", ":", "a:", "1:", "[ ", "=", "://", "[1:00<1,", "1%|", "\x1b]", "//tm", "in 1s "],
)  # fmt: skip
def test_hostile_output_takes_no_longer(part: str) -> None:
    # A time that grows with the square of the length would be minutes here.
    assert normalise(f"{part * 200_000}\nend").endswith("\nend")
