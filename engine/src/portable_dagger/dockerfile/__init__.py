"""Dockerfiles: read, planned, and built as steps of the engine, with the caching of all other steps."""
