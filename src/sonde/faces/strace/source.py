"""The rows of the strace face: the kernel's event view, or plain operations where only those are counted."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from sonde.faces.strace.options import Asked
from sonde.plan.batch import Batch
from sonde.plan.expr import TRUE
from sonde.plan.pairs import entered
from sonde.sources.live.events import LiveEvents
from sonde.sources.live.scan import plan_scan

__all__ = ["opened"]
