"""Grad-CAM: which places of a feature map spoke for a class, and two opponents that use no gradient: occlusion and edges.

Raw maps; resizing and scaling are separate steps.
"""

from helpers.gradcam.feature_maps import candidates
from helpers.gradcam.layers import default_layer
from helpers.gradcam.maps import METHODS, grad_cam
from helpers.gradcam.occluding import occlusion
from helpers.gradcam.scaling import normalise, upsample
from helpers.gradcam.sobel import edges

__all__ = [
    "METHODS",
    "candidates",
    "default_layer",
    "edges",
    "grad_cam",
    "normalise",
    "occlusion",
    "upsample",
]
