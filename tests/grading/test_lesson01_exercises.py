"""Lesson 01's exercises: wrong answers, other right answers, points."""

from exercises import ExerciseTests

from helpers.checks import lesson01

WRONG = {
    "window_hu": {
        "no clipping": "def window_hu(hu, level, width):\n    return (np.asarray(hu, float) - (level - width / 2)) / width",
        "level taken for the lower end": "def window_hu(hu, level, width):\n    return np.clip((np.asarray(hu, float) - level) / width, 0, 1)",
        "half the width": "def window_hu(hu, level, width):\n    return np.clip((np.asarray(hu, float) - (level - width / 2)) / (width / 2), 0, 1)",
        "half of the width, rounded down": "def window_hu(hu, level, width):\n    return np.clip((np.asarray(hu, float) - (level - width // 2)) / width, 0, 1)",
        "8 bits": "def window_hu(hu, level, width):\n    return (255 * np.clip((np.asarray(hu, float) - (level - width / 2)) / width, 0, 1)).astype(np.uint8)",
        "only the visible cases": (
            "def window_hu(hu, level, width):\n"
            "    hu = np.asarray(hu)\n"
            "    if width == 3 and hu.size == 3: return np.array([0, 0.5, 5 / 6])\n"
            "    if hu.size == 3: return np.array([0, 0.5, 1])\n"
            "    if hu.size == 2: return np.array([0.0, 1.0])\n"
            "    return np.clip((hu - (level - width / 2)) / width, 0, 1) if hu.shape == (2, 2) else np.zeros(hu.shape)"
        ),
    },
    "class_weights": {
        "weights grow with the count": "def class_weights(labels):\n    c = np.bincount(labels)\n    return c.max() / c.min(), len(c) * c / len(labels)",
        "not scaled": "def class_weights(labels):\n    c = np.bincount(labels)\n    return c.max() / c.min(), 1 / c",
        "ratio upside down": "def class_weights(labels):\n    c = np.bincount(labels)\n    return c.min() / c.max(), len(labels) / (len(c) * c)",
        "weights add up to 1": "def class_weights(labels):\n    c = np.bincount(labels)\n    return c.max() / c.min(), (1 / c) / (1 / c).sum()",
        "whole-number ratio": "def class_weights(labels):\n    c = np.bincount(labels)\n    return c.max() // c.min(), len(labels) / (len(c) * c)",
        "mean 1 over the classes": "def class_weights(labels):\n    c = np.bincount(labels)\n    return c.max() / c.min(), (1 / c) / (1 / c).mean()",
        "weights first": "def class_weights(labels):\n    c = np.bincount(labels)\n    return len(labels) / (len(c) * c), c.max() / c.min()",
        "a dictionary": "def class_weights(labels):\n    c = np.bincount(labels)\n    return c.max() / c.min(), dict(enumerate(len(labels) / (len(c) * c)))",
        "only the weights": "def class_weights(labels):\n    c = np.bincount(labels)\n    return len(labels) / (len(c) * c)",
    },
    "find_duplicates": {
        "an image pairs with itself": (
            "def find_duplicates(images, tolerance):\n"
            "    d = np.sqrt(((images[:, None].astype(float) - images[None]) ** 2).mean(axis=(2, 3)))\n"
            "    return [(i, j) for i in range(len(d)) for j in range(i, len(d)) if d[i, j] <= tolerance]"
        ),
        "both orders": (
            "def find_duplicates(images, tolerance):\n"
            "    d = np.sqrt(((images[:, None].astype(float) - images[None]) ** 2).mean(axis=(2, 3)))\n"
            "    return [(i, j) for i in range(len(d)) for j in range(len(d)) if i != j and d[i, j] <= tolerance]"
        ),
        "differences cancel": (
            "def find_duplicates(images, tolerance):\n"
            "    return [(i, j) for i in range(len(images)) for j in range(i + 1, len(images))\n"
            "            if abs((images[i].astype(float) - images[j]).mean()) <= tolerance]"
        ),
        "mean absolute difference": (
            "def find_duplicates(images, tolerance):\n"
            "    return [(i, j) for i in range(len(images)) for j in range(i + 1, len(images))\n"
            "            if abs(images[i].astype(float) - images[j]).mean() <= tolerance]"
        ),
        "no root": (
            "def find_duplicates(images, tolerance):\n"
            "    d = ((images[:, None].astype(float) - images[None]) ** 2).mean(axis=(2, 3))\n"
            "    return [(i, j) for i in range(len(d)) for j in range(i + 1, len(d)) if d[i, j] <= tolerance]"
        ),
        "the largest difference": (
            "def find_duplicates(images, tolerance):\n"
            "    d = abs(images[:, None].astype(float) - images[None]).max(axis=(2, 3))\n"
            "    return [(i, j) for i in range(len(d)) for j in range(i + 1, len(d)) if d[i, j] <= tolerance]"
        ),
        "one partner each": (
            "def find_duplicates(images, tolerance):\n"
            "    d = np.sqrt(((images[:, None].astype(float) - images[None]) ** 2).mean(axis=(2, 3)))\n"
            "    first = [(i, np.flatnonzero(d[i, i + 1:] <= tolerance)) for i in range(len(d))]\n"
            "    return [(i, i + 1 + int(hits[0])) for i, hits in first if hits.size]"
        ),
        "only neighbours": (
            "def find_duplicates(images, tolerance):\n"
            "    return [(i, i + 1) for i in range(len(images) - 1)\n"
            "            if np.sqrt(((images[i].astype(float) - images[i + 1]) ** 2).mean()) <= tolerance]"
        ),
        "8-bit differences wrap around": (
            "def find_duplicates(images, tolerance):\n"
            "    return [(i, j) for i in range(len(images)) for j in range(i + 1, len(images))\n"
            "            if np.sqrt(((images[i] - images[j]) ** 2).mean()) <= tolerance]"
        ),
    },
    "split_by_number": {
        "single files": (
            "def split_by_number(numbers, test_fraction, seed):\n"
            "    return np.random.default_rng(seed).random(len(numbers)) < test_fraction"
        ),
        "the first part": (
            "def split_by_number(numbers, test_fraction, seed):\n"
            "    return np.argsort(np.argsort(numbers)) < test_fraction * len(numbers)"
        ),
        "numbers taken as sorted": (
            "def split_by_number(numbers, test_fraction, seed):\n"
            "    run = np.r_[0, np.cumsum(np.diff(numbers) > 1)]\n"
            "    test = np.zeros(len(numbers), bool)\n"
            "    for r in np.random.default_rng(seed).permutation(run.max() + 1):\n"
            "        if test.sum() < test_fraction * len(numbers): test |= run == r\n"
            "    return test"
        ),
        "the seed is ignored": (
            "def split_by_number(numbers, test_fraction, seed):\n"
            "    order = np.argsort(numbers)\n"
            "    run = np.empty(len(numbers), int)\n"
            "    run[order] = np.r_[0, np.cumsum(np.diff(numbers[order]) > 1)]\n"
            "    test = np.zeros(len(numbers), bool)\n"
            "    for r in range(run.max() + 1):\n"
            "        if test.sum() < test_fraction * len(numbers): test |= run == r\n"
            "    return test"
        ),
        "a share of the runs, not of the files": (
            "def split_by_number(numbers, test_fraction, seed):\n"
            "    order = np.argsort(numbers)\n"
            "    run = np.empty(len(numbers), int)\n"
            "    run[order] = np.r_[0, np.cumsum(np.diff(numbers[order]) > 1)]\n"
            "    k = run.max() + 1\n"
            "    chosen = np.random.default_rng(seed).permutation(k)[: max(1, round(test_fraction * k))]\n"
            "    return np.isin(run, chosen)"
        ),
        "a gap of one number does not end a run": (
            "def split_by_number(numbers, test_fraction, seed):\n"
            "    order = np.argsort(numbers)\n"
            "    run = np.empty(len(numbers), int)\n"
            "    run[order] = np.r_[0, np.cumsum(np.diff(numbers[order]) > 2)]\n"
            "    test = np.zeros(len(numbers), bool)\n"
            "    for r in np.random.default_rng(seed).permutation(run.max() + 1):\n"
            "        if test.sum() < test_fraction * len(numbers): test |= run == r\n"
            "    return test"
        ),
        "nothing for testing": "def split_by_number(numbers, test_fraction, seed):\n    return numbers < 0",
    },
    "shortcut_auc": {
        "ties count nothing": "def shortcut_auc(scores, positive):\n    return (scores[positive][:, None] > scores[~positive]).mean()",
        "ties count whole": "def shortcut_auc(scores, positive):\n    return (scores[positive][:, None] >= scores[~positive]).mean()",
        "upside down": (
            "def shortcut_auc(scores, positive):\n"
            "    d = scores[~positive][:, None] - scores[positive]\n    return ((d > 0) + 0.5 * (d == 0)).mean()"
        ),
        "never below a half": "def shortcut_auc(scores, positive):\n    d = scores[positive][:, None] - scores[~positive]\n    a = ((d > 0) + 0.5 * (d == 0)).mean()\n    return max(a, 1 - a)",
        "accuracy at the median": "def shortcut_auc(scores, positive):\n    return ((scores > np.median(scores)) == positive).mean()",
        "text": "def shortcut_auc(scores, positive):\n    from sklearn.metrics import roc_auc_score\n    return str(roc_auc_score(positive, scores))",
        "ranks without ties": (
            "def shortcut_auc(scores, positive):\n"
            "    rank = np.argsort(np.argsort(scores)) + 1\n    n = positive.sum()\n"
            "    return (rank[positive].sum() - n * (n + 1) / 2) / (n * (~positive).sum())"
        ),
    },
}  # fmt: skip

