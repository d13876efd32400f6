"""The layers that a step needs: out of its bundle or, where that is thin, those of this machine that stand for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.bundle.unpacking import unpack_all
from portable_dagger.errors import MissingInputError

if TYPE_CHECKING:
    from portable_dagger.bundle.description import Layer, Step
    from portable_dagger.bundle.reading import Reader
    from portable_dagger.store.store import Store


def gather(store: Store, reader: Reader, step: Step) -> dict[str, str]:
    """Bring the layers of a step and its services into the store, and return their names there by diff_id.

    Raises MissingInputError for those not to be had, BundleDamagedError for those that are not what they claim to be.
    """
    description = reader.description
    known = {layer.diff_id: layer for layer in description.layers}
    wanted = list(dict.fromkeys(_named(reader, step)))
    held = [diff_id for diff_id in wanted if known[diff_id].held]
    unpack_all(reader, store, held)
    found = {diff_id: diff_id for diff_id in held}
    absent = []
    for diff_id in wanted:
        if diff_id in found:
            continue
        layer = _standing_for(store, known[diff_id])
        if layer is None:
            absent.append(known[diff_id])
        else:
            found[diff_id] = layer
    if absent:
        listed = "; ".join(f"{layer.diff_id} ({layer.title})" for layer in absent)
        raise MissingInputError(
            f"the bundle is thin, and this machine lacks {len(absent)} of its layers: {listed}",
            "replay a full bundle of the same images once, or run the same call here once: its layers are kept",
        )
    return found


def _standing_for(store: Store, layer: Layer) -> str | None:
    """Return a layer of the store that is the same, or was made here of the same inputs; None if there is none."""
    if store.has_layer(layer.diff_id):
        return layer.diff_id
    return store.origins.find(layer.origin) if layer.origin else None


def _named(reader: Reader, step: Step) -> list[str]:
    places = [step.place]
    found = []
    while places:
        place = places.pop()
        found += [*place.root, *(mount.content for mount in place.mounts if mount.content)]
        places += [reader.description.service(name).place for _, name in place.services]
    return found
