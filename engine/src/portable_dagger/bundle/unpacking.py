"""Layers of a bundle brought into the store, each as the layer that its diff_id names."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, cast

from portable_dagger.errors import ArchiveError, BundleDamagedError
from portable_dagger.images.compression import unzstd
from portable_dagger.images.layers import unpack_stream
from portable_dagger.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

    from portable_dagger.bundle.reading import Reader
    from portable_dagger.store.store import Store

_HINT: Final = "no engine writes such a layer: get the file again, from somebody whom you trust"


def unpack(reader: Reader, store: Store, diff_id: str) -> None:
    """Bring a layer into the store, if it is not there.

    Raises BundleDamagedError if the file lacks it, or it is not what its name says; DiskFullError.
    """
    if store.has_layer(diff_id):
        return
    layer = reader.description.layer(diff_id)
    try:
        with (
            disk_errors(store.root),
            unzstd(cast("IO[bytes]", reader.stream(layer.blob))) as stream,
        ):
            unpack_stream(store, stream, diff_id, "bundle", layer.title)
    except (OSError, OverflowError, RecursionError) as error:
        raise BundleDamagedError(
            f"the layer {diff_id} of {reader.path} cannot be unpacked: {error}", _HINT
        ) from error
    except ArchiveError as error:
        raise BundleDamagedError(
            f"the layer {diff_id} of {reader.path} cannot be unpacked: {error.message}", error.hint
        ) from error


def unpack_all(reader: Reader, store: Store, diff_ids: Iterable[str]) -> None:
    """Bring layers into the store, several at once; raises as `unpack` does, when all have ended."""
    wanted = list(dict.fromkeys(diff_ids))
    # The largest first: nothing is left to wait for at the end.
    wanted.sort(key=lambda diff_id: -reader.description.layer(diff_id).size)
    with ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0))), "unpack") as pool:
        for done in [pool.submit(unpack, reader, store, diff_id) for diff_id in wanted]:
            done.result()
