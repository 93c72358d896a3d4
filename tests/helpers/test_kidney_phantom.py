"""The kidney phantom: its physics, its masks, and the phenomenon of the real data, which must hold on it."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers import audit, datasets, neighbours, splits
from helpers.phantoms import kidney as phantom
from helpers.phantoms.canvas import Canvas, correlated_noise


def _bright_classes(cohort):
    return np.isin(np.array(cohort.class_names)[cohort.labels], ["Normal", "Tumor"])


@pytest.fixture(scope="module")
def hu_cohort():
    return phantom.cohort(n_images=312, size=128, seed=3)


def test_counts_follow_the_published_proportions(kidney):
    counts = np.bincount(kidney.labels)
    published = np.array(phantom.PUBLISHED_COUNTS)
    assert counts.sum() == len(kidney) == 1248
    assert np.abs(counts - 1248 * published / published.sum()).max() < 1


def test_patients_have_several_slices_and_one_label(kidney):
    names, sizes = np.unique(kidney.groups, return_counts=True)
    assert len(names) == 104 and sizes.min() >= 5
    assert all(len(set(kidney.labels[kidney.groups == name])) == 1 for name in names)


def test_same_seed_same_cohort_and_other_seed_another():
    one, same, other = (phantom.cohort(n_images=312, size=32, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(one.hu, same.hu) and np.array_equal(one.labels, same.labels)
    assert not np.array_equal(one.hu, other.hu)


def test_lesions_are_marked_on_every_slice_of_their_class_and_nowhere_else(kidney):
    marked = kidney.masks.any(axis=(1, 2))
    assert np.array_equal(marked, np.array(kidney.class_names)[kidney.labels] != "Normal")


def test_smallest_stone_keeps_its_mask_at_coarse_resolution():
    coarse = phantom.cohort(n_images=312, size=32, seed=1)
    assert coarse.masks[coarse.labels == phantom.CLASS_NAMES.index("Stone")].any(axis=(1, 2)).all()


def test_hounsfield_units_of_air_cysts_and_stones(hu_cohort):
    hu, labels, masks = hu_cohort.hu, hu_cohort.labels, hu_cohort.masks
    assert hu.min() >= -1024 and np.median(hu[:, 0, 0]) < -950
    medians = [np.median(hu[i][masks[i]]) for i in np.flatnonzero(labels == 0) if masks[i].sum() > 30]
    assert len(medians) > 20 and -6 < min(medians) and max(medians) < 30  # 0 to 20 HU, noise and soft edges
    peaks = [hu[i][masks[i]].max() for i in np.flatnonzero(labels == 2)]
    assert np.median(peaks) > 400


def test_tumours_enhance_unevenly_and_only_with_contrast_agent():
    cohort = phantom.cohort(n_images=936, size=96, seed=2, contrast_confounder=False)
    tumour = np.flatnonzero((cohort.labels == 3) & (cohort.masks.sum(axis=(1, 2)) > 60))
    values = {
        agent: [cohort.hu[i][cohort.masks[i]] for i in tumour if cohort.contrast[i] == agent]
        for agent in (True, False)
    }
    upper = {agent: np.median([np.percentile(v, 75) for v in values[agent]]) for agent in values}
    spread = {agent: np.median([v.std() for v in values[agent]]) for agent in values}
    assert upper[True] > upper[False] + 40 and upper[False] < 60
    assert spread[True] > spread[False] + 8


def test_kidneys_enhance_with_contrast_agent(hu_cohort):
    bright = np.percentile(hu_cohort.hu, 90, axis=(1, 2))
    assert roc_auc_score(hu_cohort.contrast, bright) > 0.9


@pytest.mark.parametrize("confounder", [True, False])
def test_contrast_agent_goes_with_the_class_only_if_asked(confounder):
    cohort = phantom.cohort(seed=4, size=16, contrast_confounder=confounder)
    _, first = np.unique(cohort.groups, return_index=True)
    given, labels = cohort.contrast[first], cohort.labels[first]
    shares = [given[labels == label].mean() for label in range(4)]
    if confounder:
        assert min(shares[1], shares[3]) > 0.8 and max(shares[0], shares[2]) < 0.25
    else:
        assert all(abs(share - 0.5) <= 0.1 for share in shares)


def test_neighbouring_slices_share_anatomy(kidney):
    _, own = neighbours.nearest_in_same_group(kidney.images, kidney.groups)
    _, other = neighbours.nearest_in_other_folds(kidney.images, kidney.groups)
    assert np.median(own) < 0.5 * np.median(other)


def test_memory_is_perfect_by_slice_and_poor_by_patient(kidney):
    accuracy, nearest = {}, {}
    for by in ("image", "group"):
        nearest[by], _ = neighbours.nearest_in_other_folds(
            kidney.images, splits.fold_numbers(kidney.labels, kidney.groups, by)
        )
        accuracy[by] = np.mean(kidney.labels[nearest[by]] == kidney.labels)
    assert accuracy["image"] >= 0.98
    assert accuracy["group"] <= 0.75

    names, member = np.unique(kidney.groups, return_inverse=True)
    recalled, unrelated, expected = {"image": [], "group": []}, [], []
    for seed in range(300):
        labels, others = np.random.default_rng(seed).integers(4, size=(2, len(names)))[:, member]
        for by in recalled:
            recalled[by].append(np.mean(labels[nearest[by]] == labels))
        unrelated.append(np.mean(others[nearest["group"]] == labels))
        expected.append(audit.expected_agreement(labels, others[nearest["group"]]))
    assert min(recalled["image"]) >= 0.95
    low, high = np.quantile(unrelated, [0.025, 0.975])
    inside = np.mean((low <= np.array(recalled["group"])) & (np.array(recalled["group"]) <= high))
    assert low <= recalled["group"][7] <= high and inside >= 0.90
    assert abs(np.mean(recalled["group"]) - np.mean(expected)) < 0.02


def test_dealing_contrast_evenly_changes_nothing_else():
    plain, even = (phantom.cohort(n_images=312, size=48, contrast_confounder=c) for c in (True, False))
    assert np.array_equal(plain.masks, even.masks)
    assert np.array_equal(plain.labels, even.labels) and np.array_equal(plain.groups, even.groups)
    same = plain.contrast == even.contrast
    assert 0 < same.mean() < 1
    assert np.array_equal(plain.hu[same], even.hu[same])
    assert all((plain.hu[i] != even.hu[i]).any() for i in np.flatnonzero(~same))


@pytest.mark.parametrize("seed", [7, 1, 2])
def test_one_number_tells_the_classes_apart_only_with_the_confounder(seed):
    auc = {}
    for confounder in (True, False):
        cohort = datasets.load("kidney_ct", size=48, seed=seed, contrast_confounder=confounder)
        auc[confounder] = roc_auc_score(_bright_classes(cohort), cohort.images.mean(axis=(1, 2)))
    assert 0.80 <= auc[True] <= 0.95
    assert 0.35 < auc[False] < 0.65


def test_too_few_patients_is_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match="at least 3 a class"):
        phantom.cohort(n_images=60, slices_per_patient=12)


@pytest.mark.parametrize("radius", [0.3, 0.6, 1, 2, 20])
def test_discs_have_their_true_area_even_below_a_pixel(radius):
    places = np.random.default_rng(0).uniform(-5, 5, (2, 200))
    canvas = Canvas(200, 64, 64.0)
    area = canvas.whole(canvas.ellipse(places, (radius, radius))).sum(axis=(1, 2))
    assert area.mean() == pytest.approx(np.pi * radius**2, rel=0.03)


def test_painting_mixes_by_coverage():
    canvas = Canvas(1, 64, 64.0)
    canvas.paint(canvas.ellipse((0, 0), (20, 20)), 100.0)
    assert canvas.hu[0, 32, 32] == pytest.approx(100, abs=1) and canvas.hu[0, 0, 0] == -1000


def test_noise_is_correlated_with_a_gap_at_low_frequencies():
    noise = correlated_noise((40, 64, 64), np.random.default_rng(0))
    power = np.mean(np.abs(np.fft.fft2(noise)) ** 2, axis=0)
    frequency = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.fftfreq(64)[None])
    low, middle, high = (
        power[(frequency > a) & (frequency < b)].mean() for a, b in ((0.001, 0.04), (0.15, 0.25), (0.45, 0.7))
    )
    assert noise.std() == pytest.approx(1, abs=1e-3)
    assert middle > 3 * low and middle > 5 * high
