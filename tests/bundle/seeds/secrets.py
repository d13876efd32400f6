"""Failures with secrets: one that the replay lacks, and one that was left wherever it could be."""

from __future__ import annotations

import hashlib
from typing import Final

from tests.bundle.pipeline import CLIENT, DATABASE, DEBIAN, POSTGRES, SOURCE, execute, pipeline, run
from tests.bundle.seed import NONCE, SECRET, Seed

_TEXT: Final = 'pl4nted/To+ken="x\\y"&caf\u00e9 7'
"""With what URLs and JSON write otherwise."""

_GIVEN: Final = ("--secret", "CORPUS_SECRET=env://CORPUS_SECRET")
"""How the replay is given it: by the last part of the URI, its name."""

_VARIABLE: Final = "with-secret-variable TOKEN $(secret env://CORPUS_SECRET)"

_SUM: Final = hashlib.sha256(_TEXT.encode()).hexdigest()

_USE: Final = f"""\
[ "$(printf %s "$TOKEN" | sha256sum | cut -d' ' -f1)" = {_SUM} ] || {{ echo "wrong token" >&2; exit 3; }}
echo "the third record is broken" >&2
exit 5
"""

_LEAK: Final = """\
echo "argument $1, variable $COPY, file $(cat /tmp/token)"
printf %s "$TOKEN" | base64
printf 'x%s' "$TOKEN" | base64
printf 'xy%s' "$TOKEN" | base64
psql -qtA -c 'select token from logins'
printf %s "$TOKEN" > /src/left-behind
echo "the login is refused" >&2
exit 6
"""

_LEAVE: Final = """\
set -e
printf %s "$TOKEN" > /tmp/token
printf 'user:%s' "$TOKEN" | base64 > /tmp/header
printf %s "$TOKEN" | gzip > /tmp/token.gz
psql -q -v ON_ERROR_STOP=1 -v token="$TOKEN" <<SQL
create table logins (token text);
insert into logins values (:'token');
checkpoint;
SQL
"""

SEEDS: Final = (
    Seed(
        "secret-missing",
        "a command needs a secret, which the replay is not given",
        {"use.sh": _USE},
        5,
        "third record is broken",
        run(DEBIAN, _VARIABLE, execute("sh use.sh")),
        secret=_TEXT,
        verdict="missing",
        missing="secret",
    ),
    Seed(
        "secret-given",
        "a command needs a secret, and the replay is given it",
        {"use.sh": _USE},
        5,
        "third record is broken",
        run(
            DEBIAN,
            _VARIABLE,
            execute("sh use.sh"),
            source="with-directory /src $src | with-workdir /src",
        ),
        secret=_TEXT,
        replay=_GIVEN,
    ),
    Seed(
        "secret-everywhere",
        "a secret is in a variable, an argument, files, the output and a database",
        {"leak.sh": _LEAK, "leave.sh": _LEAVE, ".env": f"TOKEN={SECRET}\n"},
        6,
        "login is refused",
        "\n".join(
            [
                SOURCE,
                "token=$(secret env://CORPUS_SECRET)",
                "text=$(secret env://CORPUS_SECRET | plaintext)",
                DATABASE,
                pipeline(
                    "container",
                    f"from {POSTGRES}",
                    "with-mounted-directory /src $src",
                    "with-workdir /src",
                    CLIENT,
                    "with-secret-variable TOKEN $token",
                    'with-env-variable COPY "$text"',
                    'with-new-file /etc/login.json "$text"',
                    f"with-env-variable RUN {NONCE}",
                    "with-exec -- sh leave.sh",
                    'with-exec -- sh leak.sh "$text"',
                    "stdout",
                ),
            ]
        ),
        secret=_TEXT,
        replay=_GIVEN,
    ),
)
