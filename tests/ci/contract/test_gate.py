"""The gate for real: a small service that keeps its document, and one bad case for each way not to."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci.contract import documents

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 900
SETTINGS = """
[tool.ci.image]
name = "shop"
base = "python:3.11-slim-bookworm"
python = "3.11"
include = ["shop"]
command = ["python3", "shop/serve.py"]
port = 8000

[tool.ci.image.variants.shop]
requirements = "lock.txt"

[tool.ci.baseline]
reference = "main"

[tool.ci.contract]
document = "shop/openapi.json"
command = ["cat", "shop/openapi.json"]
"""
SERVICE = "\n[tool.ci.contract.service]\n"
SERVE = '''
"""Answers as the document says, but where its path says otherwise."""

import json
import pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

DOCUMENT = pathlib.Path("shop/openapi.json").read_bytes()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        address = urlsplit(self.path)
        if address.path == "/openapi.json":
            self.answer(200, DOCUMENT)
        elif address.path == "/count":
            number = parse_qs(address.query).get("number", [""])[0]
            self.answer({"5": 200, "13": 500}.get(number, 400), b'{"count": 1}')
        elif address.path == "/shape":
            self.answer(200, b'{"count": "many"}')
        elif address.path == "/teapot":
            self.answer(418, b'{"count": 1}')
        else:
            self.answer(404, b"{}")

    def other(self):
        self.send_response(405)
        self.send_header("Allow", "GET")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.other
        raise AttributeError(name)

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
'''


def served(*paths: str, number: dict[str, object] | None = None) -> documents.Document:
    """Give the document of a service with these of its paths; `number` is what /count takes."""
    body = {
        "type": "object",
        "required": ["count"],
        "properties": {"count": {"type": "integer"}},
    }
    answers = {
        "200": {"description": "done", "content": {"application/json": {"schema": body}}},
        "400": {"description": "the input is wrong"},
    }
    taken = [{"name": "number", "in": "query", "required": True, "schema": number}]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            path: {
                "get": {"parameters": taken if path == "/count" else [], "responses": answers},
            }
            for path in paths
        },
    }


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def call(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "--silent", "call", f"--mod={root}", *words]
    return subprocess.run(
        [*command, "--source=.", "--git=."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )


def contract(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return call(root, folder, "contract")


def write(folder: Path, document: documents.Document | str) -> None:
    text = document if isinstance(document, str) else json.dumps(document, indent=2)
    (folder / "shop" / "openapi.json").write_text(text, encoding="utf-8")


def configure(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Give a repository with a service; its first commit is the baseline."""
    configure(tmp_path, SETTINGS)
    (tmp_path / "lock.txt").write_text("# nothing\n", encoding="utf-8")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "serve.py").write_text(SERVE, encoding="utf-8")
    write(tmp_path, documents.before())
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message=first")
    return tmp_path


def test_what_the_baseline_has_breaks_nothing(root: Path, shop: Path) -> None:
    ran = contract(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert re.search(r"the same as at [0-9a-f]{12} of main", ran.stdout)
    assert "held against `cat shop/openapi.json`" in ran.stdout


def test_each_way_to_break_clients_is_red_and_says_where_and_what_to_do(
    root: Path, shop: Path
) -> None:
    write(shop, documents.after())

    ran = contract(root, shop)

    assert ran.returncode == 1
    for rule in documents.BREAKS:
        row = rf"HIGH +{rule} +POST /{rule} +shop/openapi\.json(:\d+)? +\w"
        assert re.search(row, ran.stderr), (rule, ran.stderr)
    assert re.search(rf"GET /{documents.REMOVED_PATH} +shop/openapi\.json +API path", ran.stderr)
    assert "clients that rely on what it answered until now break" in ran.stderr
    assert "deprecate it first" in ran.stderr
    assert re.search(r"oasdiff v[\d.]+ of its Go module, against [0-9a-f]{12} of main", ran.stderr)


def test_since_says_what_it_is_held_against_whatever_the_settings_name(
    root: Path, shop: Path
) -> None:
    configure(shop, "[tool.ci.contract]\ndocument = 'shop/openapi.json'\n")
    git(shop, "commit", "--quiet", "--all", "--message=second")
    document = documents.before()
    del document["paths"][next(iter(document["paths"]))]
    write(shop, document)

    ran = call(root, shop, "contract", "--since=main")

    assert ran.returncode == 1, ran.stdout
    assert "2 new findings to mend" in ran.stderr
    assert re.search(r"oasdiff v[\d.]+ of its Go module, against [0-9a-f]{12} of main", ran.stderr)


def test_what_only_adds_breaks_nothing(root: Path, shop: Path) -> None:
    document = documents.before()
    document["paths"]["/new"] = {"get": {"responses": {"200": {"description": "done"}}}}
    write(shop, document)

    ran = contract(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert "nothing to mend" in ran.stdout
    assert "oasdiff v" in ran.stdout


def test_a_break_that_is_meant_is_waived_for_its_operation_alone(root: Path, shop: Path) -> None:
    document = documents.before()
    one, other = list(document["paths"])[:2]
    for path in (one, other):
        del document["paths"][path]["post"]
    write(shop, document)
    rule = "api-removed-without-deprecation"
    waiver = f"\n[[tool.ci.waivers]]\nid = '{rule}'\npackage = 'POST {one}'\nowner = 'ada'\n"
    configure(shop, f"{SETTINGS}{waiver}reason = 'nobody used it'\nexpires = 9999-12-31\n")

    ran = contract(root, shop)

    assert ran.returncode == 1
    assert f"waived: {rule} shop/openapi.json: nobody used it (ada, until 9999" in ran.stderr
    assert "1 finding to mend" in ran.stderr
    assert re.search(rf"POST {other} +shop/openapi\.json +API removed", ran.stderr)


def test_a_document_that_is_not_the_code_s_is_red(root: Path, shop: Path) -> None:
    configure(shop, SETTINGS.replace('"cat", "shop/openapi.json"', '"echo", "{}"'))

    ran = contract(root, shop)

    assert ran.returncode == 1
    assert "outdated" in ran.stderr
    assert "it is not the document that `echo '{}'` gives" in ran.stderr
    assert "`echo '{}' > shop/openapi.json`" in ran.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SETTINGS.replace('"cat",', '"false",'), "`false shop/openapi.json` broke off"),
        (SETTINGS.replace("shop/openapi.json", "none.json"), r"names 'none\.json', which is not"),
        (SETTINGS.replace("port = 8000", "") + SERVICE, r"tool\.ci\.image\.port is missing"),
        (SETTINGS.replace('"main"', '"none"'), "'none' is nothing that HEAD could be compared"),
        (SETTINGS.replace("shop/serve.py", "shop/none.py") + SERVICE, r"can't open file.*none\.py"),
    ],
)
def test_what_cannot_be_told_is_an_error(root: Path, shop: Path, text: str, says: str) -> None:
    configure(shop, text)

    ran = contract(root, shop)

    assert ran.returncode == 1
    assert re.search(says, ran.stderr), ran.stderr
    assert "nothing to mend" not in ran.stderr


