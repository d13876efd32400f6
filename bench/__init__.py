"""Figures of the engine, measured beside `cp`, podman and buildah on the same machine; see README.md."""
