"""Cases that were written after the rules, and that no rule was changed for: what to expect of files nobody has seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.ci.secrets.negatives import EXAMPLE
from tests.ci.secrets.positives import aws, encoded, github, notebook

if TYPE_CHECKING:
    from tests.ci.secrets.corpus import Chance, Files


def variables(c: Chance) -> str:
    return f"env:\n  - name: SMTP_PASSWORD\n    value: {c.password(24)}\n"


def parameters(c: Chance) -> str:
    return json.dumps([{"name": "api_token", "value": c.text(40)}])


def maven(c: Chance) -> str:
    return f"<server>\n  <id>shop</id>\n  <password>{c.password(20)}</password>\n</server>\n"


def go_mod(c: Chance) -> str:
    return f"shop.test/secret v0.1.0/go.mod h1:{c.base64(32)}\n"


def spdx(c: Chance) -> str:
    return json.dumps({"checksums": [{"algorithm": "SHA256", "checksumValue": c.hex(64)}]})


POSITIVES: Final[dict[str, Files]] = {
    "cloud keys": {
        "late/cloud/deploy.sh": lambda c: f"AWS_ACCESS_KEY_ID={aws(c)} ./deploy\n",
        "late/cloud/temporary.ini": lambda c: f"aws_access_key_id = ASIA{c.upper(16)}\n",
        "late/cloud/places.html": lambda c: f'<script src="https://maps.test/js?key=AIza{c.text(35)}"></script>\n',
        "late/cloud/bucket.yml": lambda c: f"s3:\n  secret_access_key: {c.text(40)}\n",
    },
    "tokens of forges": {
        "late/forge/bot.json": lambda c: json.dumps({"github": {"token": github(c)}}),
        "late/forge/clone.sh": lambda c: f"git clone https://x-access-token:{github(c)}@git.shop.test/a\n",
        "late/forge/refresh.rb": lambda c: f"TOKEN = 'ghr_{c.text(36)}'\n",
    },
    "tokens of package indexes": {
        "late/index/publish.yml": lambda c: f"  TWINE_PASSWORD: pypi-AgEIcHlwaS5vcmc{c.url_base64(90)}\n",
        "late/index/.yarnrc.yml": lambda c: f'npmAuthToken: "npm_{c.text(36)}"\n',
        "late/index/server.xml": maven,
    },
    "private keys": {
        "late/keys/tls.key": lambda c: c.pem("ENCRYPTED PRIVATE KEY", 1200),
        "late/keys/dsa": lambda c: c.pem("DSA PRIVATE KEY", 400),
        "late/keys/config.py": lambda c: f'KEY = """{c.pem("RSA PRIVATE KEY", 900)}"""\n',
    },
    "JSON Web Tokens": {
        "late/jwt/cookie.txt": lambda c: f"Set-Cookie: session={c.jwt()}; HttpOnly\n",
        "late/jwt/fixture.py": lambda c: f"TOKEN = '{c.jwt()}'\n",
    },
    "addresses with a password": {
        "late/urls/worker.py": lambda c: f"Celery(broker='redis://:{c.password(22)}@10.0.0.5:6379/1')\n",
        "late/urls/ftp.sh": lambda c: f"curl -T a ftp://backup:{c.password(16)}@files.shop.test/\n",
        "late/urls/clickhouse.yml": lambda c: f"url: clickhouse://default:{c.text(20)}@olap:9000/shop\n",
        "late/urls/adonet.config": lambda c: f"Server=db;Database=shop;User Id=shop;Password={c.text(20)};\n",
    },
    "assignments": {
        "late/assign/client.go": lambda c: f'var apiKey = "{c.text(40)}"\n',
        "late/assign/local.properties": lambda c: f"keystore.password={c.text(20)}\n",
        "late/assign/settings.toml": lambda c: f'jwt_secret = "{c.hex(48)}"\n',
        "late/assign/variables.yaml": variables,
        "late/assign/parameters.json": parameters,
        "late/assign/Client.cs": lambda c: f'const string ClientSecret = "{c.text(34)}";\n',
        "late/assign/app.ex": lambda c: f'secret_key_base: "{c.text(64)}",\n',
        "late/assign/run.ps1": lambda c: f"$env:API_TOKEN = '{c.text(32)}'\n",
    },
    "chat, mail and payments": {
        "late/vendors/app.js": lambda c: f'new WebClient("xoxp-{c.digits(12)}-{c.digits(12)}-{c.digits(12)}-{c.hex(32)}")\n',
        "late/vendors/restricted.env": lambda c: f"STRIPE=rk_live_{c.text(32)}\n",
        "late/vendors/mail.php": lambda c: f"$mailgun_token = 'key-{c.hex(32)}';\n",
    },
    "models and data": {
        "late/models/train.py": lambda c: f'HfApi(token="hf_{c.letters(34)}")\n',
        "late/models/agent.yml": lambda c: f"anthropic: sk-ant-api03-{c.text(93)}AA\n",
    },
    "files of tools": {
        "late/tools/prod.env": lambda c: f"SMTP_PASSWORD={c.password(20)}\n",
        "late/tools/auth.json": lambda c: json.dumps(
            {"auths": {"r.test": {"auth": encoded(f"ci:{c.text(30)}")}}}
        ),
        "late/tools/docker-compose.yaml": lambda c: f"      - MYSQL_ROOT_PASSWORD={c.text(20)}\n",
        "late/tools/_netrc": lambda c: f"machine a.test login ada password {c.text(16)}\n",
    },
    "encoded": {
        "late/encoded/payload.txt": lambda c: f"{encoded(json.dumps({'aws': aws(c)}))}\n",
    },
    "notebooks": {
        "late/notebooks/client.ipynb": lambda c: notebook(source=f'OpenAI(api_key="{c.text(48)}")'),
        "late/notebooks/clone.ipynb": lambda c: notebook(
            source=f"!git clone https://ada:{github(c)}@git.shop.test/a"
        ),
    },
    "files of unusual types": {
        "late/unusual/trace.txt": lambda c: f"> X-Api-Key: {c.text(40)}\n",
        "late/unusual/export.xml": lambda c: f"<setting><token>{c.text(40)}</token></setting>\n",
        "late/unusual/history": lambda c: f"curl -u deploy:{c.password(20)} https://shop.test/api\n",
    },
}

NEGATIVES: Final[dict[str, Files]] = {
    "hashes in locks": {
        "late/locks/constraints.txt": lambda c: f"pyjwt==2.9.0 --hash=sha256:{c.hex(64)}\n",
        "late/locks/go.sum": go_mod,
        "late/locks/pnpm-lock.yaml": lambda c: f"  /tokens@1.0.0:\n    resolution: {{integrity: sha512-{c.base64(64)}}}\n",
        "late/locks/flake.lock": lambda c: json.dumps(
            {"narHash": f"sha256-{c.base64(32)}", "rev": c.hex(40)}
        ),
    },
    "UUIDs": {
        "late/uuids/trace.py": lambda c: f'headers = {{"X-Request-Id": "{c.uuid()}"}}\n',
        "late/uuids/seed.sql": lambda c: f"INSERT INTO orders VALUES ('{c.uuid()}', 12);\n",
    },
    "public keys": {
        "late/public/signers": lambda c: f"ada@shop.test ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{c.base64(32)}\n",
        "late/public/release.asc": lambda c: c.pem("PGP PUBLIC KEY BLOCK", 900),
    },
    "certificates": {
        "late/certs/chain.pem": lambda c: c.pem("CERTIFICATE", 900) + c.pem("CERTIFICATE", 900),
        "late/certs/crl.pem": lambda c: c.pem("X509 CRL", 400),
    },
    "placeholders": {
        "late/placeholders/.env.sample": lambda _: "SECRET_KEY=replace-me-with-a-long-random-text\n",
        "late/placeholders/login.md": lambda _: f"curl -u {'USER'}:PASSWORD https://shop.test\n",
        "late/placeholders/values.yaml": lambda _: 'existingSecret: ""\npassword: ""\n',
        "late/placeholders/dsn.py": lambda _: 'f"postgresql://{user}:{password}@{host}/{name}"\n',
        "late/placeholders/actions.yml": lambda _: "token: ${{ github.token }}\n",
    },
    "keys of manuals": {
        "late/examples/test_keys.py": lambda _: f'id = "AKIA1234567890{EXAMPLE}"[:20]\n',
        "late/examples/url.md": lambda _: "redis://:password@localhost:6379/0\n",
    },
    "digests": {
        "late/digests/lock.json": spdx,
        "late/digests/release.md": lambda c: f"| shop.whl | `sha256:{c.hex(64)}` |\n",
        "late/digests/action.yml": lambda c: f"image: docker://shop.test/secret-scan@sha256:{c.hex(64)}\n",
    },
    "embedded files": {
        "late/embedded/mail.eml": lambda c: f"Content-Transfer-Encoding: base64\n\n{c.base64(600)}\n",
        "late/embedded/icon.css": lambda c: f"a{{background:url(data:image/png;base64,{c.base64(300)})}}\n",
    },
    "made code": {
        "late/made/chunk.js": lambda c: f'e.exports=t.p+"static/media/key.{c.hex(20)}.svg"\n',
        "late/made/schema.json": lambda c: json.dumps(
            {"$id": f"urn:shop:{c.hex(16)}", "title": "Token"}
        ),
    },
    "commits": {
        "late/commits/fixup.txt": lambda c: f"fixup! {c.hex(40)} token refresh\n",
        "late/commits/pins.cfg": lambda c: f"engine-revision = {c.hex(40)}\n",
    },
    "code about secrets": {
        "late/code/test_login.py": lambda _: 'client.post("/login", data={"password": "wrong-password"})\n',
        "late/code/vault.py": lambda _: "secret = client.secrets.kv.v2.read_secret_version(path=name)\n",
        "late/code/Token.kt": lambda _: "data class TokenResponse(val accessToken: String, val expiresIn: Int)\n",
        "late/code/policy.tf": lambda _: f"{'secret'}_id = aws_secretsmanager_secret.database_password_v2.id\n",
        "late/code/errors.json": lambda _: json.dumps(
            {"invalid_token": "The access token expired at 12:30"}
        ),
    },
    "encrypted": {
        "late/encrypted/values.enc": lambda c: f"api_key: ENC[AES256_GCM,data:{c.base64(30)},type:str]\n",
        "late/encrypted/hash.txt": lambda c: f"ada:$2b$12${c.text(53)}\n",
    },
}
