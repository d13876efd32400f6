"""Load on the service: mostly predictions, some reading.

Run from the repository's root against a running service, with app/requirements/load.txt installed:

    python -m locust -f tests/load/locustfile.py --headless --users 20 --run-time 30s \
        --host http://127.0.0.1:8000
"""

from __future__ import annotations

import random

from locust import HttpUser, between, task

from app.features import FEATURES


def random_row() -> dict[str, float]:
    """Draw a row from the accepted ranges."""
    return {
        feature.name: round(random.uniform(feature.low, feature.high), 4)  # noqa: S311 - just load
        for feature in FEATURES
    }


class Client(HttpUser):
    """Someone who asks for predictions and now and then looks back."""

    wait_time = between(0.01, 0.1)

    @task(10)
    def predict_one(self) -> None:
        """Ask for one row."""
        self.client.post("/predict", json=random_row())

    @task(2)
    def predict_many(self) -> None:
        """Ask for a hundred rows at once."""
        self.client.post(
            "/predict", json=[random_row() for _ in range(100)], name="/predict (100 rows)"
        )

    @task(2)
    def history(self) -> None:
        """Read two pages of the history."""
        page = self.client.get("/predictions", params={"limit": 20}).json()
        if page["next"] is not None:
            self.client.get(
                "/predictions",
                params={"limit": 20, "before": page["next"]},
                name="/predictions (next)",
            )

    @task(1)
    def model(self) -> None:
        """Read what serves."""
        self.client.get("/model")
