"""What Prometheus reads, in a registry per service."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The service's own figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "http_request_seconds",
            "Time to answer a request.",
            ("method", "route"),
            registry=self.registry,
        )
        self.predictions = Counter(
            "predictions", "Rows predicted and stored.", ("model_version",), registry=self.registry
        )
        self.model = Gauge(
            "model_loaded", "1 for the model that serves.", ("version",), registry=self.registry
        )

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request.

        Clients choose methods and paths freely, so unknown ones share a label: they must not grow
        the number of series. `route` is a template such as `/predictions`, or `unmatched`.
        """
        method = method if method in KNOWN_METHODS else "OTHER"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)

    def render(self) -> bytes:
        """Return the text that `/metrics` answers with."""
        return generate_latest(self.registry)