ALSO_RIGHT = {
    "window_hu": ["def window_hu(hu, level, width):\n    return np.float32(np.minimum(1, np.maximum(0, (hu - level) / width + 0.5)))"],
    "class_weights": [
        "def class_weights(labels):\n    c = [list(labels).count(k) for k in range(max(labels) + 1)]\n"
        "    return [max(c) / min(c), [len(labels) / (len(c) * n) for n in c]]"
    ],
    "find_duplicates": [
        "def find_duplicates(images, tolerance):\n"
        "    flat = images.reshape(len(images), -1).astype(np.float64)\n"
        "    near = np.sqrt(((flat[:, None] - flat) ** 2).mean(axis=2)) <= tolerance\n"
        "    return np.argwhere(np.triu(near, 1))"
    ],
    "split_by_number": [
        "def split_by_number(numbers, test_fraction, seed):\n"
        "    runs = []\n"
        "    for n in sorted(numbers):\n"
        "        if runs and n == runs[-1][-1] + 1: runs[-1].append(n)\n"
        "        else: runs.append([n])\n"
        "    np.random.default_rng(seed).shuffle(runs)\n"
        "    test = []\n"
        "    while len(test) < test_fraction * len(numbers): test += runs.pop()\n"
        "    return [n in test for n in numbers]"
    ],
    "shortcut_auc": [
        "def shortcut_auc(scores, positive):\n"
        "    from scipy.stats import mannwhitneyu\n"
        "    a, b = scores[positive], scores[~positive]\n"
        "    return mannwhitneyu(a, b).statistic / (len(a) * len(b))"
    ],
}  # fmt: skip


class TestLesson01(ExerciseTests):
    lesson, checks, points = "01", lesson01, 12
    wrong, also_right = WRONG, ALSO_RIGHT
    hidden_only = frozenset({"only the visible cases"})
    reasons = {
        "find_duplicates": {
            "no root": "Take its root",
            "the largest difference": "the largest difference",
            "differences cancel": "cancel",
            "8-bit differences wrap around": "wrap around",
        },
        "split_by_number": {"a share of the runs, not of the files": "Count files, not runs"},
        "window_hu": {"half of the width, rounded down": "width / 2, not //"},
        "shortcut_auc": {"never below a half": "may lie below 0.5"},
    }
