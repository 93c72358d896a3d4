"""Other packages' warnings, silenced for a while, also in threads."""

import contextlib
import threading
import warnings

# `catch_warnings` puts back the filters that it found: two threads that overlap would leave those of the other.
_one_at_a_time = threading.RLock()


@contextlib.contextmanager
def quiet():
    """A context in which no warning is shown; the filters of the process are afterwards as before."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
