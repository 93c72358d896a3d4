"""Lesson 04, exercise 4: `smote_sample`."""

import numpy as np

from helpers.checks.feedback import Check, expect, numbers


def _ranked(rare, i, distances):
    """Numbers of the other images, the nearest first."""
    order = np.argsort(distances, kind="stable")
    return order[order != i]


def _smote(rare, i, nth, gap):
    apart = np.sqrt(((rare - rare[i]) ** 2).sum(axis=1))
    return rare[i] + gap * (rare[_ranked(rare, i, apart)[nth - 1]] - rare[i])


def _sample_mistakes(rare, i, nth, gap):
    """Pairs (what the mistake gives, reason)."""
    (m, d), here = rare.shape, rare[i]
    difference = rare - here
    apart = np.sqrt((difference**2).sum(axis=1))
    ranked = _ranked(rare, i, apart)
    way = rare[ranked[nth - 1]] - here
    counted = "nth = 1 is the nearest *other* image."
    if nth > 1:
        yield (
            here + gap * (rare[ranked[nth - 2]] - here),
            f"This goes to neighbour nth - 1: you counted the image itself as its nearest. {counted}",
        )
    else:
        yield here, f"This is image i itself. Was it counted as its own nearest neighbour? {counted}"
    if nth < m - 1:
        yield (
            here + gap * (rare[ranked[nth]] - here),
            f"This goes to neighbour nth + 1. {counted} Without the image itself in the order, that is place "
            "nth - 1.",
        )
    yield here, "This is image i itself. Go the share `gap` of the way to the neighbour."
    yield here + way, "This is the neighbour itself. Go only the share `gap` of the way."
    yield (
        here + (1 - gap) * way,
        "This starts at the neighbour. The way begins at image i: gap = 0 is image i.",
    )
    yield here + way / 2, "This is the point in the middle. `gap` says how far along the way it lies."
    yield here - gap * way, "This leads away from the neighbour: the way is neighbour - image i."
    yield here + (1 + gap) * way, "This lies beyond the neighbour. Start at image i, not at the neighbour."
    yield gap * way, "This is the step alone. Add it to image i."
    yield -gap * way, "This is the step alone, and in the wrong direction. Add it to image i."
    yield (
        here + gap * (here + way),
        "Add the share `gap` of the *difference*, neighbour - image i, to image i.",
    )
    yield gap * here + here + way, "Only one of both points is weighted: (1 - gap) image i + gap neighbour."
    yield gap * (2 * here + way), "Take the share `gap` of the difference, not of the sum."
    yield here + way * gap**2, "The share `gap` counts once, not squared."
    unit = way / np.linalg.norm(way)
    yield here + gap * unit, "`gap` is a share of the way, not a distance."
    yield here + gap, "`gap` is a share of the way to the neighbour. The neighbour does not enter."
    yield gap * here, "The neighbour does not enter."
    yield here + gap * np.abs(way), "Keep the signs of the differences."
    yield here + gap * way.mean(), "Every feature has a difference of its own."
    if d > 1:
        one = np.where(np.arange(d) == 0, gap, 0)
        yield here + one * way, "Only the first feature has moved. All of them do."
        yield here + one[::-1] * way, "Only the last feature has moved. All of them do."

    euclidean = "Near is meant by the Euclidean distance, the root of the sum of squared differences"
    cancel = f"{euclidean}; without squares, differences cancel."
    position = f"{euclidean}, not by the position in `rare`."
    scaling = f"{euclidean}, of the features as they are: no scaling."
    lengths = np.maximum(np.sqrt((rare**2).sum(axis=1)), 1e-300)
    spread, span = (np.maximum(scale, 1e-300) for scale in (rare.std(axis=0), np.ptp(rare, axis=0)))
    near = [
        (-apart, "These neighbours are the farthest. Sort from small to large distances."),
        (np.abs(difference).sum(axis=1), f"{euclidean}; you add up the absolute differences."),
        (np.abs(difference).max(axis=1), f"{euclidean}; you take the largest difference only."),
        (np.abs(difference[:, 0]), f"{euclidean}; you look at the first feature only."),
        (np.abs(difference[:, -1]), f"{euclidean}; you look at the last feature only."),
        (np.abs(difference.sum(axis=1)), cancel),
        (difference.sum(axis=1), cancel),
        (np.abs(np.arange(m) - i), position),
        (np.arange(m), position),
        (1 - rare @ here / lengths / lengths[i], f"{euclidean}; you compare directions."),
        (-(rare @ here), f"{euclidean}; you compare by the product."),
        (np.abs(lengths - lengths[i]), f"{euclidean}; you compare lengths."),
        (((difference / spread) ** 2).sum(axis=1), scaling),
        (((difference / span) ** 2).sum(axis=1), scaling),
        (
            ((rare - rare.mean(axis=0)) ** 2).sum(axis=1),
            "Distances are those to image i, not to the mean image.",
        ),
        (((rare - rare[0]) ** 2).sum(axis=1), "Distances are those to image i, not to image 0."),
    ]
    for distances, reason in near:
        yield here + gap * (rare[_ranked(rare, i, distances)[nth - 1]] - here), reason
    if nth < m - 1:
        yield here + gap * (rare[ranked[::-1][nth]] - here), near[0][1]
    yield here + gap * (rare[(i + nth) % m] - here), position
    rank = np.argsort(np.argsort(apart, kind="stable"), kind="stable")
    yield (
        here + gap * (rare[rank[nth]] - here),
        "np.argsort gives the images in the order of their distances; sorting its answer again gives ranks.",
    )
    shifted = "With image i taken out of `rare`, the positions behind it move up by one. Index what is left."
    without = np.delete(apart, i)
    yield here + gap * (rare[np.argsort(without, kind="stable")[nth - 1]] - here), shifted
    average = "There is one neighbour: the nth nearest, not the mean of several."
    yield here + gap * (rare[ranked[:nth]].mean(axis=0) - here), average
    yield here + gap * (np.delete(rare, i, axis=0).mean(axis=0) - here), average
    yield here + gap * (rare.mean(axis=0) - here), average
    if i > 0:
        yield _smote(rare, i - 1, nth, gap), "This starts at image i - 1. Images are counted from 0."
    if i < m - 1:
        yield _smote(rare, i + 1, nth, gap), "This starts at image i + 1. Images are counted from 0."
    yield _smote(rare, 0, nth, gap), "This starts at image 0, not at image i."
    yield (1 - gap) * rare[0] + gap * (here + way), "This starts at image 0, not at image i."
    yield _smote(rare, m - 1, nth, gap), "This starts at the last image, not at image i."
    yield _smote(rare, i, 1, gap), "`nth` is ignored: this goes to the nearest neighbour."
    nearest = np.argmin(np.where(np.arange(m) == i, np.inf, apart))
    yield _smote(rare, nearest, 1, gap), "This starts at the neighbour. Start at image i."
    yield _smote(rare, ranked[nth - 1], nth, gap), "This starts at the neighbour. Start at image i."
    for digits in (0, 1, 2):
        yield np.round(here + gap * way, digits), "Do not round the result."


