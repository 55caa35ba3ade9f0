"""Give tests and doctests a cache folder of their own, and no windows."""

import os
import tempfile

_cache = tempfile.TemporaryDirectory(prefix="stancekit-tests-")
os.environ["STANCEKIT_CACHE"] = _cache.name
os.environ["MPLBACKEND"] = "agg"  # pictures are drawn, not shown
