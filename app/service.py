"""The service: model, database and figures, from start to stop."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app import __version__, audit, predictions, registry
from app.database import Database
from app.errors import ArtifactError, DatabaseError, PlatformError
from app.features import NAMES
from app.metrics import Metrics
from app.model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.settings import Settings
    from app.tables import Prediction

logger = logging.getLogger(__name__)


class Service:
    """Predicts and remembers; without model or database it runs and says what is missing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.database = Database(settings)
        self._model: Model | PlatformError | None = None

    @property
    def model(self) -> Model:
        """The model that serves. Raises ArtifactError when there is none."""
        if isinstance(self._model, Model):
            return self._model
        raise self._model or ArtifactError("no model is loaded yet", "Wait for the start to end.")

    def start(self) -> None:
        """Load the model, put the start on record; what fails is logged and shown by `/ready`."""
        settings = self.settings
        try:
            self._model = Model.load(
                settings.model_path, device=settings.device, threads=settings.model_threads
            )
            self.metrics.model.labels(self._model.metadata.version).set(1)
            with self.database.transaction() as session:
                registry.register(session, self._model)
                audit.record(session, "service.started", __version__, {})
        except ArtifactError as error:
            self._model = error
            logger.error("not ready: %s", error)  # noqa: TRY400 - the message says it all
        except DatabaseError as error:
            logger.error("not ready: %s", error)  # noqa: TRY400 - the message says it all

    def stop(self) -> None:
        """Put the stop on record and close every connection."""
        try:
            with self.database.transaction() as session:
                audit.record(session, "service.stopped", __version__, {})
        except DatabaseError as error:
            logger.warning("the stop is not on record: %s", error)
        finally:
            self.database.close()

    def predict(
        self, rows: Sequence[Mapping[str, float]], request_id: str
    ) -> list[tuple[int, float]]:
        """Predict `rows` (features by name) and return id and value of each, in their order.

        The predictions are committed before this returns: what a caller has seen is on record.
        Values are in 100,000 US dollars. Raises ArtifactError and DatabaseError.
        """
        model = self.model
        values = model.predict([[row[name] for name in NAMES] for row in rows])
        version = model.metadata.version
        with self.database.transaction() as session:
            # Also here, not only at the start: the database may have come up after the service.
            registry.register(session, model)
            ids = predictions.record(
                session, request_id=request_id, model_version=version, features=rows, values=values
            )
        self.metrics.predictions.labels(version).inc(len(ids))
        return list(zip(ids, values))

    def history(self, *, limit: int, before: int | None) -> list[Prediction]:
        """Return stored predictions, newest first. Raises DatabaseError."""
        with self.database.transaction() as session:
            return predictions.page(session, limit=limit, before=before)

    def faults(self) -> dict[str, PlatformError | None]:
        """Return what keeps model and database from serving; None where nothing does."""
        return {"model": self._model_fault(), "database": self._database_fault()}

    def _model_fault(self) -> PlatformError | None:
        try:
            self.model  # noqa: B018 - asking for it is the check
        except PlatformError as error:
            return error
        return None

    def _database_fault(self) -> PlatformError | None:
        try:
            self.database.check()
        except DatabaseError as error:
            return error
        return None
