"""Publish and verify for real: a small repository, two registries on the loopback, every way to be refused."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ci import settings
from ci.programs import fetch
from tests.ci.programs.service import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 900
# CVE-2020-28493 of the test's feed; nothing imports it.
LOCK = """\
jinja2==2.11.2 \\
    --hash=sha256:f0a4641d3cf955324a89c04f3d94663aa4d638abe8f733ecd3582848e1c37035
"""
PROJECT = """\
[tool.pytest.ini_options]
pythonpath = ["."]
[tool.ci.test]
python = ["3.11"]
python-image = "python:{{version}}-slim-bookworm"
postgres = []
requirements = "test.txt"
packages = ["shop"]
[tool.ci.image]
name = "shop"
base = "python:3.11-slim-bookworm"
python = "3.11"
include = ["shop"]
command = ["python3", "-m", "shop"]
smoke = ["python3", "-c", "import shop"]
platforms = ["linux/amd64"]
[tool.ci.image.variants.plain]
requirements = "image.txt"
[tool.ci.image.variants.other]
requirements = "image.txt"
environment = {{ OTHER = "1" }}
[tool.ci.scan]
severity = ["MEDIUM", "HIGH", "CRITICAL"]
[[tool.ci.waivers]]
id = "CVE-2020-28493"
owner = "ada"
reason = "the filter is not used"
expires = {expires}
"""


@dataclass(frozen=True)
class Shop:
    """The repository, its registries and what it takes to publish; `root` is where the module is."""

    root: Path
    folder: Path
    ports: tuple[str, str]

    def call(self, function: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.root / "dagger"), "call", "-m", str(self.root), function, *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_SECONDS,
            check=False,
        )

    def publish(self, *more: str) -> subprocess.CompletedProcess[str]:
        where = [
            word
            for port in self.ports
            for word in (f"--registry=127.0.0.1:{port}/shop", f"--service=tcp://127.0.0.1:{port}")
        ]
        return self.call("publish", "--git=.", *where, "--key=file:ci.key", "--feed=feed", *more)

    def verify(
        self, *more: str, key: str = "ci.pub", reference: str = "shop:1.2.3"
    ) -> subprocess.CompletedProcess[str]:
        port = self.ports[0]
        where = [f"--reference=127.0.0.1:{port}/{reference}", f"--service=tcp://127.0.0.1:{port}"]
        return self.call("verify", "--source=.", *where, f"--key={key}", *more)

    def verify_layout(self, layout: Path, *more: str) -> subprocess.CompletedProcess[str]:
        where = [f"--layout={layout}", "--reference=1.2.3"]
        return self.call("verify", "--source=.", *where, "--key=ci.pub", *more)

    def project(self, expires: dt.date) -> None:
        text = PROJECT.format(expires=expires.isoformat())
        (self.folder / "pyproject.toml").write_text(text, encoding="utf-8")

    def commit(self, tag: str) -> None:
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", f"--message={tag}")
        git(self.folder, "tag", tag)


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def key_pair(folder: Path, name: str) -> None:
    curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    for words in (
        ["genpkey", *curve, "-out", f"{name}.key"],
        ["pkey", "-in", f"{name}.key", "-pubout", "-out", f"{name}.pub"],
    ):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, tuple[str, str]]]:
    folder = tmp_path_factory.mktemp("registries")
    with contextlib.ExitStack() as stack:
        first, second = (stack.enter_context(serve(folder / name)) for name in ("1", "2"))
        yield folder / "1" / "data", (first.rpartition(":")[2], second.rpartition(":")[2])


@pytest.fixture(scope="module")
def shop(
    root: Path,
    registries: tuple[Path, tuple[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Shop:
    """Give the repository, published once as 1.2.3."""
    folder = tmp_path_factory.mktemp("shop")
    made = Shop(root, folder, registries[1])
    lock = settings.parse((root / "pyproject.toml").read_text(encoding="utf-8")).test.requirements
    shutil.copy(root / lock, folder / "test.txt")
    (folder / "image.txt").write_text(LOCK, encoding="utf-8")
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("PRICE = 1\n", encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_price.py").write_text(
        "import shop\n\ndef test_price():\n    assert shop.PRICE == 1\n", encoding="utf-8"
    )
    (folder / ".gitignore").write_text("*.key\n*.pub\nfeed\n", encoding="utf-8")
    made.project(today() + dt.timedelta(days=1))
    (folder / "feed").mkdir()
    packed = Path(__file__).parent / "feed" / "trivy.db.gz"
    (folder / "feed" / "trivy.db").write_bytes(gzip.decompress(packed.read_bytes()))
    updated = dt.datetime.now(dt.UTC).isoformat()
    metadata = {"Version": 2, "UpdatedAt": updated, "NextUpdate": updated, "DownloadedAt": updated}
    (folder / "feed" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    for name in ("ci", "other"):
        key_pair(folder, name)
    git(folder, "init", "--quiet")
    made.commit("v1.2.3")

    published = made.publish()

    assert published.returncode == 0, published.stderr
    references = published.stdout.split()
    names = [reference.partition("@")[0].partition("/")[2] for reference in references]
    tags = ["1.2.3", "main", "1.2", "1", "latest"]
    assert sorted(names) == sorted(
        f"shop:{name}"
        for tag in [f"sha-{git(folder, 'rev-parse', 'HEAD')[:12]}", *tags]
        for name in (tag, f"{tag}-other")
        for _ in made.ports
    )
    assert len({reference.partition("@")[2] for reference in references}) == 2
    return made


@pytest.fixture(scope="module")
def layout(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what was published, with all that is attached to it, as an OCI layout."""
    folder = tmp_path_factory.mktemp("layout")
    host = f"127.0.0.1:{shop.ports[1]}"
    arguments = [f"--repository={host}/shop", f"--address=http://{host}"]
    assert fetch.main([*arguments, "--reference=1.2.3", f"--output={folder}"]) == 0
    return folder


