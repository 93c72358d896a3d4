"""Checks of lesson 02, in the order of its exercises. No TensorFlow here."""

from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np
from scipy.stats import beta
from sklearn import metrics

from helpers import evaluation
from helpers.checks.comparing import comparing, parts
from helpers.checks.feedback import Check, Wrong, numbers
from helpers.checks.score import Score


def stack(shape, layers, mistake=None):
    """Output shape and number of parameters, by the definition or with a typical mistake."""
    sides, channels, parameters = list(shape[:2]), shape[2], 0
    for kind, *options in layers:
        if kind == "pool":
            up = mistake == "pool up"
            sides = [-(-side // options[0]) if up else side // options[0] for side in sides]
            continue
        filters, kernel, stride, padding = options
        padding = {"all same": "same", "all valid": "valid"}.get(mistake, padding)
        step = 1 if mistake == "stride" else stride
        if padding == "same":
            sides = [side // step if mistake == "same down" else -(-side // step) for side in sides]
        else:
            sides = [(side - kernel) // step + 1 for side in sides]
        inputs = {"no inputs": 1, "first channels": shape[2]}.get(mistake, channels)
        own = kernel**2 * inputs * filters + {"no biases": 0, "one bias": 1}.get(mistake, filters)
        parameters = own if mistake == "last only" else parameters + own
        channels = filters
    return (*sides, channels), parameters


_STACK_MISTAKES = {
    "stride": 'The stride is ignored: a stride of 2 about halves height and width, with "same" too.',
    "all same": '"valid" is treated as "same". Without padding it is floor((h - kernel) / stride) + 1.',
    "all valid": '"same" is treated as "valid". With padding only the stride counts: ceil(h / stride).',
    "pool up": "Pooling rounds down: rows and columns that do not fill a window are dropped.",
    "same down": '"same" rounds up, ceil(h / stride): the padding lets the last window fit.',
    "no biases": "The biases are missing: every filter has one.",
    "one bias": "Every filter has a bias of its own, not every layer.",
    "no inputs": "A filter has kernel x kernel weights for each of its input channels. Multiply by their number.",
    "last only": "Only the parameters of the last convolution are returned. Add up those of all layers.",
    "first channels": "A layer's input channels are the filters of the convolution before it.",
}


def _stack_mistakes(shape, layers):
    for mistake, reason in _STACK_MISTAKES.items():
        yield stack(shape, layers, mistake), reason


conv_stack = Check(
    comparing(
        lambda shape, layers: stack(shape, layers),
        _stack_mistakes,
        returns=("(height, width, channels)", "parameters"),
        tolerance=1e-6,
    ),
    cases=[
        ((5, 8, 2), [("conv", 4, 3, 1, "valid")], "A 3 x 3 kernel fits 3 times into 5 rows, and 6 into 8."),
        (
            (9, 12, 2),
            [("conv", 5, 3, 2, "same")],
            "With padding and stride 2, sizes are halved and rounded up.",
        ),
        ((9, 12, 2), [("conv", 5, 4, 2, "valid")], "Without padding, round down."),
        ((7, 11, 3), [("pool", 3)], "Pooling rounds down, keeps the channels, and has no parameters."),
        (
            (28, 37, 2),
            [("conv", 8, 3, 1, "same"), ("pool", 2), ("conv", 16, 3, 1, "valid"), ("pool", 2)],
            "The output of one layer is the input of the next.",
        ),
    ],
    praise="Shapes and parameters are those that Keras reports.",
    hints=[
        "Go through the layers one by one. Keep height, width, channels and the parameters so far.",
        '(n - kernel) // stride + 1 for "valid", -(-n // stride) for "same" (rounds up), n // size for pooling.',
        "A convolution has kernel * kernel * channels * filters weights and filters biases; then channels = "
        "filters.",
    ],
)


LOSS, OPTIMIZER = "sparse_categorical_crossentropy", "Adam, 0.003"
_COLUMNS = ("kind", "output shape", "number of parameters", "activation")
_REASONS = {
    "kind": "Look at the list of layers: two convolutions and one max pooling for each number of filters, then "
    "global average pooling and one dense layer.",
    "output shape": 'Only the very first convolution has strides=2; all have padding="same". Filters are 8, 8, 16, '
    "16, 32, 32; the dense layer has n_classes outputs, and the pictures `size` pixels a side.",
    "number of parameters": "Kernels are 3x3, with biases; pictures have one channel, (size, size, 1), and each "
    "convolution is called on what the layer before it puts out.",
    "activation": 'Convolutions have activation="relu"; the last layer has "softmax", or gives no probabilities.',
}


def expected_rows(size, n_classes):
    """The layer table of the network that is asked for, by the rules of exercise 1."""
    shape, rows = (size, size, 1), []
    for filters in (8, 16, 32):
        for number in (1, 2):
            stride = 2 if filters == 8 and number == 1 else 1
            shape, parameters = stack(shape, [("conv", filters, 3, stride, "same")])
            rows.append(("Conv2D", shape, parameters, "relu"))
        shape, _ = stack(shape, [("pool", 2)])
        rows.append(("MaxPooling2D", shape, 0, ""))
    rows.append(("GlobalAveragePooling2D", (32,), 0, ""))
    return [*rows, ("Dense", (n_classes,), 33 * n_classes, "softmax")]


_STOPPED = {
    "symbolic KerasTensor": "The image was put where a layer takes its settings. Two pairs of brackets are needed, "
    "settings first: layers.MaxPooling2D()(x).",
    "has never been called": "The network does not know the shape of its images. Begin with "
    "layers.Input((size, size, 1)).",
}


def _judge_network(call, size, n_classes, because):
    try:
        table, loss, optimizer, metrics = parts(
            call(size, n_classes), ("table", "loss", "optimizer", "metrics")
        )
    except Wrong as stopped:
        told = [reason for words, reason in _STOPPED.items() if words in str(stopped)]
        raise Wrong(told[0] if told else str(stopped)) from None
    expected = expected_rows(size, n_classes)
    rows = table if isinstance(table, (list, tuple)) else [None]
    if not all(isinstance(row, tuple) and len(row) == 4 for row in rows):
        raise Wrong("There is no layer table. Leave the cell that makes it as it is, and run it again.")
    for number, (row, wanted) in enumerate(zip(table, expected), start=1):
        for column, found, right in zip(_COLUMNS, row, wanted):
            if found != right:
                which = "" if column == "kind" else f" is {wanted[0]}, its {column}"
                raise Wrong(
                    f"For build_network({size}, {n_classes}), layer {number}{which} should be {right or 'none'}, "
                    f"but is {found or 'none'}. {_REASONS[column]}"
                )
    if len(table) != len(expected):
        raise Wrong(f"The network should have {len(expected)} layers besides the input, not {len(table)}.")
    if loss != LOSS:
        told = "is not compiled" if loss == "None" else f"has the loss {str(loss)[:60]!r}"
        raise Wrong(f"The layers are right, but the network {told}: whole numbers as labels take {LOSS!r}.")
    if optimizer != OPTIMIZER:
        raise Wrong(f"The optimizer should be keras.optimizers.Adam(0.003), but is {str(optimizer)[:60]}.")
    if "acc" not in str(metrics).lower():
        raise Wrong('The network is compiled without its accuracy. Add metrics=["accuracy"].')


build_network = Check(
    _judge_network,
    cases=[(96, 4, ""), (61, 3, "")],
    praise="Layers, shapes and parameters are those that were asked for: the network is ready to be trained.",
    hints=[
        "Begin with x = inputs = layers.Input((size, size, 1)). Each line then makes a layer and calls it: "
        'x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x).',
        "for filters in (8, 16, 32): two convolutions and layers.MaxPooling2D()(x). strides is 2 only for the very "
        "first convolution.",
        "After the loop: x = layers.GlobalAveragePooling2D()(x), then layers.Dense(n_classes, "
        'activation="softmax")(x).',
        "model = keras.Model(inputs, x); model.compile(keras.optimizers.Adam(0.003), "
        f'"{LOSS}", metrics=["accuracy"]); return model.',
    ],
)


def stop(losses, patience, ties=False, previous=False):
    """(kept, last) from 1, by the definition; or with ties counted as improvements, or patience against the
    previous epoch."""
    kept = last = waited = 0
    for last in range(1, len(losses)):
        better = losses[last] < losses[kept] or (ties and losses[last] == losses[kept])
        kept = last if better else kept
        waited = 0 if (losses[last] < losses[last - 1] if previous else better) else waited + 1
        if waited == patience:
            break
    return kept + 1, last + 1


def _epoch_mistakes(losses, patience):
    kept, last = stop(losses, patience)
    lowest = 1 + np.argmin(losses)
    yield (kept - 1, last - 1), "Count epochs from 1: the first epoch is 1."
    yield (kept - 1, last), "Count epochs from 1, the kept one too: the first epoch is 1."
    yield stop(losses, patience, ties=True), "A tie is no improvement: a loss must be strictly lower."
    yield (lowest, last), "The kept epoch must have been trained: a lower loss after the stop does not count."
    told = "The count of epochs starts again at a new lowest loss only, not at a loss below the previous epoch's."
    yield stop(losses, patience, previous=True), told
    yield (lowest, len(losses)), "Training stops when patience runs out: what would come later is lost."
    yield stop(losses, patience + 1), "Your training stops too late: it stops in epoch kept + patience."
    yield (last, last), "The weights that are kept are those of the lowest loss, not those of the last epoch."


best_epoch = Check(
    comparing(
        lambda losses, patience: stop(losses, patience), _epoch_mistakes, ("kept", "last"), tolerance=1e-6
    ),
    cases=[
        (np.array([0.9, 0.8, 0.7, 0.75, 0.8, 0.6, 0.65, 0.7, 0.72, 0.5]), 2, "Epoch 6 is never trained."),
        (np.array([1.0, 0.8, 0.85, 0.7, 0.72]), 3, "Patience never runs out: the last epoch is 5."),
        (np.array([0.5, 0.4, 0.4, 0.45, 0.3]), 2, "A tie is no improvement."),
        (
            np.array([0.9, 0.5, 0.7, 0.6, 0.65, 0.55, 0.64]),
            3,
            "Compare with the best so far, not with the previous epoch: 0.6 is not below 0.5.",
        ),
        (np.array([1.0, 1.1, 0.9, 0.95, 0.8, 0.85, 0.7]), 2, "A new lowest loss starts the count again."),
    ],
    praise="Training stops when patience runs out, and the best epoch until then is kept.",
    hints=[
        "Go through the epochs one by one, as training does. Keep the lowest loss so far, and its epoch.",
        "for epoch, loss in enumerate(val_loss, start=1): if the loss is lower than the lowest, remember both.",
        "If not, and epoch - kept == patience, return kept, epoch. After the loop: kept, len(val_loss).",
    ],
)


def _confusion(labels, predictions, n_classes):
    return metrics.confusion_matrix(labels, predictions, labels=np.arange(n_classes))


def _confusion_mistakes(labels, predictions, n_classes):
    counts = _confusion(labels, predictions, n_classes)
    there = np.unique([labels, predictions])
    yield counts.T, "Rows and columns are swapped: rows are the truth, columns the predictions."
    yield np.minimum(counts, 1), "Repeats are lost: `m[labels, predictions] += 1` counts a pair once only."
    for total in (
        counts.sum(),
        counts.sum(axis=1, keepdims=True),
        np.maximum(counts.sum(axis=1), 1)[:, None],
    ):
        yield counts / total, "Return counts, not shares: they can be turned into shares later."
    yield counts[np.ix_(there, there)], "Classes that never occur stay: take the size from n_classes."


confusion_matrix = Check(
    comparing(_confusion, _confusion_mistakes, tolerance=1e-6),
    cases=[
        (
            np.array([0, 0, 0, 1, 1, 2]),
            np.array([0, 0, 1, 1, 2, 2]),
            3,
            "Entry [i, j] counts the images of class i that were predicted as j.",
        ),
        (
            np.array([1, 0, 1, 1, 0]),
            np.array([1, 2, 2, 2, 0]),
            4,
            "Classes that never occur keep a row and a column of zeros: take the size from n_classes.",
        ),
    ],
    praise="Rows are the truth, columns the predictions, and every image is counted once.",
    hints=[
        "Start from np.zeros((n_classes, n_classes), dtype=int). Which entry does one image add to?",
        "for label, prediction in zip(labels, predictions): add 1 to matrix[label, prediction].",
        "Without a loop: np.add.at(matrix, (labels, predictions), 1).",
    ],
)


def _f1_mistakes(confusion):
    precision, recall, f1 = evaluation.per_class(confusion)
    images = confusion.sum(axis=1)
    both = max(recall.mean() + precision.mean(), 1e-12)
    yield f1, "Return one number, the mean of the classes' F1, not one per class."
    yield np.nan, "Your function returns NaN. A class whose F1 is 0 / 0 counts as 0."
    yield f1 @ images / images.sum(), "Your mean weighs classes by their images. All weigh the same."
    yield np.trace(confusion) / confusion.sum(), "This is the accuracy. Take each class's F1 first."
    yield 2 * recall.mean() * precision.mean() / both, "This is the F1 of mean precision and mean recall."
    yield f1.sum() / max((f1 > 0).sum(), 1), "A class whose F1 is 0 counts: do not leave classes out."
    yield recall.mean(), "This is the mean recall. F1 counts false positives too."
    yield precision.mean(), "This is the mean precision. F1 counts false negatives too."
    yield f1.mean() / 2, "The true positives count twice, above and below: 2 TP / (2 TP + FP + FN)."


macro_f1 = Check(
    comparing(lambda confusion: evaluation.per_class(confusion)[2].mean(), _f1_mistakes, tolerance=1e-6),
    cases=[
        (
            np.array([[3, 1, 0], [0, 40, 2], [1, 0, 5]]),
            "True positives count twice; false negatives are a row without its diagonal, false positives a column.",
        ),
        (np.array([[8, 2, 0], [3, 6, 0], [2, 4, 0]]), "Class 2 is never predicted: its F1 is 0, and counts."),
        (
            np.array([[8, 1, 1, 0], [2, 5, 1, 0], [0, 3, 4, 0], [0, 0, 0, 0]]),
            "Class 3 is neither there nor predicted: 0 / 0 counts as 0. Do not leave classes out.",
        ),
    ],
    praise="Every class weighs the same, however rare it is.",
    hints=[
        "np.diag(confusion) holds the true positives; row sums count images, column sums predictions.",
        "2 TP + FP + FN is a class's row sum plus its column sum.",
        "np.divide(2 * tp, total, out=np.zeros(len(tp)), where=total > 0) leaves 0 where the total is 0.",
    ],
)


@lru_cache(maxsize=32)
def whole_patient_draws(correct, groups, n_draws):
    """Sorted shares of correct slices in `n_draws` draws of the helper."""
    correct, shares = np.array(correct), []
    evaluation.bootstrap(lambda k: shares.append(correct[k].mean()) or 0, np.array(groups), n_draws, 1)
    return np.sort(shares[:n_draws])


def _judge_single_draws(interval, correct, groups, seed):
    """With n_draws = 1 both ends are the one draw, and few shares are possible."""
    member = np.unique(groups, return_inverse=True)[1]
    right, slices = np.bincount(member, weights=correct), np.bincount(member)
    draws = [list(drawn) for drawn in combinations_with_replacement(range(len(slices)), len(slices))]
    singles = np.array([interval(1, seed + k) for k in range(25)])

    def possible(shares):
        return (
            np.isclose(singles, singles[:, :1]).all() and np.isclose(singles[:, :1], shares).any(axis=1).all()
        )

    if possible([right[k].sum() / slices[k].sum() for k in draws]):
        return
    if possible([(right[k] / slices[k]).mean() for k in draws]):
        raise Wrong("You average the patients' shares. Take the share of all drawn slices.")
    if possible(np.arange(len(correct) + 1) / len(correct)):
        raise Wrong("Draw patients, not slices: a drawn patient brings all of its slices.")
    raise Wrong(
        f"With n_draws = 1, both ends are that one draw of {len(slices)} whole patients, with replacement: one that "
        "is drawn twice counts twice. No such draw gives what your function returned."
    )


def _judge_interval(call, correct, groups, n_draws, seed, because):
    def interval(draws, start):
        ends = numbers(parts(call(correct, groups, draws, start), ("low", "high")))
        if ends is None or ends.shape != (2,) or not np.isfinite(ends).all():
            raise Wrong("Return two finite numbers, the lower and the upper end of the interval.")
        if ends[0] > ends[1]:
            raise Wrong("Return the lower end first.")
        if ends[1] > 3:
            raise Wrong("Return shares in [0, 1], not percentages.")
        if ends[0] < -1e-9 or ends[1] > 1 + 1e-9:
            raise Wrong(
                "A share cannot leave [0, 1]. Divide by the number of slices that were drawn, not of all; and take "
                "percentiles of the draws, not their mean and standard deviation."
            )
        return tuple(ends)

    first = interval(20, seed)
    if first != interval(20, seed):
        raise Wrong("The same seed should give the same interval: draw from np.random.default_rng(seed).")
    if all(np.allclose(interval(20, seed + k), first) for k in range(1, 9)):
        raise Wrong("Every seed gives the same interval. Draw with replacement, and use the seed.")
    if len(np.unique(groups)) <= 6:
        _judge_single_draws(interval, correct, groups, seed)
    # How many of the helper's draws lie beyond the ends? 2.5 %, but for the luck of both sets of draws: exact
    # binomial (Clopper-Pearson) bounds that a right answer leaves about once in 100,000 times.
    low, high = interval(n_draws, seed)
    reference = whole_patient_draws(tuple(correct.tolist()), tuple(groups.tolist()), max(4000, 3 * n_draws))
    n = 1 / (1 / n_draws + 1 / len(reference))
    least, most = beta.ppf([1e-6, 1 - 1e-6], [0.025 * n, 0.025 * n + 2], [0.975 * n + 1, 0.975 * n - 1])
    a, b, c, d = np.quantile(reference, [least, most, 1 - most, 1 - least])
    if not (a - 1e-9 <= low <= b + 1e-9 and c - 1e-9 <= high <= d + 1e-9):
        below, above = (reference < low - 1e-9).mean(), (reference > high + 1e-9).mean()
        if above > 0.9:
            raise Wrong(
                "np.percentile takes per cent, 2.5 and 97.5; np.quantile takes shares, 0.025 and 0.975."
            )
        if low == high:
            raise Wrong("All your draws are alike. Make the generator once, before the loop.")
        if max(below, above) < 0.008:
            raise Wrong(
                "Your interval is too wide. Its ends are percentiles, not the lowest and highest draw."
            )
        raise Wrong(
            f"Of our draws of whole patients, {100 * below:.1f} % lie below your lower end and {100 * above:.1f} % "
            f"above your upper one; about 2.5 % should. {because}"
        )


def _patients(right, slices):
    """Patients with these numbers of correct slices and of slices: (correct, groups)."""
    correct = np.concatenate([np.arange(n) < k for k, n in zip(right, slices)])
    return correct, np.repeat([f"patient {k}" for k in range(len(slices))], slices)


_UNEQUAL = _patients([1, 5, 1, 6, 2, 0, 5, 1, 8, 3, 1, 2], [5, 5, 2, 7, 9, 1, 8, 4, 8, 6, 7, 2])
_EQUALLY = "Each patient is equally likely to be drawn, however many slices it has."

patient_interval = Check(
    _judge_interval,
    cases=[
        (*_patients([1, 0, 5, 2, 9], [1, 3, 5, 7, 13]), 100, 5, "Draw 5 whole patients, n_draws times."),
        (*_patients([3, 2, 4, 0, 2, 3, 1, 4], [3, 2, 4, 14, 2, 3, 1, 4]), 300, 11, _EQUALLY),
        (*_UNEQUAL, 4000, 7, "Percentiles 2.5 and 97.5: np.quantile takes shares, 0.025 and 0.975."),
    ],
    praise="The interval says how far the accuracy would vary with other patients, not with other slices.",
    hints=[
        "np.unique(groups) lists the patients, np.flatnonzero(groups == patient) the positions of one's slices.",
        "In each draw, rng.integers(n, size=n) draws n of n patients; np.concatenate joins all their positions.",
        "Keep correct[positions].mean() of each draw, then np.percentile(shares, [2.5, 97.5]).",
    ],
)

score = Score(
    "02",
    dict(conv_stack=2, build_network=3, best_epoch=2, confusion_matrix=2, macro_f1=2, patient_interval=3),
)
