"""Keras and TensorFlow, imported without their start-up chatter.

    from helpers.deep import keras, tf

TensorFlow's C++ libraries write to file descriptor 2 while they load, before any Python setting can stop them
(`TF_CPP_MIN_LOG_LEVEL` does not reach all of it). The descriptor is turned away for the time of the import;
what was written is shown if the import fails.

The course computes with TensorFlow. Another KERAS_BACKEND of the shell is set aside for this process, and that is said;
where Keras has already been imported with it, there is no way back.
"""

import contextlib
import os
import sys
import tempfile

from helpers import seeds

MISSING = (
    "Keras and TensorFlow are not installed, and this needs them: pip install 'explainable-imaging[deep]' "
    "(they do not run in a browser)."
)


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


if "keras" not in sys.modules:
    asked = os.environ.get("KERAS_BACKEND", "tensorflow")
    if asked != "tensorflow":
        print(f"KERAS_BACKEND={asked} is set aside: the course computes with TensorFlow.", file=sys.stderr)
    os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # later messages: errors only
with _quiet_descriptor_2():
    try:
        import keras
        import tensorflow as tf
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("keras", "tensorflow"):
            raise
        raise ImportError(MISSING, name=error.name) from None

    tf.config.get_visible_devices()  # the search for devices talks too
if keras.config.backend() != "tensorflow":
    raise ImportError(
        f"Keras was imported with the backend {keras.config.backend()!r}, and the course needs TensorFlow: "
        "restart, and set KERAS_BACKEND=tensorflow or import helpers before keras."
    )
if keras.config.image_data_format() != "channels_last":
    print(
        "image_data_format=channels_first is set aside: images are (n, h, w, channels) here.", file=sys.stderr
    )
    keras.config.set_image_data_format("channels_last")
tf.get_logger().setLevel(
    "ERROR"
)  # a lesson builds many networks: each is "retraced", which TensorFlow warns of
seeds.seed_keras()

__all__ = ["keras", "tf"]
