"""Failures with services: their data, their end, their start."""

from __future__ import annotations

from typing import Final

from tests.bundle.pipeline import (
    CLIENT,
    DATABASE,
    DEBIAN,
    MOUNTED,
    POSTGRES,
    PYTHON,
    SOURCE,
    execute,
    pipeline,
    serve,
)
from tests.bundle.seed import NONCE, Seed, changed, fixed

_MIGRATE: Final = """\
set -e
psql -q -c 'create table if not exists versions (name text primary key)'
for file in migrations/*.sql; do
    echo "applying $file"
    psql -q -1 -v ON_ERROR_STOP=1 -f "$file" -c "insert into versions values ('$file')"
done
"""

_MIGRATIONS: Final = {
    "migrations/0001_houses.sql": "create table houses (id serial primary key, rooms int);\n",
    "migrations/0002_data.sql": "insert into houses (rooms) values (3), (null);\n",
    "migrations/0003_rooms.sql": "alter table houses alter rooms set not null;\n",
}

_FILL: Final = """\
create table customers (name text primary key);
insert into customers values ('Ada'), ('Grace'), ('Edsger');
"""

# Exit code 1 says that it found the data, and 4 that it did not. It ends with an empty table either way.
_ORDER: Final = """\
found=$(psql -qtA -c 'select count(*) from customers')
echo "found $found customers"
psql -v ON_ERROR_STOP=1 -c "insert into customers values ({name})" && code=0 || code=$?
psql -q -c 'delete from customers' -c checkpoint
[ "$found" = 3 ] || exit 4
exit "$code"
"""

_SERVER: Final = """\
import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("a request, and the end", flush=True)
        os._exit(3)


http.server.HTTPServer(("", 8000), Handler).serve_forever()
"""

_ASK: Final = """\
import sys
import urllib.request

try:
    urllib.request.urlopen("http://api:8000/")
except OSError as error:
    sys.exit(f"the server went away: {type(error).__name__}")
"""


def _psql(*functions: str) -> str:
    return pipeline("container", f"from {POSTGRES}", MOUNTED, CLIENT, *functions, "stdout")


SEEDS: Final = (
    Seed(
        "migration",
        "a migration does not fit the data",
        {"migrate.sh": _MIGRATE, **_MIGRATIONS},
        3,
        'column "rooms" of relation "houses" contains null values',
        "\n".join([SOURCE, DATABASE, _psql(execute("sh migrate.sh"))]),
        altered=(
            fixed({"migrations/0002_data.sql": "insert into houses (rooms) values (3);\n"}),
            changed(
                "already exists", {"migrations/0003_rooms.sql": "create table houses (id int);\n"}
            ),
        ),
    ),
    Seed(
        "constraint",
        "a row breaks a constraint with what an earlier step left; the command deletes it all",
        {"order.sh": _ORDER.format(name="'Ada'"), "fill.sql": _FILL},
        1,
        "found 3 customers[^@]*duplicate key value violates unique constraint",
        "\n".join(
            [
                SOURCE,
                DATABASE,
                _psql(
                    f"with-env-variable RUN {NONCE}",
                    execute("psql -q -v ON_ERROR_STOP=1 -f fill.sql"),
                    execute("sh order.sh"),
                ),
            ]
        ),
        altered=(
            fixed({"order.sh": _ORDER.format(name="'Barbara'")}),
            changed("null value", {"order.sh": _ORDER.format(name="null")}),
        ),
    ),
    Seed(
        "service-crash",
        "a service dies while a command uses it",
        {"serve.py": _SERVER, "ask.py": _ASK},
        1,
        "the server went away",
        "\n".join(
            [
                SOURCE,
                serve("api", PYTHON, "python3 serve.py"),
                pipeline(
                    "container",
                    f"from {PYTHON}",
                    MOUNTED,
                    "with-service-binding api $api",
                    execute("python3 ask.py"),
                    "stdout",
                ),
            ]
        ),
    ),
    Seed(
        "service-start",
        "a service ends before it is ready",
        {"serve.sh": "echo 'the configuration lacks a port' >&2\nexit 7\n"},
        7,
        "the configuration lacks a port",
        "\n".join(
            [
                SOURCE,
                serve("api", DEBIAN, "sh serve.sh"),
                f"container | from {DEBIAN} | with-service-binding api $api | with-exec -- true | stdout",
            ]
        ),
    ),
)
