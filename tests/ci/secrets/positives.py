"""Files that hold a secret, by kind: {path: what makes its text}. Random parts stand where the secret part is."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from tests.ci.secrets.corpus import Chance, Files


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def notebook(*, source: str = "", output: str = "") -> str:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": [source]}
    cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": [output]}]
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def aws(c: Chance) -> str:
    return f"AKIA{c.upper(16)}"


def github(c: Chance) -> str:
    return f"ghp_{c.text(36)}"


def service_account(c: Chance) -> str:
    account = {"type": "service_account", "project_id": "shop", "private_key_id": c.hex(40)}
    return json.dumps({**account, "private_key": c.pem("PRIVATE KEY", 1200)}, indent=2)


def openssh(c: Chance) -> str:
    return c.pem("OPENSSH PRIVATE KEY", 300)


def kubeconfig(c: Chance) -> str:
    key = encoded(c.pem("RSA PRIVATE KEY"))
    return f"users:\n- name: admin\n  user:\n    client-key-data: {key}\n"


def kubernetes(c: Chance) -> str:
    return f"apiVersion: v1\nkind: Secret\ndata:\n  password: {encoded(c.password(24))}\n"


def docker(c: Chance) -> str:
    auth = encoded(f"deploy:{c.password(24)}")
    return json.dumps({"auths": {"registry.shop.test": {"auth": auth}}}, indent=2)


def putty(c: Chance) -> str:
    head = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: deploy\n"
    return f"{head}Private-Lines: 1\n{c.base64(36)}\nPrivate-MAC: {c.hex(64)}\n"


def tfstate(c: Chance) -> str:
    attributes = {"username": "shop", "password": c.password(24), "port": 5432}
    return json.dumps({"version": 4, "resources": [{"instances": [{"attributes": attributes}]}]})


def har(c: Chance) -> str:
    header = {"name": "Authorization", "value": f"Bearer {c.jwt()}"}
    return json.dumps({"log": {"entries": [{"request": {"headers": [header]}}]}})


def netrc(c: Chance) -> str:
    return f"machine git.shop.test\n  login deploy\n  password {c.password(24)}\n"


def aws_credentials(c: Chance) -> str:
    return f"[default]\naws_access_key_id = {aws(c)}\naws_secret_access_key = {c.text(40)}\n"


def azure_storage(c: Chance) -> str:
    ends = "EndpointSuffix=core.windows.net"
    return f"STORAGE=DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={c.base64(64)};{ends}\n"


POSITIVES: Final[dict[str, Files]] = {
    "cloud keys": {
        "cloud/credentials": aws_credentials,
        "cloud/boto.py": lambda c: f'client("s3", aws_access_key_id="{aws(c)}")\n',
        "cloud/session.sh": lambda c: f"export AWS_SECRET_ACCESS_KEY={c.text(40)}\n",
        "cloud/maps.js": lambda c: f'const mapsKey = "AIza{c.text(35)}";\n',
        "cloud/account.json": service_account,
        "cloud/storage.env": azure_storage,
        "cloud/entra.yml": lambda c: f"client_secret: {c.text(3)}8Q~{c.text(34)}\n",
        "cloud/ocean.tf": lambda c: f'token = "dop_v1_{c.hex(64)}"\n',
        "cloud/alibaba.ini": lambda c: f"access_key_id = LTAI{c.text(20)}\n",
        "cloud/cloudflare.toml": lambda c: f'cloudflare_api_key = "{c.hex(37)}"\n',
    },
    "tokens of forges": {
        "forge/classic.txt": lambda c: f"{github(c)}\n",
        "forge/fine.yml": lambda c: f"token: github_pat_{c.text(22)}_{c.text(59)}\n",
        "forge/oauth.py": lambda c: f'OAUTH = "gho_{c.text(36)}"\n',
        "forge/app.sh": lambda c: f"curl -H 'Authorization: token ghs_{c.text(36)}'\n",
        "forge/gitlab.env": lambda c: f"GITLAB_TOKEN=glpat-{c.text(20)}\n",
        "forge/runner.toml": lambda c: f'token = "glrt-{c.text(20)}"\n',
        "forge/remote.config": lambda c: f"url = https://oauth2:glpat-{c.text(20)}@git.shop.test/a.git\n",
        "forge/gitea.ini": lambda c: f"gitea_token = {c.hex(40)}\n",
    },
    "tokens of package indexes": {
        "index/pypirc": lambda c: f"[pypi]\nusername = __token__\npassword = pypi-AgEIcHlwaS5vcmc{c.url_base64(80)}\n",
        "index/.npmrc": lambda c: f"//registry.shop.test/:_authToken=npm_{c.text(36)}\n",
        "index/legacy/.npmrc": lambda c: f"//registry.shop.test/:_authToken={c.uuid()}\n",
        "index/basic/.npmrc": lambda c: f"//registry.shop.test/:_auth={encoded('ci:' + c.password(20))}\n",
        "index/gem.yml": lambda c: f":rubygems_api_key: rubygems_{c.hex(48)}\n",
        "index/pip.conf": lambda c: f"[global]\nindex-url = https://ci:{c.password(20)}@pypi.shop.test/simple\n",
        "index/nuget.config": lambda c: f'<add key="ClearTextPassword" value="{c.password(24)}" />\n',
        "index/settings.xml": lambda c: f"<server><username>ci</username><password>{c.password(24)}</password></server>\n",
    },
    "private keys": {
        "keys/id_rsa": lambda c: c.pem("RSA PRIVATE KEY", 1200),
        "keys/server.key": lambda c: c.pem("EC PRIVATE KEY", 120),
        "keys/id_ed25519": openssh,
        "keys/pkcs8.pem": lambda c: c.pem("PRIVATE KEY", 1200),
        "keys/backup.asc": lambda c: c.pem("PGP PRIVATE KEY BLOCK", 900),
        "keys/inline.json": lambda c: json.dumps({"key": c.pem("RSA PRIVATE KEY", 900)}),
        "keys/deploy.ppk": putty,
        "keys/age.txt": lambda c: f"AGE-SECRET-KEY-1{c.text(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}\n",
        "keys/indented.yml": lambda c: "tls:\n  key: |\n    "
        + c.pem("RSA PRIVATE KEY").replace("\n", "\n    "),
        "keys/wireguard.conf": lambda c: f"[Interface]\nPrivateKey = {c.base64(32)}\n",
    },
    "JSON Web Tokens": {
        "jwt/session.txt": lambda c: f"{c.jwt()}\n",
        "jwt/request.http": lambda c: f"GET / HTTP/1.1\nAuthorization: Bearer {c.jwt()}\n",
        "jwt/config.yml": lambda c: f"supabase:\n  service_role: {c.jwt()}\n",
        "jwt/test.js": lambda c: f'const token = "{c.jwt()}";\n',
    },
    "addresses with a password": {
        "urls/settings.py": lambda c: f'DATABASES = "postgres://shop:{c.password()}@db.shop.test:5432/shop"\n',
        "urls/alembic.ini": lambda c: f"sqlalchemy.url = postgresql+psycopg://shop:{c.password()}@db/shop\n",
        "urls/mysql.env": lambda c: f"DATABASE_URL=mysql://root:{c.password()}@10.1.2.3/shop\n",
        "urls/mongo.js": lambda c: f'connect("mongodb+srv://shop:{c.password()}@cluster0.shop.test/prod");\n',
        "urls/redis.yml": lambda c: f"broker: redis://:{c.password()}@cache:6379/0\n",
        "urls/amqp.toml": lambda c: f'url = "amqps://shop:{c.password()}@queue.shop.test/vhost"\n',
        "urls/proxy.sh": lambda c: f"export https_proxy=http://proxy:{c.password()}@proxy.shop.test:3128\n",
        "urls/jdbc.properties": lambda c: f"jdbc.url=jdbc:postgresql://db/shop?user=shop&password={c.password()}\n",
        "urls/quoted.env": lambda c: f"DATABASE_URL=postgresql://shop:{quote(c.password(14) + '/!%', safe='')}@db.shop.test/shop\n",
        "urls/dsn.go": lambda c: f'dsn := "host=db user=shop password={c.password()} dbname=shop"\n',
    },
    "assignments": {
        "assign/client.py": lambda c: f'API_KEY = "{c.text(32)}"\n',
        "assign/app.properties": lambda c: f"payment.api.secret={c.text(40)}\n",
        "assign/values.yaml": lambda c: f"auth:\n  clientSecret: {c.text(32)}\n",
        "assign/config.json": lambda c: json.dumps({"secretKey": c.base64(32)}),
        "assign/prod.tfvars": lambda c: f'db_password = "{c.password(24)}"\n',
        "assign/export.sh": lambda c: f"export SESSION_SECRET='{c.hex(64)}'\n",
        "assign/config.php": lambda c: f"define('AUTH_KEY', '{c.text(64)}');\n",
        "assign/web.config": lambda c: f'<add key="ApiToken" value="{c.text(40)}" />\n',
        "assign/django.py": lambda c: f'SECRET_KEY = "{c.text(50)}"\n',
        "assign/Service.java": lambda c: f'private static final String ACCESS_TOKEN = "{c.text(36)}";\n',
        "assign/secrets.rb": lambda c: f"config.secret_key_base = '{c.hex(128)}'\n",
        "assign/headers.ts": lambda c: f'headers: {{ "X-Api-Key": "{c.text(40)}" }}\n',
    },
    "chat, mail and payments": {
        "vendors/slack.py": lambda c: f'SLACK = "xoxb-{c.digits(12)}-{c.digits(12)}-{c.text(24)}"\n',
        "vendors/hook.yml": lambda c: f"url: https://hooks.slack.com/services/T{c.upper(10)}/B{c.upper(10)}/{c.text(24)}\n",
        "vendors/stripe.rb": lambda c: f'Stripe.api_key = "sk_live_{c.text(24)}"\n',
        "vendors/sendgrid.env": lambda c: f"SENDGRID=SG.{c.text(22)}.{c.text(43)}\n",
        "vendors/twilio.js": lambda c: f'const key = "SK{c.hex(32)}";\n',
        "vendors/telegram.py": lambda c: f'telegram_token = "{c.digits(9)}:A{c.text(34)}"\n',
        "vendors/discord.yml": lambda c: f"webhook: https://discord.com/api/webhooks/{c.digits(18)}/{c.text(68)}\n",
        "vendors/mailgun.ini": lambda c: f"mailgun_key = key-{c.hex(32)}\n",
    },
    "models and data": {
        "models/hub.py": lambda c: f'login("hf_{c.letters(34)}")\n',
        "models/openai.env": lambda c: f"OPENAI_API_KEY=sk-proj-{c.text(74)}T3BlbkFJ{c.text(74)}\n",
        "models/anthropic.toml": lambda c: f'key = "sk-ant-api03-{c.text(93)}AA"\n',
        "models/databricks.cfg": lambda c: f"token = dapi{c.hex(32)}\n",
        "models/tracking.sh": lambda c: f"export WANDB_API_KEY={c.hex(40)}\n",
        "models/kaggle.json": lambda c: json.dumps({"username": "ada", "key": c.hex(32)}),
    },
    "files of tools": {
        "tools/.docker/config.json": docker,
        "tools/.netrc": netrc,
        "tools/.env": lambda c: f"DEBUG=0\nPOSTGRES_PASSWORD={c.password(24)}\n",
        "tools/kubeconfig": kubeconfig,
        "tools/secret.yaml": kubernetes,
        "tools/.git-credentials": lambda c: f"https://deploy:{c.password(24)}@git.shop.test\n",
        "tools/.pgpass": lambda c: f"db.shop.test:5432:shop:shop:{c.password(24)}\n",
        "tools/Dockerfile": lambda c: f"FROM debian:12\nENV API_TOKEN={c.text(40)}\n",
        "tools/compose.yml": lambda c: f"services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: {c.password(24)}\n",
        "tools/ci.yml": lambda c: f"env:\n  DEPLOY_TOKEN: {c.text(40)}\n",
        "tools/vault.sh": lambda c: f"export VAULT_TOKEN=hvs.{c.text(90)}\n",
        "tools/terraform.tfstate": tfstate,
    },
    "encoded": {
        "encoded/aws.txt": lambda c: f"{encoded('aws_access_key_id=' + aws(c))}\n",
        "encoded/key.yml": lambda c: f"tls.key: {encoded(c.pem('RSA PRIVATE KEY'))}\n",
        "encoded/token.json": lambda c: json.dumps({"value": encoded(f"token: {github(c)}")}),
        "encoded/percent.txt": lambda c: f"https://shop.test/?next={quote('token=' + github(c), safe='')}%26a\n",
    },
    "notebooks": {
        "notebooks/source.ipynb": lambda c: notebook(source=f'login("hf_{c.letters(34)}")'),
        "notebooks/output.ipynb": lambda c: notebook(output=f"AWS_ACCESS_KEY_ID={aws(c)}\n"),
        "notebooks/password.ipynb": lambda c: notebook(source=f'password = "{c.password(24)}"'),
        "notebooks/engine.ipynb": lambda c: notebook(
            source=f'create_engine("postgresql://shop:{c.password()}@db.shop.test/shop")'
        ),
    },
    "files of unusual types": {
        "unusual/debug.log": lambda c: f"12:00:01 INFO sending Authorization: Bearer {github(c)}\n",
        "unusual/export.csv": lambda c: f"id,name,token\n1,ada,{github(c)}\n",
        "unusual/fix.patch": lambda c: f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n+key = {aws(c)}\n",
        "unusual/dump.sql": lambda c: f"INSERT INTO settings VALUES ('stripe', 'sk_live_{c.text(24)}');\n",
        "unusual/Makefile": lambda c: f"deploy:\n\tcurl -H 'PRIVATE-TOKEN: glpat-{c.text(20)}' https://git.shop.test\n",
        "unusual/blob.dat": lambda c: f"\0\1\2 token={github(c)}\0\n",
        "unusual/session.har": har,
        "unusual/noextension": lambda c: f"AccountKey={c.base64(64)}\n",
    },
}
