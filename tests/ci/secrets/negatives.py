"""Files that look as if they held a secret, and hold none, by kind: {path: what makes its text}."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.ci.secrets.corpus import Chance, Files


def pip_lock(c: Chance) -> str:
    hashes = " \\\n    ".join(f"--hash=sha256:{c.hex(64)}" for _ in range(4))
    return f"token-bucket==0.3.0 \\\n    {hashes}\n"


def npm_lock(c: Chance) -> str:
    entry = {"version": "7.0.0", "integrity": f"sha512-{c.base64(64)}"}
    return json.dumps({"packages": {"node_modules/api-key": entry}}, indent=2)


def poetry_lock(c: Chance) -> str:
    return f'[[package]]\nname = "keyring"\nfiles = [{{file = "keyring.whl", hash = "sha256:{c.hex(64)}"}}]\n'


def uv_lock(c: Chance) -> str:
    return f'wheels = [{{ url = "https://files.shop.test/{c.hex(2)}/{c.hex(60)}/a.whl", hash = "sha256:{c.hex(64)}" }}]\n'


def image(c: Chance) -> str:
    return f'<img src="data:image/png;base64,iVBORw0KGgo{c.base64(900)}">\n'


def minified(c: Chance) -> str:
    names = "".join(
        f"var {c.letters(1)}=function(e,t){{return e.key=t.token,t}};" for _ in range(80)
    )
    return f'!function(){{{names}r.exports="{c.hex(20)}"}}();\n'


def source_map(c: Chance) -> str:
    return json.dumps({"version": 3, "sources": ["token.ts"], "mappings": f"AAAA,{c.text(300)}"})


def sops(c: Chance) -> str:
    return f"password: ENC[AES256_GCM,data:{c.base64(18)},iv:{c.base64(32)},tag:{c.base64(16)},type:str]\n"


def vault(c: Chance) -> str:
    return f"$ANSIBLE_VAULT;1.1;AES256\n{c.hex(80)}\n{c.hex(80)}\n"


def sealed(c: Chance) -> str:
    return f"kind: SealedSecret\nspec:\n  encryptedData:\n    password: AgB{c.base64(300)}\n"


def known_hosts(c: Chance) -> str:
    return f"git.shop.test ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{c.base64(32)}\n"


def notebook(c: Chance) -> str:
    output = {"output_type": "display_data", "data": {"image/png": f"iVBORw0KGgo{c.base64(600)}"}}
    cell = {"cell_type": "code", "id": c.hex(8), "source": ["plot()"], "outputs": [output]}
    return json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5})


def kubernetes(_: Chance) -> str:
    value = base64.b64encode(b"changeme").decode()
    return f"apiVersion: v1\nkind: Secret\ndata:\n  password: {value}\n"


def revision(c: Chance) -> str:
    return f'revision = "{c.hex(12)}"\ndown_revision = "{c.hex(12)}"\n'


EXAMPLE: Final = "EXAMPLE"
"""What cloud providers end the keys of their manuals with."""

NEGATIVES: Final[dict[str, Files]] = {
    "hashes in locks": {
        "locks/requirements.txt": pip_lock,
        "locks/package-lock.json": npm_lock,
        "locks/poetry.lock": poetry_lock,
        "locks/uv.lock": uv_lock,
        "locks/Cargo.lock": lambda c: f'name = "secrecy"\nchecksum = "{c.hex(64)}"\n',
        "locks/go.sum": lambda c: f"shop.test/token v1.0.0 h1:{c.base64(32)}\n",
        "locks/yarn.lock": lambda c: f'tokenize@^1:\n  resolved "https://npm.shop.test/t.tgz#{c.hex(40)}"\n',
        "locks/lint.lock": lambda c: f"secretstorage==3.3 --hash=sha256:{c.hex(64)}\n",
    },
    "UUIDs": {
        "uuids/ids.py": lambda c: f'USER = "{c.uuid()}"\n',
        "uuids/tenant.yml": lambda c: f"tenant_id: {c.uuid()}\n",
        "uuids/key.json": lambda c: json.dumps({"idempotency_key": c.uuid()}),
        "uuids/fixture.csv": lambda c: f"id,parent\n{c.uuid()},{c.uuid()}\n",
        "uuids/project.sln": lambda c: f'Project("{{{c.uuid().upper()}}}") = "Shop"\n',
    },
    "public keys": {
        "public/id_rsa.pub": lambda c: f"ssh-rsa AAAAB3NzaC1yc2E{c.base64(270)} ada@shop\n",
        "public/key.pem": lambda c: c.pem("PUBLIC KEY", 294),
        "public/authorized_keys": lambda c: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{c.base64(32)} ci\n",
        "public/known_hosts": known_hosts,
        "public/cosign.py": lambda c: f'PUBLIC_KEY = """{c.pem("PUBLIC KEY", 91)}"""\n',
        "public/wireguard.conf": lambda c: f"[Peer]\nPublicKey = {c.base64(32)}\n",
        "public/age.txt": lambda c: f"age1{c.text(58, 'qpzry9x8gf2tvdw0s3jn54khce6mua7l')}\n",
    },
    "certificates": {
        "certs/ca.pem": lambda c: c.pem("CERTIFICATE", 1200),
        "certs/request.csr": lambda c: c.pem("CERTIFICATE REQUEST", 700),
        "certs/kubeconfig": lambda c: f"certificate-authority-data: {base64.b64encode(c.pem('CERTIFICATE').encode()).decode()}\n",
        "certs/signature.asc": lambda c: c.pem("PGP SIGNATURE", 500),
        "certs/inline.yml": lambda c: "tls.crt: |\n  " + c.pem("CERTIFICATE").replace("\n", "\n  "),
    },
    "placeholders": {
        "placeholders/env.example": lambda _: "API_KEY=your-api-key-here\nPASSWORD=changeme\n",
        "placeholders/readme.md": lambda _: "export GITHUB_TOKEN=<your token>\n",
        "placeholders/values.yml": lambda _: "password: ${DATABASE_PASSWORD}\ntoken: $TOKEN\n",
        "placeholders/ci.yml": lambda _: "env:\n  TOKEN: ${{ secrets.DEPLOY_TOKEN }}\n",
        "placeholders/settings.py": lambda _: 'SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]\n',
        "placeholders/url.md": lambda _: "DATABASE_URL=postgresql://user:password@localhost:5432/shop\n",
        "placeholders/stars.log": lambda _: "password=****************\nAuthorization: Bearer [REDACTED]\n",
        "placeholders/xs.toml": lambda _: 'token = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"\n',
        "placeholders/template.tf": lambda _: 'password = var.database_password\ntoken = data.vault.token["value"]\n',
        "placeholders/helm.yaml": lambda _: "password: {{ .Values.postgres.password | quote }}\n",
        "placeholders/compose.yml": lambda _: "DATABASE_URL: postgres://shop:${POSTGRES_PASSWORD}@db/shop\n",
        "placeholders/secret.yaml": kubernetes,
    },
    "keys of manuals": {
        "examples/credentials": lambda _: f"aws_access_key_id = AKIAIOSFODNN7{EXAMPLE}\n",
        "examples/test_s3.py": lambda _: f'KEY = "AKIAI44QH8DHB{EXAMPLE}"\n',
        "examples/sigv4.md": lambda _: f"secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCY{EXAMPLE}KEY\n",
        "examples/stripe.md": lambda _: "sk_test_xxxxxxxxxxxxxxxxxxxxxxxx\n",
        "examples/conn.md": lambda _: "postgres://username:password@host:5432/database\n",
    },
    "digests": {
        "digests/Dockerfile": lambda c: f"FROM debian:12@sha256:{c.hex(64)}\n",
        "digests/SHA256SUMS": lambda c: f"{c.hex(64)}  access-token.tar.gz\n",
        "digests/page.html": lambda c: f'<script src="a.js" integrity="sha384-{c.base64(48)}"></script>\n',
        "digests/cache.yml": lambda c: f"cache-key: deps-{c.hex(40)}\n",
        "digests/etag.json": lambda c: json.dumps({"etag": c.hex(32), "content_md5": c.base64(16)}),
        "digests/model.py": lambda c: f'WEIGHTS_SHA256 = "{c.hex(64)}"\n',
        "digests/chart.yaml": lambda c: f"annotations:\n  checksum/secret: {c.hex(64)}\n",
    },
    "embedded files": {
        "embedded/page.html": image,
        "embedded/plot.ipynb": notebook,
        "embedded/font.css": lambda c: f"@font-face{{src:url(data:font/woff2;base64,{c.base64(900)})}}\n",
        "embedded/icon.py": lambda c: f'ICON = b"{c.base64(600)}"\n',
        "embedded/drawing.svg": lambda c: f'<path d="M{c.text(200, "0123456789.,Ll")}z"/>\n',
    },
    "made code": {
        "made/app.min.js": minified,
        "made/app.js.map": source_map,
        "made/styles.css": lambda c: f".token_{c.text(8)}{{color:#fff}}.key--{c.text(6)}{{margin:0}}\n",
        "made/bundle.html": lambda c: f'<script src="/static/main.{c.hex(20)}.js"></script>\n',
        "made/message_pb2.py": lambda c: f"DESCRIPTOR = b'\\n\\x0bsecret.proto\\x12\\x03{c.text(40)}'\n",
    },
    "commits": {
        "commits/.gitmodules.lock": lambda c: f"engine {c.hex(40)}\n",
        "commits/workflow.yml": lambda c: f"- uses: actions/create-token@{c.hex(40)}  # v2\n",
        "commits/CHANGELOG.md": lambda c: f"* rotate the api key ({c.hex(40)})\n",
        "commits/blame.txt": lambda c: f".git-blame-ignore-revs\n{c.hex(40)}\n{c.hex(40)}\n",
        "commits/version.py": lambda c: f'COMMIT = "{c.hex(40)}"\n',
    },
    "code about secrets": {
        "code/auth.py": lambda _: "token = tokenizer.decode(response.headers['x-session-token-name'])\n",
        "code/forms.py": lambda _: 'password = forms.CharField(widget=forms.PasswordInput, label="password_confirmation")\n',
        "code/keys.ts": lambda _: 'const storageKey = "shop.user.preferences.v2";\n',
        "code/store.go": lambda _: 'secretName := "shop-database-credentials"\n',
        "code/i18n.json": lambda _: json.dumps({"password.reset.title": "Reset your password now"}),
        "code/config.py": lambda _: "API_KEY_HEADER = 'X-Shop-Api-Key-Header-Name'\n",
        "code/migration.py": revision,
        "code/schema.sql": lambda _: "password_hash varchar(255) NOT NULL DEFAULT ''\n",
        "code/tensors.py": lambda _: 'key = "model.layers.11.self_attn.k_proj.weight"\n',
        "code/route.java": lambda _: 'String tokenEndpoint = "https://login.shop.test/oauth2/v2.0/token";\n',
        "code/types.rs": lambda _: "pub access_token: Option<SecretString>,\n",
        "code/cli.md": lambda _: "Use `--key-password env:COSIGN_PASSWORD` to sign.\n",
    },
    "encrypted": {
        "encrypted/sops.yml": sops,
        "encrypted/vault.yml": vault,
        "encrypted/sealed.yml": sealed,
        "encrypted/age.txt": lambda c: c.pem("AGE ENCRYPTED FILE", 300),
    },
}
