"""Make the synthetic sample: `python -m app.sample.make > app/sample/california-sample.csv`.

No row of it is real: seeded random districts, with a value that follows income, crowding, age and
the distance to the coast plus noise. Good for tests and first tries, for no statement on houses.
"""

from __future__ import annotations

import csv
import io
import math
import random
import sys
from pathlib import Path

from app.features import NAMES, TARGET

SEED = 19900401
ROWS = 500
SAMPLE = Path(__file__).with_name("california-sample.csv")


def district(source: random.Random) -> list[float]:
    """Draw one row: the eight features in their order, then the target."""
    latitude = source.uniform(32.6, 41.9)
    # The coast runs from north-west to south-east; districts lie up to 4 degrees east of it.
    inland = 4 * source.random() ** 2
    longitude = min(-124.2 + 0.8 * (41.9 - latitude) + inland, -114.2)
    income = min(0.5 + source.expovariate(1 / 3.3), 15)
    age = float(source.randint(1, 52))
    rooms = min(max(source.gauss(4.2 + 0.35 * income, 1), 1), 40)
    bedrooms = min(max(source.gauss(1.07, 0.08), 0.4), 5)
    occupancy = min(max(source.gauss(2.9, 0.7), 1), 10)
    population = float(source.randint(50, 4000))
    value = 0.35 + 0.42 * income + 0.8 * math.exp(-inland) - 0.12 * (occupancy - 2.9) + 0.004 * age
    value = min(max(value + source.gauss(0, 0.25), 0.15), 5)
    row = [income, age, rooms, bedrooms, population, occupancy, latitude, longitude, value]
    return [round(number, 4) for number in row]


def render() -> str:
    """Return the whole sample as CSV text, the same on every machine."""
    source = random.Random(SEED)  # noqa: S311 - reproducible data, not a secret
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*NAMES, TARGET))
    writer.writerows(district(source) for _ in range(ROWS))
    return text.getvalue()


if __name__ == "__main__":
    sys.stdout.write(render())
