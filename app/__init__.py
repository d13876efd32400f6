"""California Housing: a service that predicts house values and remembers what it predicted."""

__version__ = "1.0.0"
