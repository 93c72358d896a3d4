"""Heatmaps that lesson 06 has made of phantom X-rays, for statistics where no network can be trained."""

from typing import NamedTuple

import numpy as np

from helpers import paths

FILE = paths.DATA / "maps" / "chest_phantom.npz"


class RecordedMaps(NamedTuple):
    """Signed Grad-CAM maps (before negative values are cut to 0) of five networks from one recipe; see data/maps/README.md.

    signed_of_pneumonia, signed_of_predicted : (networks, n, h, w) float32, of the class pneumonia, and of the class that the
        network predicts. called_pneumonia : (networks, n) bool. pneumonia : (n,) bool, the truth. patients : (n,) str.
    several_of_predicted : (m, h, w) float32, maps (cut to 0) of the first network for patients with pneumonia who have several
        images each. several_patients : (m,) str.
    """

    signed_of_pneumonia: np.ndarray
    signed_of_predicted: np.ndarray
    called_pneumonia: np.ndarray
    pneumonia: np.ndarray
    patients: np.ndarray
    several_of_predicted: np.ndarray
    several_patients: np.ndarray


def recorded_maps():
    """The maps of data/maps, a `RecordedMaps`; FileNotFoundError where the file is missing."""
    with np.load(FILE) as file:
        return RecordedMaps(**file)
