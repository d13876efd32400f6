from __future__ import annotations

from app.metrics import Metrics


def test_unknown_methods_share_one_label() -> None:
    metrics = Metrics()
    for method in ("BREW", "WHEN", "GET"):
        metrics.observe(method=method, route="/", status=405, seconds=0.1)

    def count(method: str) -> float | None:
        labels = {"method": method, "route": "/", "status": "405"}
        return metrics.registry.get_sample_value("http_requests_total", labels)

    assert (count("OTHER"), count("GET"), count("BREW")) == (2, 1, None)


def test_services_in_one_process_count_for_themselves() -> None:
    first, second = Metrics(), Metrics()
    first.predictions.labels("one").inc()

    assert 'predictions_total{model_version="one"} 1.0' in first.render().decode()
    assert "model_version" not in second.render().decode()
