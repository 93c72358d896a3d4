"""Many steps of training in one call of TensorFlow."""

from contextlib import contextmanager

STEPS = 64  # at most so many, between which nothing can interrupt the training

KEPT = "_traced_together"  # where a network keeps its optimizer and the functions that were traced for it


@contextmanager
def together(model):
    """Within this, `model.fit` runs up to `STEPS` steps before TensorFlow comes back to Python.

    The weights are the same, bit for bit, and a small network, whose single steps are short, needs less time. Afterwards
    the model takes single steps, as it did before: `predict` would trace all of its steps, one after the other. What was
    traced is kept for the next time.

    Parameters
    ----------
    model : keras.Model, compiled; not one whose batches are divided among several devices.
    """
    before = model.steps_per_execution, model.train_function, model.test_function
    optimizer, *functions = vars(model).get(KEPT, (None, None, None))
    if optimizer is not model.optimizer:  # compiled anew
        functions = None, None
    model.steps_per_execution = STEPS
    model.train_function, model.test_function = functions
    try:
        yield
    finally:
        vars(model)[KEPT] = model.optimizer, model.train_function, model.test_function
        model.steps_per_execution, model.train_function, model.test_function = before
