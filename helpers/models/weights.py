"""Where a backbone's weights are from: ImageNet, the course, a file, or nowhere."""

import contextlib
import io
import os
import socket
import warnings
from pathlib import Path

import h5py

from helpers import paths
from helpers.deep import keras

COURSE = {"MobileNetV2-0.35": paths.DATA / "weights" / "mobilenetv2_035_course.weights.h5"}
IMAGENET_HOST = "storage.googleapis.com"


def fill(build, name, weights, size):
    """Build a network without top for colour images, and fill it with weights.

    Parameters
    ----------
    build : as the functions of `keras.applications`. name, weights, size : as in `backbone`.

    Returns
    -------
    network : keras.Model. weights_from : a few words.

    Raises
    ------
    ValueError : weights that are unknown, cannot be had, or do not fit the network.
    """
    label = name.lower().replace(".", "")

    def bare():
        return build(include_top=False, weights=None, input_shape=(size, size, 3), name=label)

    if weights is None:
        return bare(), "random"
    if weights == "auto":
        network, weights_from = _best(build, name, size, label, bare)
        print(f"{name}: {weights_from}")
        return network, weights_from
    if weights == "imagenet":
        network, problem = _imagenet(build, name, size, label)
        if network is None:
            raise ValueError(
                f"{name}: ImageNet weights cannot be had: {problem}. Name a local file, or use weights='auto'."
            )
        return network, "ImageNet weights"
    if weights == "course":
        if name not in COURSE:
            raise ValueError(
                f"the course has weights of its own for {', '.join(COURSE)} only, not for {name}"
            )
        weights = COURSE[name]
        return load(bare, weights, name), "the course's own weights, trained on drawn scenes"
    return load(bare, weights, name), f"weights of {Path(weights).name}"


def load(bare, path, name):
    """Build a network and load a weights file into it; all of its weights or none.

    Parameters
    ----------
    bare : function without arguments that builds it. It is called once the file has turned out to hold weights.

    Raises
    ------
    ValueError : no such file, not a weights file, damaged, or of another network.
    """
    path = Path(str(path)).expanduser()
    if not path.is_file():
        raise ValueError(
            f"{path}: there is no such weights file for {name}. Check the path, or use weights='auto'."
        )
    if path.suffix != ".h5":
        raise ValueError(
            f"{path}: expected a weights file, .h5. Whole models (.keras) may hold code and are not loaded."
        )
    try:
        with h5py.File(path) as file:
            stored = _count(file)
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{path}: is damaged or no HDF5 file ({error}). Fetch it again.") from None
    network = bare()
    if stored != len(network.weights):
        raise ValueError(
            f"{path}: holds {stored} arrays of weights, {name} without top has {len(network.weights)}. "
            "Is it the file of another network, or of one with its top?"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of groups that an older Keras did not write
            network.load_weights(path)
    except Exception as error:  # Keras raises many kinds
        raise ValueError(f"{path}: does not fit {name} ({str(error).splitlines()[0]})") from None
    return network


def _count(file):
    """Arrays of weights in an open HDF5 file: Keras 3's layout (groups named vars), or the older one."""
    if "layer_names" in file.attrs:
        return sum(len(file[layer].attrs["weight_names"]) for layer in file.attrs["layer_names"])
    found = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return sum("vars" in name.split("/") and not name.startswith("optimizer") for name in found)


def _best(build, name, size, label, bare):
    network, problem = _imagenet(build, name, size, label)
    if network is not None:
        return network, "ImageNet weights"
    if name in COURSE:
        return load(bare, COURSE[name], name), (
            f"the course's own weights, trained on drawn scenes (no ImageNet weights: {problem})"
        )
    return bare(), f"random weights (no ImageNet weights: {problem})"


def _imagenet(build, name, size, label):
    """The network with ImageNet weights, or None and the reason."""
    if name == "ViT":
        return _vit_of_keras_hub(size)
    folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"
    offline = _offline()
    if offline and not (folder.is_dir() and any(folder.iterdir())):
        return None, offline
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return build(include_top=False, weights="imagenet", input_shape=(size, size, 3), name=label), ""
    except Exception as error:
        return None, offline or f"{type(error).__name__}: {str(error).splitlines()[0]}"


def _offline():
    """Why the network cannot be asked, or an empty text."""
    if os.environ.get("COURSE_OFFLINE") == "1":
        return "COURSE_OFFLINE is 1"
    try:
        socket.create_connection((IMAGENET_HOST, 443), timeout=3).close()
    except OSError:
        return "no network"
    return ""


def _vit_of_keras_hub(size):
    """ViT-B/16 (Dosovitskiy et al.) as a feature map, or None and the reason."""
    try:
        import keras_hub
    except ImportError:
        return None, "keras-hub is not installed"
    if size != 224:
        return None, f"ViT-B/16 takes 224 pixels, not {size}"
    if offline := _offline():
        return None, offline
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            encoder = keras_hub.models.ViTBackbone.from_preset("vit_base_patch16_224_imagenet")
    except Exception as error:
        return None, f"{type(error).__name__}: {str(error).splitlines()[0]}"
    tokens = encoder.output[:, 1:]  # the first is the class token
    grid = keras.layers.Reshape((14, 14, tokens.shape[-1]), name="grid")(tokens)
    return keras.Model(encoder.inputs, grid, name="vit"), ""
