"""Grad-CAM: which places of a feature map spoke for a class. Raw maps; resizing and scaling are separate steps."""

from helpers.gradcam.layers import candidates, default_layer
from helpers.gradcam.maps import METHODS, grad_cam
from helpers.gradcam.scaling import normalise, upsample

__all__ = ["METHODS", "candidates", "default_layer", "grad_cam", "normalise", "upsample"]