@pytest.fixture
def altered(layout: Path, tmp_path: Path) -> Path:
    """Give a copy of the layout that a test may change."""
    return Path(shutil.copytree(layout, tmp_path / "altered"))


def blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def entries(layout: Path) -> list[dict[str, object]]:
    found = json.loads((layout / "index.json").read_text(encoding="utf-8"))["manifests"]
    assert isinstance(found, list)
    return found


def test_what_was_published_is_accepted_from_registry_and_layout(shop: Shop, layout: Path) -> None:
    commit = git(shop.folder, "rev-parse", "HEAD")

    online = shop.verify(f"--expect-commit={commit}")
    offline = shop.verify_layout(layout)

    for ran in (online, offline):
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.count(" good") == 7
        assert "is accepted" in ran.stdout


def test_provenance_names_the_base_by_its_digest(layout: Path) -> None:
    bases = []
    for entry in entries(layout):
        manifest = json.loads(blob(layout, str(entry["digest"])).read_bytes())
        if "slsa.dev" not in json.dumps(manifest.get("annotations", {})):
            continue
        bundle = json.loads(blob(layout, manifest["layers"][0]["digest"]).read_bytes())
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        found = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
        bases += [each for each in found if each["uri"].startswith("oci://")]

    assert len(bases) == 2
    for base in bases:
        assert base["name"] == "docker.io/library/python:3.11-slim-bookworm"
        assert base["uri"] == f"oci://{base['name']}@sha256:{base['digest']['sha256']}"
        assert base["annotations"] == {"platform": "linux/amd64"}


def test_an_unchanged_commit_sends_nothing_again(shop: Shop) -> None:
    again = shop.publish()

    assert again.returncode == 0, again.stderr
    rows = re.findall(
        r"127\.0\.0\.1:\d+/shop +pushed +(\d+) +(\d+) +([\d.]+ MB) +(\d+)", again.stderr
    )
    assert [(sent, size, tagged) for sent, _, size, tagged in rows] == [("0", "0.0 MB", "0")] * 2


def test_two_builds_are_the_same(shop: Shop) -> None:
    ran = shop.call("reproducible", "--source=.", "--git=.")

    assert ran.returncode == 0, ran.stderr
    assert "built twice, with the same digests" in ran.stdout


def test_uncommitted_files_are_not_published(shop: Shop) -> None:
    (shop.folder / "shop" / "draft.py").write_text("DRAFT = 1\n", encoding="utf-8")
    again = shop.publish()
    (shop.folder / "shop" / "draft.py").unlink()

    assert again.returncode == 0, again.stderr
    assert len(set(re.findall(r"sha256:\w{64}", again.stdout))) == 2


def test_an_image_of_uncommitted_files_says_so(shop: Shop) -> None:
    commit = git(shop.folder, "rev-parse", "HEAD")
    where = ["--source=.", "--git=."]
    label = [*where, "label", "--name=org.opencontainers.image.revision"]
    # Neither is in an image.
    (shop.folder / "tests" / "test_draft.py").write_text("", encoding="utf-8")
    (shop.folder / "shop" / "__init__.py").chmod(0o600)
    clean = shop.call("build", *label)
    (shop.folder / "shop" / "draft.py").write_text("DRAFT = 1\n", encoding="utf-8")
    dirty = shop.call("build", *label)
    table = shop.call("images", *where)
    for name in ("tests/test_draft.py", "shop/draft.py"):
        (shop.folder / name).unlink()

    assert (clean.stdout.strip(), dirty.stdout.strip()) == (commit, f"{commit}-dirty")
    assert f"commit {commit} of " in table.stdout
    assert ", with uncommitted changes of shop/draft.py\n" in table.stdout


def test_another_key_is_refused(shop: Shop) -> None:
    ran = shop.verify(key="other.pub")

    assert ran.returncode != 0
    assert "7 of 7 checks" in ran.stderr
    assert "it is not signed by this key" in ran.stderr


