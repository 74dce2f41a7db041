"""Views: tables of SQL whose rows are made of several events."""

from __future__ import annotations

from typing import NamedTuple

from sonde.catalog.column import Column
from sonde.catalog.types import BOOL, IP, PORT, STR

__all__ = ["VIEWS", "View"]


class View(NamedTuple):
    """A table that DuckDB makes of events: those that `filter` lets pass, and those of `tracepoint`, if this kernel has
    it. `columns` are its own; beside them are the fields of the events that are its rows. `text` is a SELECT over
    `events` that names every field it uses in double quotes and has {fields} where those stand that are asked for."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    filter: str
    tracepoint: str
    text: str


_STATES = "sock:inet_sock_set_state"
# numbers of linux/tcp.h: what comes of SYN_SENT says how an attempt that nobody waited for went
_ESTABLISHED, _SYN_SENT = 1, 2
_FAILED_LATER = "failed"

_CONNECTIONS = f"""
SELECT {{fields}}, direction, started,
       CASE WHEN started THEN 'SUCCESS' WHEN became IS NOT NULL THEN '{_FAILED_LATER}' ELSE "evt.res" END AS result,
       local_ip, local_port, remote_ip, remote_port
FROM (
    SELECT *, "evt.rawres" >= 0 OR coalesce(became = {_ESTABLISHED}, false) AS started FROM (
        SELECT *, CASE WHEN "evt.res" = 'EINPROGRESS' THEN (
            SELECT min_by("evt.rawarg.newstate", "evt.rawtime") FROM events AS later
            WHERE later."evt.type" = '{_STATES}' AND later."evt.rawarg.oldstate" = {_SYN_SENT}
              AND later."evt.rawarg.dport" = call.remote_port AND later."evt.rawtime" >= call."evt.start"
              AND (later."evt.rawarg.sport" = call.local_port
                   OR call.local_port IS NULL AND later."evt.rawtime" <= call."evt.rawtime")) END AS became
        FROM (
            SELECT *, CASE WHEN "evt.type" = 'connect' THEN 'out' ELSE 'in' END AS direction,
                CASE WHEN "fd.lport" IS NULL THEN NULL ELSE "fd.lip" END AS local_ip, "fd.lport" AS local_port,
                CASE WHEN "evt.type" = 'connect' THEN regexp_extract("evt.arg.addr", '^(.*):[0-9]+$', 1)
                     ELSE "fd.rip" END AS remote_ip,
                CASE WHEN "evt.type" = 'connect' THEN CAST(regexp_extract("evt.arg.addr", '([0-9]+)$', 1) AS BIGINT)
                     ELSE "fd.rport" END AS remote_port
            FROM events
            WHERE "evt.type" IN ('accept', 'accept4') AND "evt.rawres" >= 0
               OR "evt.type" = 'connect' AND "evt.res" NOT IN ('EALREADY', 'EISCONN')
        ) AS call
        WHERE NOT EXISTS (
            SELECT 1 FROM events AS before
            WHERE before."evt.type" = 'connect' AND before."evt.res" = 'EINPROGRESS'
              AND before."proc.pid" = call."proc.pid" AND before."fd.lport" = call.local_port
              AND before."evt.arg.addr" = call."evt.arg.addr" AND before."evt.rawtime" < call."evt.rawtime"
              AND call."evt.type" = 'connect')
    )
)
"""

_VIEWS = (
    View(
        "connections",
        "One row for each TCP connection that was attempted (connect) or accepted, with the fields of that call.",
        (
            Column("direction", STR, "out: this side connected; in: it accepted."),
            Column("started", BOOL, "The connection came about, for an attempt without waiting also later."),
            Column(
                "result", STR,
                "SUCCESS, an errno, EINPROGRESS where the end of an attempt was not seen, or failed if it came later.",
            ),
            Column("local_ip", IP, "Address of this side."),
            Column("local_port", PORT, "Port of this side; missing for an attempt that failed at once."),
            Column("remote_ip", IP, "Address of the other side."),
            Column("remote_port", PORT, "Port of the other side."),
        ),
        "evt.type in (connect, accept) and fd.l4proto=tcp",
        _STATES,
        _CONNECTIONS,
    ),
)  # fmt: skip
VIEWS: dict[str, View] = {view.name: view for view in _VIEWS}
