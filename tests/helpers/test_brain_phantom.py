"""The brain phantom: its physics, its masks, its grades, and a contrast agent that tells nothing of them."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers import neighbours
from helpers.phantoms import brain as phantom
from helpers.phantoms import kidney, plan
from helpers.phantoms.canvas import AIR_HU, Canvas
from helpers.windows import to_unit


@pytest.fixture(scope="module")
def head():
    return phantom.cohort(size=64)


def _patients(cohort):
    """Index of each patient's first slice."""
    return np.unique(cohort.groups, return_index=True)[1]


def _extents(cohort):
    """Lesion volume over brain volume of each patient, in the order of `_patients`."""
    member = np.unique(cohort.groups, return_inverse=True)[1]
    lesion, brain = (np.bincount(member, m.sum(axis=(1, 2))) for m in (cohort.masks, cohort.organs))
    return lesion / brain


def test_shapes_and_types(head):
    assert head.hu.shape == head.masks.shape == head.organs.shape == (1280, 64, 64)
    assert head.hu.dtype == np.float32 and head.masks.dtype == head.organs.dtype == bool
    assert head.labels.shape == head.groups.shape == head.contrast.shape == (1280,)


def test_counts_follow_the_published_proportions(head):
    published = np.array(phantom.PUBLISHED_COUNTS)
    counts = np.bincount(head.labels)
    assert counts.sum() == 1280
    assert np.abs(counts - 1280 * published / published.sum()).max() < 1
    assert np.bincount(head.labels[_patients(head)]).min() >= 3


def test_patients_have_several_slices_and_one_label(head):
    names, sizes = np.unique(head.groups, return_counts=True)
    assert names[0] == "P001" and sizes.min() >= 4
    assert all(len(set(head.labels[head.groups == name])) == 1 for name in names)


