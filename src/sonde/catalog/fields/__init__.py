"""The fields of the events table, a file a class."""

from sonde.catalog.fields.container import CONTAINER
from sonde.catalog.fields.evt import EVT
from sonde.catalog.fields.fd import FD, PATHS
from sonde.catalog.fields.proc import PROC, THREAD, USERS

__all__ = ["CONTAINER", "EVT", "FD", "PATHS", "PROC", "THREAD", "USERS"]