def test_a_document_that_is_none_is_an_error_of_its_own(root: Path, shop: Path) -> None:
    write(shop, "{")

    ran = contract(root, shop)

    assert ran.returncode == 1
    assert "oasdiff broke off:" in ran.stderr
    assert "mend shop/openapi.json" in ran.stderr


def test_without_a_baseline_or_a_document_in_it_that_is_said(root: Path, shop: Path) -> None:
    configure(shop, SETTINGS.replace('[tool.ci.baseline]\nreference = "main"\n', ""))
    without = contract(root, shop)
    configure(shop, SETTINGS)
    git(shop, "rm", "--quiet", "--cached", "shop/openapi.json")
    git(shop, "commit", "--quiet", "--message=without")
    new = contract(root, shop)

    assert without.returncode == 0, without.stderr
    assert "compared with nothing: pyproject.toml has no [tool.ci.baseline]" in without.stdout
    assert new.returncode == 0, new.stderr
    assert re.search(r"compared with nothing: [0-9a-f]{12} of main has no such", new.stdout)


def test_without_settings_it_is_off(root: Path, shop: Path) -> None:
    configure(shop, "[tool.ci]\n")

    ran = contract(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "off: pyproject.toml has no [tool.ci.contract]\n"


def test_a_service_that_keeps_its_document_passes(root: Path, shop: Path) -> None:
    configure(shop, SETTINGS + SERVICE)
    write(shop, served("/count", number={"enum": [5]}))
    git(shop, "commit", "--quiet", "--all", "--message=served")

    ran = contract(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert re.search(r"schemathesis [\d.]+, operations: 1, requests: \d+", ran.stdout)


def test_a_service_that_does_not_is_red_and_shows_the_request(root: Path, shop: Path) -> None:
    configure(shop, SETTINGS + SERVICE)
    write(shop, served("/count", "/shape", "/teapot", number={"enum": [5, 13]}))
    git(shop, "commit", "--quiet", "--all", "--message=served")

    ran = contract(root, shop)

    assert ran.returncode == 1
    for row in (
        r"CRITICAL +not_a_server_error +GET /count .*answers 500: ",
        r"HIGH +response_schema_conformance +GET /shape .*answers 200: ",
        r"MEDIUM +status_code_conformance +GET /teapot .*answers 418: ",
        r"mend what GET /count answers, .*: curl -X GET 'http://127\.0\.0\.1:8000/count\?number=13'",
    ):
        assert re.search(row, ran.stderr), (row, ran.stderr)


def test_a_service_that_does_not_is_taken_home(root: Path, shop: Path) -> None:
    configure(shop, SETTINGS + SERVICE)
    write(shop, served("/shape"))
    git(shop, "commit", "--quiet", "--all", "--message=served")

    ran = call(root, shop, "-o=failures", "capture", "--gate=contract")

    assert ran.returncode == 0, ran.stderr
    assert "contract: red" in (shop / "failures" / "table.txt").read_text(encoding="utf-8")
    assert "contract-service.tar" in {path.name for path in shop.glob("failures/*")}
    bundle = str(shop / "failures" / "contract-service.tar")
    again = subprocess.run(
        [str(root / "dagger"), "--silent", "reproduce", bundle],
        cwd=shop,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )
    assert "same failure" in again.stdout, again


def test_a_service_without_operations_is_not_tested(root: Path, shop: Path) -> None:
    configure(shop, SETTINGS + SERVICE)
    write(shop, served())
    git(shop, "commit", "--quiet", "--all", "--message=served")

    ran = contract(root, shop)

    assert ran.returncode == 1
    assert "schemathesis found no operation to test" in ran.stderr
