"""Networks as functional Keras models with named layers."""

from helpers.models.cnn import augmentation, deep_cnn, kidney_cnn, light_cnn
from helpers.models.parts import layer_table, logits

__all__ = ["augmentation", "deep_cnn", "kidney_cnn", "layer_table", "light_cnn", "logits"]
