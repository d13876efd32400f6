from __future__ import annotations

from ci.change.dependencies import Move, difference, render

BEFORE = """\
# made by uv
idna==3.10 \\
    --hash=sha256:00
Jinja2==2.11.2 ; python_version < "3.12" \\
    --hash=sha256:01
Jinja2==3.0 ; python_version >= "3.12" \\
    --hash=sha256:02
old_name==1
psycopg[binary]==3.2.1
"""
NOW = """\
idna==3.11 \\
    --hash=sha256:03
jinja2==2.11.2 ; python_version < "3.12" \\
    --hash=sha256:01
jinja2==3.0 ; python_version >= "3.12" \\
    --hash=sha256:02
    # via jinja2==9
old-name==1
new==1
"""


def test_packages_are_told_that_came_went_or_have_another_version() -> None:
    assert difference({"lock.txt": BEFORE}, {"lock.txt": NOW}) == (
        Move("lock.txt", "idna", "3.10", "3.11"),
        Move("lock.txt", "new", "", "1"),
        Move("lock.txt", "psycopg", "3.2.1", ""),
    )


def test_one_of_several_versions_of_a_package_may_be_another() -> None:
    now = BEFORE.replace("Jinja2==3.0", "Jinja2==3.1")

    assert difference({"a": BEFORE}, {"a": now}) == (
        Move("a", "jinja2", "2.11.2, 3.0", "2.11.2, 3.1"),
    )


def test_a_lock_that_came_or_went_is_told_by_its_packages() -> None:
    came = difference({}, {"a.txt": "one==1\n"})
    went = difference({"a.txt": "one==1\n"}, {})

    assert came == (Move("a.txt", "one", "", "1"),)
    assert went == (Move("a.txt", "one", "1", ""),)


def test_it_is_a_table_that_texts_of_locks_do_not_break() -> None:
    text = render([Move("a`|b.txt", "one", "1", "2"), Move("a.txt", "two", "", "2")])

    assert text.splitlines() == [
        "1 added, 0 removed, 1 of another version:",
        "",
        "| Lock | Package | Before | Now |",
        "|---|---|---|---|",
        "| ``a`\\|b.txt`` | `one` | `1` | `2` |",
        "| `a.txt` | `two` | - | `2` |",
    ]


def test_nothing_and_much_are_told_in_a_line() -> None:
    many = render(Move("a.txt", f"p{number:03}", "", "1") for number in range(120))

    assert render([]) == "No lock names other packages or versions."
    assert many.startswith("120 added")
    assert many.endswith("`p099` | - | `1` |\n\n… and 20 more")
