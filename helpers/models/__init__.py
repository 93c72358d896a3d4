"""Networks as functional Keras models with named layers."""

from helpers.models.backbones import BACKBONES, backbone, classifier, cut, unfreeze
from helpers.models.cnn import augmentation, deep_cnn, infection_cnn, kidney_cnn, light_cnn, quick_cnn
from helpers.models.parts import head_model, layer_table, logits
from helpers.models.vit import vit

__all__ = [
    "BACKBONES",
    "augmentation",
    "backbone",
    "classifier",
    "cut",
    "deep_cnn",
    "head_model",
    "infection_cnn",
    "kidney_cnn",
    "layer_table",
    "light_cnn",
    "logits",
    "quick_cnn",
    "unfreeze",
    "vit",
]
