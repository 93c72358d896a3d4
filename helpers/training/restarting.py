"""Train one compiled network again from the start, in place of a new one."""

from helpers.deep import keras


def restart(model, start):
    """Give a compiled model other start weights, and let its optimizer forget what it did.

    A new network would be traced anew when it is first trained, which takes longer than several epochs of a small one.

    Parameters
    ----------
    model : keras.Model, compiled; changed in place.
    start : keras.Model of the same layers, for example built anew after `seeds.set_seed`; left as it is. States of
        its random layers are taken over, too.

    Raises
    ------
    ValueError : the layers of the two differ.
    """
    shapes = [[variable.shape for variable in state(one)] for one in (model, start)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"{model.name} and {start.name} have other layers: their weights do not fit")
    copy_state(start, model)
    forget(model.optimizer)


def forget(optimizer):
    """Set an optimizer back to its first step; its learning rate stays."""
    for variable in optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(keras.ops.zeros_like(variable))


def copy_state(source, target):
    """Give one network the weights, moving means and states of random layers of another of the same layers."""
    for variable, value in zip(state(target), state(source), strict=True):
        variable.assign(value)


def state(model):
    """The variables of all layers: weights, moving means and states of random layers; not those of metrics, which every epoch resets."""
    return [variable for layer in model._flatten_layers(include_self=False) for variable in layer.variables]
