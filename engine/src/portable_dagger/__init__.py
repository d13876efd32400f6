"""The embedded engine: Dagger's GraphQL API on crun and overlayfs, on one Linux machine."""

__version__ = "0.21.11"
