"""Scores of stored predictions, and their means, differences and intervals; no torch."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