def test_another_commit_is_refused(shop: Shop) -> None:
    ran = shop.verify(f"--expect-commit={'0' * 40}")

    assert ran.returncode != 0
    assert f"not {'0' * 40}" in ran.stderr


def test_an_expired_waiver_is_refused(shop: Shop) -> None:
    shop.project(today() - dt.timedelta(days=1))
    ran = shop.verify()
    shop.project(today() + dt.timedelta(days=1))

    assert ran.returncode != 0
    assert "CVE-2020-28493 Jinja2" in ran.stderr
    assert "the waiver of CVE-2020-28493 by ada expired on" in ran.stderr


def test_a_tampered_layer_is_refused(shop: Shop, altered: Path) -> None:
    (image,) = json.loads(blob(altered, str(entries(altered)[0]["digest"])).read_bytes())[
        "manifests"
    ]
    layer = json.loads(blob(altered, image["digest"]).read_bytes())["layers"][-1]["digest"]
    with blob(altered, layer).open("ab") as file:
        file.write(b"x")

    ran = shop.verify_layout(altered)

    assert ran.returncode != 0
    assert f"layer {layer} has been changed" in ran.stderr


def test_a_tampered_layer_in_a_registry_is_refused(
    shop: Shop, registries: tuple[Path, tuple[str, str]], layout: Path
) -> None:
    (image,) = json.loads(blob(layout, str(entries(layout)[0]["digest"])).read_bytes())["manifests"]
    layer = json.loads(blob(layout, image["digest"]).read_bytes())["layers"][-1]["digest"]
    value = layer.removeprefix("sha256:")
    data = registries[0] / "docker/registry/v2/blobs/sha256" / value[:2] / value / "data"
    content = data.read_bytes()
    data.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    ran = shop.verify()
    data.write_bytes(content)

    assert ran.returncode != 0
    assert layer in ran.stderr
    assert "has been changed" in ran.stderr


def test_a_missing_attestation_is_refused(shop: Shop, altered: Path) -> None:
    listed = entries(altered)
    kept = [
        entry
        for entry in listed
        if "slsa.dev" not in blob(altered, str(entry["digest"])).read_text(encoding="utf-8")
    ]
    assert len(kept) == len(listed) - 2
    index = {"schemaVersion": 2, "manifests": kept}
    (altered / "index.json").write_text(json.dumps(index), encoding="utf-8")

    ran = shop.verify_layout(altered)

    assert ran.returncode != 0
    assert len(re.findall(r"provenance +it is missing", ran.stderr)) == 2


def test_a_signature_of_another_image_is_refused(shop: Shop, altered: Path) -> None:
    """The index's own signature is attached to the image in place of the image's."""
    root, *attached = entries(altered)
    (image,) = json.loads(blob(altered, str(root["digest"])).read_bytes())["manifests"]
    signatures = {}
    for entry in attached:
        manifest = json.loads(blob(altered, str(entry["digest"])).read_bytes())
        if manifest["annotations"]["dev.sigstore.bundle.predicateType"].endswith("/cosign/sign/v1"):
            signatures[manifest["subject"]["digest"]] = (entry, manifest)
    forged = signatures[str(root["digest"])][1]
    forged["subject"] = {name: image[name] for name in ("mediaType", "digest", "size")}
    content = json.dumps(forged).encode()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    blob(altered, digest).write_bytes(content)
    kept = [entry for entry in attached if entry is not signatures[image["digest"]][0]]
    added = {"mediaType": forged["mediaType"], "digest": digest, "size": len(content)}
    index = {"schemaVersion": 2, "manifests": [root, *kept, added]}
    (altered / "index.json").write_text(json.dumps(index), encoding="utf-8")

    ran = shop.verify_layout(altered)

    assert ran.returncode != 0
    assert re.search(rf"signature +it is about {root['digest']}", ran.stderr)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--registry=127.0.0.1:1/shop"], "127.0.0.1:1 is this machine's own address"),
        (["--registry=UPPER/x"], "names no repository"),
        (["--identity-token=env:HOME"], "both a key and a token came"),
        (["--key-password=env:HOME"], "is not encrypted, but a password came"),
    ],
)
def test_what_cannot_be_published_is_told(shop: Shop, change: list[str], message: str) -> None:
    ran = shop.publish(*change)

    assert ran.returncode != 0
    assert message in ran.stderr


def test_a_red_suite_moves_no_tag(shop: Shop) -> None:
    (shop.folder / "shop" / "__init__.py").write_text("PRICE = 2\n", encoding="utf-8")
    shop.commit("v1.2.4")

    ran = shop.publish()

    assert ran.returncode != 0
    assert "tests.test_price::test_price" in ran.stderr
    address = f"docker://127.0.0.1:{shop.ports[0]}/shop"
    listed = subprocess.run(
        ["skopeo", "list-tags", "--tls-verify=false", address],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "1.2.4" not in json.loads(listed.stdout)["Tags"]
