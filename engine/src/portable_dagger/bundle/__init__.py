"""Bundles: a step that failed, in one file, with all that it needs to fail again; see docs/reference/bundles.md."""
