"""Checks of lesson 02. Each judge compares with a library or with the definition, never with one stored
answer, and tells typical mistakes apart where it can."""

from functools import lru_cache
from itertools import combinations, combinations_with_replacement

import numpy as np
from scipy.stats import beta
from sklearn import metrics

from helpers import evaluation
from helpers.checks.feedback import Check, Wrong, expect_close, numbers


def _pair(result, names):
    """The two things that an answer returns."""
    try:
        first, second = result
    except (TypeError, ValueError):
        raise Wrong(f"Return two things, `return {names}`.") from None
    return first, second


def _expect(result, expected, mistakes, arguments, because):
    """`Wrong` unless `result` is `expected`; with a reason of its own where it is one of the `mistakes`.

    mistakes : pairs (what the mistake gives, reason).
    """
    array = numbers(result)
    if array is not None and not _same(array, expected):
        for mistaken, reason in mistakes:
            if _same(array, mistaken):
                raise Wrong(reason)
    expect_close(result, expected, arguments, because)


def _same(array, other):
    return array.shape == np.shape(other) and np.allclose(array, other, rtol=1e-6, atol=1e-6)


def _stack(shape, layers, mistake=None):
    """Output shape and number of parameters, by the definition or with a typical mistake."""
    sides, channels, parameters = list(shape[:2]), shape[2], 0
    if mistake == "square":
        sides[1] = sides[0]
    for kind, *options in layers:
        if kind == "pool":
            (size,) = options
            sides = [-(-side // size) if mistake == "pool up" else side // size for side in sides]
            parameters += {"pool counted": size**2 * channels, "pool and bias": size**2 * channels + 1}.get(
                mistake, 0
            )
            continue
        filters, kernel, stride, padding = options
        padding = {"all same": "same", "all valid": "valid"}.get(mistake, padding)
        step = 1 if mistake == "stride" else stride
        if padding == "same":
            sides = [side // step if mistake == "same down" else -(-side // step) for side in sides]
        elif mistake == "valid up":
            sides = [-(-(side - kernel) // step) + 1 for side in sides]
        else:
            sides = [(side - kernel) // step + (mistake != "no one") for side in sides]
        area = kernel if mistake == "side" else kernel**2
        inputs = {"no inputs": 1, "first channels": shape[2]}.get(mistake, channels)
        biases = {"no biases": 0, "one bias": 1}.get(mistake, filters)
        parameters += area * inputs * filters + biases
        channels = filters
    return (*sides, channels), parameters


_SHAPE_MISTAKES = {
    "stride": 'The stride is ignored: a stride of 2 about halves height and width, with "same" too.',
    "all same": '"valid" is treated as "same". Without padding the kernel must fit inside: '
    "floor((h - kernel) / stride) + 1.",
    "all valid": '"same" is treated as "valid". With padding the size depends on the stride only: '
    "ceil(h / stride).",
    "pool up": "Pooling rounds down: rows and columns that do not fill a window are dropped.",
    "same down": '"same" rounds up, ceil(h / stride): the padding lets the last window fit.',
    "valid up": '"valid" rounds down, floor((h - kernel) / stride) + 1: the kernel must fit inside.',
    "no one": "One position is missing: (h - kernel) / stride steps lead to one position more.",
    "square": "The height is used for the width as well. Images need not be square.",
}
_PARAMETER_MISTAKES = {
    "no biases": "The biases are missing: every filter has one.",
    "one bias": "Every filter has a bias of its own, not every layer.",
    "no inputs": "A filter has kernel x kernel weights for each of its input channels. Multiply by their "
    "number.",
    "first channels": "A layer's input channels are the filters of the convolution before it, not the "
    "image's channels.",
    "pool counted": "Pooling learns nothing: it has no parameters.",
    "pool and bias": "Pooling learns nothing: it has no parameters.",
    "side": "A kernel of size 3 has 3 x 3 weights for each input channel, not 3.",
}


def _judge_stack(call, shape, layers, because):
    size, parameters = _pair(call(shape, layers), "(height, width, channels), parameters")
    if np.shape(size) != (3,) or np.ndim(parameters):
        raise Wrong(
            "Return the output shape first, (height, width, channels), then the number of parameters, a "
            f"single number; your function returned things of shape {np.shape(size)} and "
            f"{np.shape(parameters)}."
        )
    expected_size, expected_parameters = _stack(shape, layers)
    mistakes = [(_stack(shape, layers, key)[0], text) for key, text in _SHAPE_MISTAKES.items()]
    height, width, channels = expected_size
    mistakes += [
        ((width, height, channels), "Height and width are swapped: the height comes first."),
        ((channels, height, width), "The channels come last: (height, width, channels)."),
        ((height, width, shape[2]), "The output has as many channels as the last convolution has filters."),
    ]
    _expect(size, expected_size, mistakes, (shape, layers), f"Compare the shapes. {because}")
    mistakes = [(_stack(shape, layers, key)[1], text) for key, text in _PARAMETER_MISTAKES.items()]
    _expect(parameters, expected_parameters, mistakes, (shape, layers), f"Count the parameters. {because}")


conv_stack = Check(
    _judge_stack,
    cases=[
        ((5, 8, 2), [("conv", 4, 3, 1, "valid")], "A 3 x 3 kernel fits 3 times into 5 rows."),
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
        "Go through the layers one by one. Keep height, width, channels and the parameters so far in four "
        "variables.",
        'The size rules are the same for height and width: (n - kernel) // stride + 1 for "valid", '
        '-(-n // stride) for "same" (rounds up), n // size for pooling.',
        "A convolution has kernel * kernel * channels * filters weights and filters biases; after it, "
        "channels = filters. Pooling has no parameters.",
    ],
)


def _judge_confusion(call, labels, predictions, n_classes, because):
    expected = metrics.confusion_matrix(labels, predictions, labels=np.arange(n_classes))
    result = call(labels, predictions, n_classes)
    array = numbers(result)
    if array is not None and array.ndim == 2 and array.shape[0] == array.shape[1] != n_classes:
        raise Wrong(
            f"Expected {n_classes} rows and columns, but your function returned {array.shape[0]}. A class "
            f"that does not occur keeps its row and column of zeros: take the size from n_classes."
        )
    if array is not None and array.shape == expected.shape and (array != np.round(array)).any():
        raise Wrong("Return counts, whole numbers, not shares: they can be turned into shares later.")
    mistakes = [
        (expected.T, "Rows and columns are swapped: rows are the truth, columns the predictions."),
        (
            np.minimum(expected, 1),
            "Repeats are lost: `m[labels, predictions] += 1` adds 1 to each cell once, however often the "
            "pair occurs.",
        ),
    ]
    _expect(result, expected, mistakes, (labels, predictions, n_classes), because)


confusion_matrix = Check(
    _judge_confusion,
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
            "Classes that never occur keep a row and a column of zeros.",
        ),
    ],
    praise="Rows are the truth, columns the predictions, and every image is counted once.",
    hints=[
        "Start from np.zeros((n_classes, n_classes), dtype=int). Which entry does one image add to?",
        "for label, prediction in zip(labels, predictions): add 1 to matrix[label, prediction].",
        "Without a loop: np.add.at(matrix, (labels, predictions), 1). (`matrix[labels, predictions] += 1` "
        "counts a pair that occurs twice only once.)",
    ],
)


def _judge_f1(call, confusion, because):
    truth, predicted = np.indices(confusion.shape).reshape(2, -1).repeat(confusion.ravel(), axis=1)
    classes = np.arange(len(confusion))
    expected = metrics.f1_score(truth, predicted, labels=classes, average="macro", zero_division=0)
    result = call(confusion)
    array = numbers(result)
    if array is not None and array.shape == classes.shape:
        raise Wrong("Return one number, the mean of the classes' F1, not one per class.")
    if array is not None and np.isnan(array).any():
        raise Wrong("Your function returns NaN. A class whose F1 is 0 / 0 counts as 0.")
    hits, actual, named = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)

    def ratio(above, below, empty=0.0):
        return np.divide(above, below, out=np.full(len(classes), empty), where=below > 0)

    f1 = ratio(2 * hits, actual + named)
    recall, precision = ratio(hits, actual), ratio(hits, named)
    both = max(recall.mean() + precision.mean(), 1e-12)
    left_out = "A class whose F1 is 0, or 0 / 0, stays in the mean as 0: do not leave classes out."
    twice = "The true positives count twice, above and below: 2 TP / (2 TP + FP + FN)."
    mistakes = [
        (
            f1 @ actual / actual.sum(),
            "Your mean weighs classes by their images. Every class should weigh the same.",
        ),
        (
            hits.sum() / confusion.sum(),
            "This is the accuracy (F1 from counts summed over the classes). Take each class's F1 first, "
            "then the mean.",
        ),
        (
            2 * recall.mean() * precision.mean() / both,
            "This is the F1 of mean precision and mean recall. Take each class's F1 first, then the mean.",
        ),
        (f1[actual + named > 0].mean(), left_out),
        (f1[actual > 0].mean(), left_out),
        (f1[hits > 0].mean() if hits.any() else np.inf, left_out),
        (recall.mean(), "This is the mean recall. F1 counts false positives too."),
        (precision.mean(), "This is the mean precision. F1 counts false negatives too."),
        (ratio(hits, actual + named - hits).mean(), twice),
        (ratio(hits, actual + named).mean(), twice),
        (100 * expected, "Return a share in [0, 1], not a percentage."),
    ]
    _expect(result, expected, mistakes, (confusion,), because)


macro_f1 = Check(
    _judge_f1,
    cases=[
        (
            np.array([[3, 1, 0], [0, 40, 2], [1, 0, 5]]),
            "False negatives are a row without its diagonal, false positives a column.",
        ),
        (np.array([[8, 2, 0], [3, 6, 0], [2, 4, 0]]), "Class 2 is never predicted: its F1 is 0."),
        (
            np.array([[8, 1, 1, 0], [2, 5, 1, 0], [0, 3, 4, 0], [0, 0, 0, 0]]),
            "Class 3 is neither there nor predicted: 0 / 0 counts as 0.",
        ),
    ],
    praise="Every class weighs the same, however rare it is.",
    hints=[
        "np.diag(confusion) holds the true positives. Row sums count a class's images, column sums its "
        "predictions.",
        "2 TP + FP + FN is a class's row sum plus its column sum.",
        "np.divide(2 * tp, total, out=np.zeros(len(tp)), where=total > 0) leaves 0 where the total is 0. "
        "Then take the mean.",
    ],
)


def _stop(losses, patience, mistake=None):
    """(kept, last) from 1, by the definition or with a typical mistake."""
    kept = waited = last = 0
    for last in range(1, len(losses)):
        best = losses[last - 1 if mistake == "previous" else kept]
        if losses[last] < best or (mistake == "ties" and losses[last] == best):
            kept, waited = last, 0 if mistake != "not in a row" else waited
        else:
            waited += 1
        if waited == patience:
            break
    return kept + 1, last + 1


def _judge_epoch(call, val_loss, patience, because):
    pair = _pair(call(val_loss, patience), "kept, last")
    expected = _stop(val_loss, patience)
    kept, last = expected
    late, previous = _stop(val_loss, patience, "ties"), _stop(val_loss, patience, "previous")
    ties = "A loss that equals the best so far is no improvement: it must be strictly lower."
    neighbour = "Compare each loss with the best so far, not with the previous epoch's."
    mistakes = [
        ((kept - 1, last - 1), "Count epochs from 1: the first epoch is 1."),
        ((kept - 1, last), "Count epochs from 1, the kept one too: the first epoch is 1."),
        ((last, kept), "Return the kept epoch first, then the last one."),
        (late, ties),
        ((late[0], last), ties),
        ((1 + np.flatnonzero(val_loss[:last] == val_loss[kept - 1])[-1], last), ties),
        (previous, neighbour),
        ((1 + np.argmin(val_loss[: previous[1]]), previous[1]), neighbour),
        (
            _stop(val_loss, patience, "not in a row"),
            "Only epochs in a row count: a new lowest loss starts the count again.",
        ),
        (
            (1 + np.argmin(val_loss), last),
            "The kept epoch must have been trained: a lower loss after the stop does not count.",
        ),
        (
            (1 + np.argmin(val_loss), len(val_loss)),
            f"Training stops once {patience} epochs in a row bring no new lowest loss; what would come "
            f"later does not count.",
        ),
        (
            _stop(val_loss, patience + 1),
            "Your training stops too late: stop as soon as `patience` epochs in a row bring no new lowest "
            "loss.",
        ),
        (
            _stop(val_loss, patience - 1) if patience > 1 else (np.inf, np.inf),
            "Your training stops too early: wait until `patience` epochs in a row bring no new lowest loss.",
        ),
        (
            (kept, kept + patience),
            "The last epoch cannot lie beyond the end: if patience does not run out, it is the length of "
            "val_loss.",
        ),
        (_stop(-val_loss, patience), "The lowest validation loss is the best, not the highest."),
        (
            (last, last),
            "The weights that are kept are those of the lowest loss, not those of the last epoch.",
        ),
    ]
    _expect(pair, expected, mistakes, (val_loss, patience), because)


best_epoch = Check(
    _judge_epoch,
    cases=[
        (
            np.array([0.9, 0.8, 0.7, 0.75, 0.8, 0.6, 0.65, 0.7, 0.72, 0.5]),
            2,
            "Epochs 4 and 5 are no better than epoch 3, so epoch 6 is never trained.",
        ),
        (np.array([1.0, 0.8, 0.85, 0.7, 0.72]), 3, "Patience never runs out: the last epoch is 5."),
        (np.array([0.5, 0.4, 0.4, 0.45, 0.3]), 2, "A tie is no improvement."),
        (
            np.array([0.9, 0.5, 0.7, 0.6, 0.65, 0.55, 0.64]),
            3,
            "0.6 is lower than 0.7 before it, but not than the best so far, 0.5.",
        ),
        (
            np.array([1.0, 1.1, 0.9, 0.95, 0.8, 0.85, 0.7]),
            2,
            "A new lowest loss starts the count again.",
        ),
    ],
    praise="Training stops when patience runs out, and the best epoch until then is kept.",
    hints=[
        "Go through the epochs one by one, as training does. Keep the lowest loss so far, its epoch, and "
        "how many epochs have passed since.",
        "for epoch, loss in enumerate(val_loss, start=1): is the loss lower than the lowest so far? Then "
        "remember loss and epoch.",
        "If it is not, and epoch - kept == patience, return kept, epoch. After the loop, return kept, "
        "len(val_loss).",
    ],
)


@lru_cache(maxsize=32)
def _whole_patient_draws(correct, groups, n_draws):
    """Sorted shares of correct slices in `n_draws` draws of the helper."""
    correct, shares = np.array(correct), []

    def share(index):
        shares.append(correct[index].mean())
        return shares[-1]

    evaluation.bootstrap(share, np.array(groups), n_draws, 1)
    return np.sort(shares)


def _possible_shares(right, slices):
    """What one draw can give: of whole patients, as asked; of patients once each; as mean of patient "
    "means."""
    n = len(right)
    drawn = [list(chosen) for chosen in combinations_with_replacement(range(n), n)]
    once = [list(chosen) for size in range(1, n + 1) for chosen in combinations(range(n), size)]
    return (
        np.array([right[k].sum() / slices[k].sum() for k in drawn]),
        np.array([right[k].sum() / slices[k].sum() for k in once]),
        np.array([(right[k] / slices[k]).mean() for k in drawn]),
    )


def _judge_single_draws(interval, correct, groups, seed):
    """With n_draws = 1 both ends are the one draw, and few shares are possible."""
    names, member = np.unique(groups, return_inverse=True)
    right, slices = np.bincount(member, weights=correct), np.bincount(member)
    singles = []
    for k in range(25):
        low, high = interval(1, seed + k)
        if not np.isclose(low, high):
            raise Wrong(
                f"With n_draws = 1 both ends are that one draw, but your function returned {low:.4g} and "
                f"{high:.4g}."
            )
        singles.append(low)
    singles = np.array(singles)
    possible, once, means = (
        np.isclose(singles[:, None], s).any(axis=1) for s in _possible_shares(right, slices)
    )
    if possible.all():
        return
    if once.all():
        raise Wrong(
            "No patient is twice in your draws. Draw as many patients as there are, with replacement: one "
            "that is drawn twice counts twice, with its slices there twice."
        )
    if means.all():
        raise Wrong(
            "You average the patients' shares. Take the share of all drawn slices: a patient with more "
            "slices weighs more."
        )
    if np.allclose(singles * len(correct), np.round(singles * len(correct))):
        raise Wrong("Draw patients, not slices: a drawn patient brings all of its slices.")
    raise Wrong(
        f"With n_draws = 1 your function returned {singles[~possible][0]:.4g} for {len(names)} patients with "
        f"{slices.tolist()} slices, {right.astype(int).tolist()} of them correct. No draw of {len(names)} "
        f"whole patients gives that."
    )


def _judge_interval(call, correct, groups, n_draws, seed, because):
    def interval(draws, start):
        low, high = pair = _pair(call(correct, groups, draws, start), "low, high")
        array = numbers(pair)
        if array is None or array.shape != (2,) or not np.isfinite(array).all():
            raise Wrong("Return two finite numbers, the lower and the upper end of the interval.")
        low, high = array
        if low > high:
            raise Wrong("Return the lower end first.")
        if high > 2:
            raise Wrong("Return shares in [0, 1], not percentages.")
        if low < -1e-9 or high > 1 + 1e-9:
            raise Wrong(
                "A share cannot leave [0, 1]. Take percentiles of the draws, not a mean plus and minus 1.96 "
                "standard deviations."
            )
        return low, high

    first = interval(20, seed)
    if first != interval(20, seed):
        raise Wrong("The same seed should give the same interval: draw from np.random.default_rng(seed).")
    others = [interval(20, seed + k) for k in range(1, 9)]
    if all(np.allclose(other, first) for other in others):
        if np.isclose(*first):
            raise Wrong(
                "All your draws are the same. Draw patients with replacement: some twice, some not at all."
            )
        raise Wrong("Every seed gives the same interval: draw from np.random.default_rng(seed).")
    if len(np.unique(groups)) <= 6:
        _judge_single_draws(interval, correct, groups, seed)

    # How many of the helper's draws lie beyond the ends? 2.5 %, but for the luck of both sets of draws: exact
    # binomial (Clopper-Pearson) bounds that a right answer leaves about once in 100,000 times.
    low, high = interval(n_draws, seed)
    reference = _whole_patient_draws(tuple(correct.tolist()), tuple(groups.tolist()), max(4000, 3 * n_draws))
    n = 1 / (1 / n_draws + 1 / len(reference))
    least, most = beta.ppf([1e-6, 1 - 1e-6], [0.025 * n, 0.025 * n + 2], [0.975 * n + 1, 0.975 * n - 1])
    a, b, c, d = np.quantile(reference, [least, most, 1 - most, 1 - least])
    if a - 1e-9 <= low <= b + 1e-9 and c - 1e-9 <= high <= d + 1e-9:
        return
    below, above = (reference < low - 1e-9).mean(), (reference > high + 1e-9).mean()
    if high < np.quantile(reference, 0.5):
        because = (
            "np.percentile takes percentages (2.5 and 97.5), np.quantile takes shares (0.025 and 0.975)."
        )
    elif n_draws >= 1000 and 0.035 < below < 0.07 and 0.035 < above < 0.07:
        because = "Take the 2.5th and the 97.5th percentile: 95 % of the draws lie between them."
    raise Wrong(
        f"Of our draws of whole patients, {100 * below:.1f} % lie below your lower end and "
        f"{100 * above:.1f} % above your upper one; about 2.5 % should. {because}"
    )


def _practice_answers(seed, patients, most, shares):
    """Patients of 1 to `most` slices, in mixed order, each with its own share of correct slices: (correct,
    groups)."""
    rng = np.random.default_rng(seed)
    slices = rng.integers(1, most + 1, patients)
    groups = np.repeat([f"patient {k:02d}" for k in rng.permutation(patients)], slices)
    correct = rng.random(len(groups)) < np.repeat(rng.choice(shares, patients), slices)
    order = rng.permutation(len(groups))
    return correct[order], groups[order]


def _patients(right, slices):
    """Patients with these numbers of correct slices and of slices: (correct, groups)."""
    correct = np.concatenate([np.arange(n) < k for k, n in zip(right, slices)])
    return correct, np.repeat([f"patient {k}" for k in range(len(slices))], slices)


patient_interval = Check(
    _judge_interval,
    cases=[
        (*_patients([1, 0, 5, 2, 9], [1, 3, 5, 7, 13]), 100, 5, "Draw 5 whole patients, n_draws times."),
        (
            *_patients([3, 2, 4, 0, 2, 3, 1, 4], [3, 2, 4, 14, 2, 3, 1, 4]),
            300,
            11,
            "Draw 8 patients n_draws times. Each is equally likely to be drawn, however many slices it has.",
        ),
        (
            *_practice_answers(3, 12, 9, [0.2, 0.6, 0.95]),
            4000,
            7,
            "Draw as many patients as there are, n_draws times, each with all of its slices; then take the "
            "2.5th and the 97.5th percentile.",
        ),
    ],
    praise="The interval says how far the accuracy would vary with other patients, not with other slices of "
    "the same ones.",
    hints=[
        "np.unique(groups) lists the patients, np.flatnonzero(groups == patient) the positions of a "
        "patient's slices.",
        "In each draw, rng.integers(n, size=n) draws n of n patients with replacement. np.concatenate joins "
        "the positions of all of them; a patient drawn twice stands there twice.",
        "Keep correct[positions].mean() of each draw, then np.percentile(shares, [2.5, 97.5]).",
    ],
)
