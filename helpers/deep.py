"""Keras and TensorFlow, imported without their start-up chatter.

    from helpers.deep import keras, tf

TensorFlow's C++ libraries write to file descriptor 2 while they load, before any Python setting can stop them
(`TF_CPP_MIN_LOG_LEVEL` does not reach all of it). The descriptor is turned away for the time of the import;
what was written is shown if the import fails.
"""

import contextlib
import os
import sys
import tempfile

from helpers import seeds


@contextlib.contextmanager
def _quiet_descriptor_2():
    """Send file descriptor 2 to a temporary file; show the file if the body raises."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace"))
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # later messages: errors only
with _quiet_descriptor_2():
    import keras
    import tensorflow as tf

    tf.config.get_visible_devices()  # the search for devices talks too
tf.get_logger().setLevel("ERROR")  # a lesson builds many networks: each is "retraced", which TensorFlow warns of
seeds.seed_keras()

__all__ = ["keras", "tf"]
