"""Who is in a cohort: how many images each class and each patient get, and who has what goes with the class."""

import numpy as np


def classes(class_names, published_counts, n_images, images_per_patient):
    """Images and patients of every class, in the published proportions.

    Returns
    -------
    list of (class name, number of images, number of patients); the images add up to `n_images`.

    Raises
    ------
    ValueError if a patient would have less than one image, or a class fewer than 3 patients (one each to train, validate
    and test on).
    """
    if not images_per_patient >= 1:
        raise ValueError(f"a patient has at least 1 image on average, not {images_per_patient!r}")
    plan = []
    for name, count in zip(class_names, proportional(n_images, published_counts)):
        n_patients = round(count / images_per_patient)
        if n_patients < 3:
            raise ValueError(
                f"{n_images} images with {images_per_patient} a patient give {n_patients} {name} patients; at least 3 "
                "a class are needed. Ask for more images (n_images) or fewer a patient."
            )
        plan.append((name, count, n_patients))
    return plan


def ct_patients(class_names, published_counts, n_images, slices_per_patient, contrast_shares, seed, draw):
    """Plan and draw the patients of a CT cohort, some of them with contrast agent.

    Parameters
    ----------
    contrast_shares : class name -> share of its patients that receive contrast agent.
    draw : function (class name, number of slices, contrast given, generator) -> tuple of arrays, each with a slice a row.

    Returns
    -------
    known : dict of labels (n,) int, groups (n,) str and contrast (n,) bool, ordered by patient.
    arrays : what `draw` gave, of all patients, one array for each in the tuple.
    """
    rng = np.random.default_rng(seed)
    plan = []  # (class name, number of slices, contrast) of each patient
    for name, count, n_patients in classes(class_names, published_counts, n_images, slices_per_patient):
        slices = uneven(count, n_patients, rng)
        given = dealt(n_patients, contrast_shares[name], rng)
        plan += [(name, n, bool(g)) for n, g in zip(slices, given)]
    rng.shuffle(plan)
    drawn = zip(*(draw(*patient, np.random.default_rng([seed, i])) for i, patient in enumerate(plan)))
    names, n_slices, contrast = zip(*plan)
    known = {
        "labels": np.repeat([class_names.index(name) for name in names], n_slices),
        "groups": np.repeat([f"P{i + 1:03d}" for i in range(len(plan))], n_slices),
        "contrast": np.repeat(contrast, n_slices),
    }
    return known, [np.concatenate(arrays) for arrays in drawn]


def proportional(total, weights):
    """Split `total` into whole numbers in the proportions of `weights` (largest remainders); they add up."""
    exact = total * np.asarray(weights, float) / np.sum(weights)
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    return whole.tolist()


def uneven(count, n_patients, rng):
    """Images of each patient: between about half and one and a half times the mean, but one at least; they add up to
    `count`, which must not be below `n_patients`."""
    images = np.array(proportional(count, rng.uniform(0.5, 1.5, n_patients)))
    while (images == 0).any():  # a mean near 1
        images[[images.argmax(), images.argmin()]] += -1, 1
    return images.tolist()


def dealt(n_patients, share, rng):
    """Who is among the `share` of the patients: (n_patients,) bool.

    Dealt, not tossed, so that small cohorts have that share: half of 11 patients are 5 or 6, never 2.
    """
    return rng.permutation(n_patients) < share * n_patients + rng.uniform(-0.5, 0.5)
