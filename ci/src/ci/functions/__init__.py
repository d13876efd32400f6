"""The functions of the module, by what they are about; `ci.main` puts them together.

Each call of a function is a process that imports this module: methods import what they compose, so that a call loads
its own code alone.
"""
