"""The chest phantom: its anatomy, its masks, and the shortcuts, which must come and go without touching the rest."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers import neighbours, splits
from helpers.phantoms import chest as phantom


@pytest.fixture(scope="module")
def chest():
    return phantom.cohort(n_images=312, size=64)


@pytest.fixture(scope="module")
def switched():
    """The same patients with every setting of the two switches: (marker, acquisition) -> cohort."""
    return {
        (marker, bed): phantom.cohort(
            n_images=160, size=32, seed=4, marker_confounder=marker, acquisition_confounder=bed
        )
        for marker in (False, True)
        for bed in (False, True)
    }


def _patient_shares(cohort, given):
    """Share of the patients of each class for whom `given` holds."""
    _, first = np.unique(cohort.groups, return_index=True)
    return [given[first][cohort.labels[first] == label].mean() for label in range(2)]


def _twins(seed, size=96):
    """One thorax twice, healthy and with pneumonia: (images, masks, lung fields) of each."""
    return [
        phantom._patient(name, 2, False, False, size, np.random.default_rng([seed]))
        for name in phantom.CLASS_NAMES
    ]


@pytest.mark.parametrize(("n_images", "expected"), [(520, [134, 386]), (160, [41, 119]), (99, [25, 74])])
def test_counts_follow_the_published_proportions(n_images, expected):
    cohort = phantom.cohort(n_images=n_images, size=8)
    assert np.bincount(cohort.labels).tolist() == expected
    published = np.array(phantom.PUBLISHED_COUNTS)
    assert np.abs(np.array(expected) - n_images * published / published.sum()).max() < 1


def test_patients_have_one_to_three_images_and_one_label(chest):
    names, sizes = np.unique(chest.groups, return_counts=True)
    assert len(names) == 156 and names[0] == "P001"
    assert set(sizes) == {1, 2, 3}
    assert all(len(set(chest.labels[chest.groups == name])) == 1 for name in names)


@pytest.mark.parametrize("images_per_patient", [1, 1.5, 3])
def test_other_numbers_of_repeats_add_up_too(images_per_patient):
    cohort = phantom.cohort(n_images=120, images_per_patient=images_per_patient, size=16)
    _, sizes = np.unique(cohort.groups, return_counts=True)
    assert sizes.sum() == 120 and sizes.max() <= 2 * images_per_patient
    assert sizes.mean() == pytest.approx(images_per_patient, abs=0.1)


def test_same_seed_same_cohort_and_other_seed_another():
    one, same, other = (phantom.cohort(n_images=60, size=32, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(one.images, same.images) and np.array_equal(one.labels, same.labels)
    assert np.array_equal(one.masks, same.masks) and np.array_equal(one.groups, same.groups)
    assert not np.array_equal(one.images, other.images)


def test_images_are_display_values(chest):
    assert chest.images.dtype == np.float32 and chest.images.shape == (312, 64, 64)
    assert np.isfinite(chest.images).all() and chest.images.min() >= 0 and chest.images.max() <= 1
    clipped = (chest.images == 1).mean()
    assert chest.images.std() > 0.15 and clipped < 0.1


def test_lung_fields_are_two_and_darker_than_the_mediastinum(chest):
    columns = np.arange(64)
    for image, lungs in zip(chest.images, chest.organs):
        assert 0.1 < lungs.mean() < 0.5
        # Between the innermost lung pixels of both sides, at the height of the lungs' middle.
        row = int(np.flatnonzero(lungs.any(axis=1)).mean())
        inside = np.flatnonzero(lungs[row])
        gap = np.diff(inside).argmax()
        middle = columns[inside[gap] + 1 : inside[gap + 1]]
        assert len(middle) > 3 and inside[0] < 32 < inside[-1]
        assert np.median(image[lungs]) + 0.1 < np.median(image[row - 1 : row + 2, middle])


def test_lesions_are_marked_on_every_image_of_pneumonia_and_nowhere_else(chest):
    assert np.array_equal(chest.masks.any(axis=(1, 2)), chest.labels == 1)
    assert not (chest.masks & ~chest.organs).any()


def test_masks_survive_coarse_resolution():
    coarse = phantom.cohort(n_images=160, size=16, seed=1)
    assert np.array_equal(coarse.masks.any(axis=(1, 2)), coarse.labels == 1)


def test_opacities_brighten_the_lung_they_lie_in_and_nothing_else():
    gains = []
    for seed in range(8):
        (healthy, none, fields), (ill, masks, same_fields) = _twins(seed)
        assert not none.any() and np.array_equal(fields, same_fields)
        gain = ill - healthy
        gains.append(gain[masks].mean())
        assert gains[-1] > 0.03 and gain[masks].mean() > 3 * abs(gain[~fields].mean())
    assert np.median(gains) > 0.08


def test_bedside_exposures_have_larger_hearts_less_contrast_and_more_noise():
    for seed in range(8):
        (upright, _, fields), (bed, _, same_fields) = (
            phantom._patient("NORMAL", 2, False, in_bed, 96, np.random.default_rng([seed]))
            for in_bed in (False, True)
        )
        assert np.array_equal(fields, same_fields)
        gain = np.where(fields, bed - upright, np.nan)
        assert np.nanmax(gain) > np.nanmedian(gain) + 0.08  # beside the heart
        contrast = [np.ptp(np.percentile(image, [30, 80])) for image in (upright, bed)]
        noise = [np.abs(np.diff(image[:, 80:], axis=2)).mean() for image in (upright, bed)]
        assert contrast[1] < contrast[0] and noise[1] > noise[0]


@pytest.mark.parametrize("marker", [False, True])
@pytest.mark.parametrize("bed", [False, True])
def test_shortcuts_go_with_the_class_only_if_asked(switched, marker, bed):
    cohort = switched[marker, bed]
    for asked, given in ((marker, cohort.marker), (bed, cohort.acquisition)):
        normal, pneumonia = _patient_shares(cohort, given)
        if asked:
            assert normal < 0.2 and pneumonia > 0.85
        else:
            assert abs(normal - 0.5) < 0.06 and abs(pneumonia - 0.5) < 0.06


@pytest.mark.parametrize("setting", [(True, False), (False, True), (True, True)])
def test_switches_change_nothing_else(switched, setting):
    plain, other = switched[False, False], switched[setting]
    for field in ("labels", "groups", "masks", "organs"):
        assert np.array_equal(getattr(plain, field), getattr(other, field)), field
    assert np.array_equal(plain.marker, other.marker) == (not setting[0])
    assert np.array_equal(plain.acquisition, other.acquisition) == (not setting[1])
    same = (plain.marker == other.marker) & (plain.acquisition == other.acquisition)
    assert 0 < same.mean() < 1
    assert np.array_equal(plain.images[same], other.images[same])
    assert all((plain.images[i] != other.images[i]).any() for i in np.flatnonzero(~same))


def test_healthy_twins_differ_from_their_patients_by_the_opacity_alone():
    ill, twins = (
        phantom.cohort(n_images=60, size=64, seed=4, acquisition_confounder=True, lesions=lesions)
        for lesions in (True, False)
    )
    for field in ("labels", "groups", "masks", "organs", "marker", "acquisition"):
        assert np.array_equal(getattr(ill, field), getattr(twins, field)), field
    sick = ill.labels == 1
    assert np.array_equal(ill.images[~sick], twins.images[~sick])
    gain = ill.images - twins.images
    assert all(one[mask].mean() > 0.02 for one, mask in zip(gain[sick], ill.masks[sick]))
    assert np.abs(gain[~ill.organs]).mean() < 0.005 and gain[ill.masks].mean() > 0.08


def test_the_letter_is_written_into_the_upper_left_corner_only(switched):
    plain, other = switched[False, False], switched[True, False]
    changed = plain.images != other.images
    assert not changed[:, 16:].any() and not changed[:, :, 16:].any()
    letter = np.flatnonzero(plain.marker != other.marker)
    assert min(np.maximum(plain.images[i], other.images[i])[changed[i]].min() for i in letter) > 0.9


def test_images_of_a_patient_are_more_alike_than_those_of_others(chest):
    _, own = neighbours.nearest_in_same_group(chest.images, chest.groups)
    _, other = neighbours.nearest_in_other_folds(chest.images, chest.groups)
    repeated = np.isfinite(own)
    assert np.median(own[repeated]) < 0.8 * np.median(other[repeated])
    assert np.mean(own[repeated] < other[repeated]) > 0.8


def test_memory_pays_by_image_and_not_by_patient(chest):
    accuracy = {}
    for by in ("image", "group"):
        nearest, _ = neighbours.nearest_in_other_folds(
            chest.images, splits.fold_numbers(chest.labels, chest.groups, by)
        )
        accuracy[by] = np.mean(chest.labels[nearest] == chest.labels)
    assert accuracy["image"] > accuracy["group"] + 0.05
    assert accuracy["group"] < 0.8  # always PNEUMONIA: 0.74


def test_mean_brightness_says_little_without_shortcuts(chest):
    assert 0.5 < roc_auc_score(chest.labels, chest.images.mean(axis=(1, 2))) < 0.7  # opacities are bright


@pytest.mark.parametrize("size", [64, 100, 128])
def test_any_size_can_be_drawn(size):
    cohort = phantom.cohort(n_images=24, size=size, images_per_patient=1)
    assert cohort.images.shape == cohort.masks.shape == cohort.organs.shape == (24, size, size)


def test_too_few_patients_is_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match="at least 3 a class"):
        phantom.cohort(n_images=16)
    with pytest.raises(ValueError, match="at least 1"):
        phantom.cohort(images_per_patient=0.5)
