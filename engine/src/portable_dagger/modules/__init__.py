"""Dagger modules: their configuration and source, their workers, their types, calls of their functions."""
