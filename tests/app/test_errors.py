from __future__ import annotations

from app.errors import DatabaseError, PlatformError, SchemaError


def test_an_error_says_what_happened_and_what_to_do_next() -> None:
    error = SchemaError("the tables are old", "Migrate.")

    assert isinstance(error, DatabaseError)
    assert isinstance(error, PlatformError)
    assert str(error) == "the tables are old\n  Migrate."
