"""Give tests and doctests a cache folder of their own."""

import os
import tempfile

_cache = tempfile.TemporaryDirectory(prefix="stancekit-tests-")
os.environ["STANCEKIT_CACHE"] = _cache.name
