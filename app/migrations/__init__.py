"""The database's history, one revision a file in `versions`; `app.migrate` runs it."""