def _judge_sample(call, rare, i, nth, gap, because):
    (m, d), exact = rare.shape, rare.astype(float)
    one = "One sample, with one value for each feature."
    shapes = [
        ((1, d), f"{one} No further axis."),
        ((d, 1), f"{one} No further axis."),
        ((), one),
        ((m, d), f"{one} Return the sample only."),
        ((m + 1, d), f"{one} Return the sample only, without the images that there are."),
        ((nth, d), f"{one} It goes to the nth nearest neighbour, not to all up to it."),
        ((m - 1, d), f"{one} It goes to the nth nearest neighbour, not to all of them."),
        ((m,), one),
    ]
    arguments = (rare, i, nth, gap)
    result, expected = call(*arguments), _smote(exact, i, nth, gap)
    array = numbers(result)
    mistakes = list(_sample_mistakes(exact, i, nth, gap))
    if array is not None and array.shape == (d,):
        mistakes += _off_the_line(array, exact, i, nth)
    expect(result, expected, shapes, mistakes, arguments, because)


def _off_the_line(sample, rare, i, nth):
    """A pair (the sample, what its place says of the mistake), or none."""
    apart = np.sqrt(((rare - rare[i]) ** 2).sum(axis=1))
    neighbour = _ranked(rare, i, apart)[nth - 1]
    way, step = rare[neighbour] - rare[i], sample - rare[i]
    if (way == 0).any() or not (np.abs(step) < 1e9).all() or len(way) == 1:
        return []
    gaps = step / way
    if np.ptp(gaps) < 1e-5:
        reason = f"Your sample lies {gaps[0]:.3g} of the way to the neighbour, not `gap`."
    elif gaps.min() >= -1e-6 and gaps.max() <= 1 + 1e-6:
        reason = (
            "Your sample is between image and neighbour in each feature, but not on the line between them: "
            "the same `gap` for all features."
        )
    else:
        return []
    return [(sample, f"{reason} Nothing is drawn at random here.")]


def _features(seed, m, d):
    """Features on unlike scales."""
    return np.random.default_rng(seed).normal(2, 1, (m, d)) * np.linspace(1, 2.2, d)


smote_sample = Check(
    _judge_sample,
    cases=[
        # by other distances, other neighbours: the seed was looked for
        (_features(105, 90, 6), 6, 4, 0.3, "Sort the distances of all images to image 6."),
        (
            np.array([[0.0, 0.0], [4.0, 0.5], [0.2, 3.0], [6.0, 8.0], [-1.5, -1.0]]),
            0,
            1,
            0.25,
            "The nearest neighbour of image 0 is image 4.",
        ),
        (
            np.array([[0.0, 1.0], [3.2, 3.1], [0.3, 5.2], [-0.4, -3.7], [9.0, 2.0], [2.0, 2.6]]),
            0,
            2,
            0.6,
            "The distances from image 0 are 3.8, 4.2, 4.7, 9.1 and 2.6: the second nearest is image 1.",
        ),
        (_features(85, 9, 4), 5, 3, 0.3, "Sort the distances of all images to image 5."),
        (_features(86, 8, 3), 7, 1, 0.85, "Sort the distances of all images to image 7."),
        (_features(87, 6, 5), 2, 5, 0.4, "There are five neighbours: the fifth is the farthest."),
        (_features(88, 6, 3), 3, 2, 0, "With gap = 0 the sample is image i itself."),
        (_features(89, 6, 3), 3, 2, 1, "With gap = 1 the sample is the neighbour."),
    ],
    praise="A new point between two images of the class. Whether an image could look like that, SMOTE does "
    "not ask.",
    hints=[
        "First the distances of all images from image i, then their order, then the point.",
        "rare - rare[i] holds the differences, (m, d). The root of the sum of their squares over axis 1 is "
        "the distance; that of image i itself is 0.",
        "np.argsort(distances) names the images, the nearest first. Place 0 is image i itself, so the nth "
        "neighbour stands at place nth.",
        "rare[i] + gap * (neighbour - rare[i]).",
    ],
)