def test_same_seed_same_cohort_and_other_seed_another():
    one, same, other = (phantom.cohort(n_images=640, size=32, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(one.hu, same.hu) and np.array_equal(one.labels, same.labels)
    assert np.array_equal(one.masks, same.masks) and np.array_equal(one.organs, same.organs)
    assert not np.array_equal(one.hu, other.hu)


def test_hounsfield_units_of_air_bone_fluid_and_brain(head):
    assert head.hu.min() >= -1024 and np.median(head.hu[:, 0, 0]) < -950
    assert 900 < np.median(head.hu.max(axis=(1, 2))) < 1600
    healthy = head.labels == 0
    medians = [np.median(hu[organ]) for hu, organ in zip(head.hu[healthy], head.organs[healthy])]
    assert 24 < min(medians) and max(medians) < 42
    # The darkest hundredth: fluid of ventricles and sulci, with noise and soft edges.
    dark = [np.percentile(hu[organ], 1) for hu, organ in zip(head.hu[healthy], head.organs[healthy])]
    assert -15 < np.median(dark) < 20
    assert np.mean([organ.mean() for organ in head.organs]) == pytest.approx(0.37, abs=0.1)


def test_lesions_are_marked_on_every_slice_of_their_class_and_nowhere_else(head):
    assert np.array_equal(head.masks.any(axis=(1, 2)), head.labels > 0)
    assert not (head.masks & ~head.organs).any()


def test_the_extent_of_the_lesion_makes_the_grade(head):
    for cohort in (head, phantom.cohort(n_images=640, size=40, seed=3)):
        extent, labels = _extents(cohort), cohort.labels[_patients(cohort)]
        assert np.array_equal(labels, (extent > 0).astype(int) + (extent >= phantom.GRADE_THRESHOLD))
        assert np.abs(extent - phantom.GRADE_THRESHOLD).min() > 0.005


def test_oedema_is_darker_than_the_rest_of_the_brain(head):
    sick = np.flatnonzero((head.labels > 0) & ~head.contrast)
    fall = [
        np.median(head.hu[i][head.organs[i] & ~head.masks[i]]) - np.median(head.hu[i][head.masks[i]])
        for i in sick
    ]
    assert 6 < np.median(fall) < 20


def test_rims_enhance_only_with_contrast_agent(head):
    severe = head.labels == 2
    bright = {
        agent: np.median(
            [
                np.percentile(head.hu[i][head.masks[i]], 98)
                for i in np.flatnonzero(severe & (head.contrast == agent))
            ]
        )
        for agent in (True, False)
    }
    assert bright[True] > 50 and bright[False] < 45


def test_contrast_agent_goes_with_the_class_only_if_asked():
    for confounder in (False, True):
        cohort = phantom.cohort(size=16, seed=4, contrast_confounder=confounder)
        first = _patients(cohort)
        given, labels = cohort.contrast[first], cohort.labels[first]
        shares = [given[labels == label].mean() for label in range(3)]
        if confounder:
            assert shares[0] < 0.2 and min(shares[1:]) > 0.75
        else:
            assert all(abs(share - 0.5) <= 0.2 for share in shares)
            assert all(abs(share - 0.5) <= 0.05 for share in shares[:2])


def test_dealing_contrast_otherwise_changes_nothing_else():
    even, uneven = (phantom.cohort(n_images=640, size=40, contrast_confounder=c) for c in (False, True))
    assert np.array_equal(even.masks, uneven.masks) and np.array_equal(even.organs, uneven.organs)
    assert np.array_equal(even.labels, uneven.labels) and np.array_equal(even.groups, uneven.groups)
    same = even.contrast == uneven.contrast
    assert 0 < same.mean() < 1
    assert np.array_equal(even.hu[same], uneven.hu[same])
    assert all((even.hu[i] != uneven.hu[i]).any() for i in np.flatnonzero(~same))


def test_neighbouring_slices_share_anatomy(head):
    images = to_unit(head.hu, 40, 80)
    _, own = neighbours.nearest_in_same_group(images, head.groups)
    _, other = neighbours.nearest_in_other_folds(images, head.groups)
    assert np.median(own) < 0.8 * np.median(other)


def test_one_number_does_not_tell_sick_from_healthy(head):
    mean = to_unit(head.hu, 40, 80).mean(axis=(1, 2))
    assert 0.3 < roc_auc_score(head.labels > 0, mean) < 0.7


def test_smallest_lesion_keeps_its_mask_at_coarse_resolution():
    coarse = phantom.cohort(n_images=640, size=32, seed=1)
    assert np.array_equal(coarse.masks.any(axis=(1, 2)), coarse.labels > 0)


def test_too_few_patients_is_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match="at least 3 a class.*Ask for more images"):
        phantom.cohort(n_images=500, slices_per_patient=10)


@pytest.mark.parametrize(
    ("count", "n_patients"), [(3, 3), (10, 10), (11, 10), (13, 10), (57, 50), (100, 97), (500, 500), (45, 30)]
)
def test_every_patient_has_an_image_even_where_there_is_hardly_more_than_one_each(count, n_patients):
    for seed in range(30):
        images = plan.uneven(count, n_patients, np.random.default_rng(seed))
        assert len(images) == n_patients and sum(images) == count and min(images) >= 1
        assert all(type(number) is int for number in images)
        if count == n_patients:
            assert images == [1] * n_patients


def test_patients_have_half_to_one_and_a_half_times_the_mean():
    for seed in range(10):
        images = np.array(plan.uneven(2000, 100, np.random.default_rng(seed)))
        assert images.sum() == 2000 and 8 <= images.min() < 13 and 27 < images.max() <= 33
        assert np.array_equal(images, plan.uneven(2000, 100, np.random.default_rng(seed)))


def test_one_slice_a_patient_makes_as_many_patients_as_images():
    cohort = phantom.cohort(n_images=120, slices_per_patient=1, size=24)
    assert len(set(cohort.groups)) == len(cohort.hu) == 120
    assert np.isfinite(cohort.hu).all() and np.array_equal(cohort.masks.any(axis=(1, 2)), cohort.labels > 0)
    few = phantom.cohort(n_images=130, slices_per_patient=1.2, size=16)
    names, sizes = np.unique(few.groups, return_counts=True)
    assert 105 <= len(names) <= 111 and sizes.min() == 1 and sizes.sum() == 130


@pytest.mark.parametrize("mean", [0.5, 0, -3, np.nan])
def test_less_than_one_slice_a_patient_is_an_error(mean):
    for cohort in (phantom.cohort, kidney.cohort):
        with pytest.raises(ValueError, match=f"a patient has at least 1 image on average, not {mean}"):
            cohort(n_images=640, slices_per_patient=mean, size=16)


@pytest.mark.parametrize(
    ("center", "semi_axes"),
    [
        ((0, 0), (0.0, 0.0)),
        ((0, 0), (np.zeros(3), np.zeros(3))),
        ((np.array([0, 5, 9]), 3), (np.zeros(3), 8.0)),
        ((0, 0), (8.0, 0.0)),
        ((500.0, 0), (8.0, 5.0)),
        ((0, np.array([-500.0, 500, 900])), (8.0, 5.0)),
    ],
)
@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_an_ellipse_that_misses_every_slice_paints_nothing(center, semi_axes, angle):
    canvas = Canvas(3, 32, 200.0, lambda x, y: (0.1 * y, 0.05 * x))
    region = canvas.ellipse(center, semi_axes, angle)
    within = np.ones((3, 32, 32), np.float32)
    canvas.paint(region, 1000.0)
    canvas.paint(region, 1000.0, within)
    canvas.paint(region, np.full(region.coverage.shape, 1000.0, np.float32))
    assert (canvas.hu == AIR_HU).all()
    whole = canvas.whole(region)
    assert whole.shape == (3, 32, 32) and not whole.any()


def test_an_ellipse_on_one_slice_paints_that_slice_only():
    canvas = Canvas(3, 64, 128.0)
    present = np.array([0.0, 1, 0])
    region = canvas.ellipse((5, -8), (20 * present, 10 * present))
    canvas.paint(region, 0.0)
    painted = (canvas.hu - AIR_HU).sum(axis=(1, 2)) / 1000 * canvas.pixel**2
    np.testing.assert_allclose(painted, np.pi * 200 * present, rtol=0.01, atol=0.01)
    alone = Canvas(1, 64, 128.0)
    alone.paint(alone.ellipse((5, -8), (20, 10)), 0.0)
    np.testing.assert_allclose(canvas.hu[1], alone.hu[0], atol=1e-3)
