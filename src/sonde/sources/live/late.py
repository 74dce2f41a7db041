"""Arguments of the event view that came late: their page was not in memory when the call was entered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sonde.plan.batch import Batch
from sonde.plan.pairs import entered, previous

__all__ = ["with_late_arguments"]


def with_late_arguments(batch: Batch) -> Batch:
    """The rows that enter calls with the arguments that could only be read when these returned.

    A call that returns in a later batch stays without.
    """
    payloads = batch.payloads
    begun = entered(batch)[payloads.row]
    failed = np.flatnonzero(begun & (payloads.length < 0))
    if not len(failed):
        return batch
    before = previous(batch)[payloads.row]
    late = np.flatnonzero(~begun & (payloads.length >= 0) & (before >= 0))
    wanted = payloads.row[failed] << 8 | payloads.argument[failed]
    came = before[late] << 8 | payloads.argument[late]
    order = np.argsort(came, kind="stable")
    places = np.searchsorted(came[order], wanted)
    found = np.flatnonzero(places < len(came))
    found = found[came[order][places[found]] == wanted[found]]
    source, target = late[order][places[found]], failed[found]
    columns = {name: getattr(payloads, name).copy() for name in ("offset", "length", "full")}
    for values in columns.values():
        values[target] = values[source]
    return replace(batch, payloads=payloads._replace(**columns))
