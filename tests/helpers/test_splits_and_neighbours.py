"""Splits keep patients together; nearest neighbours are the nearest; intervals respect patients."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.neighbors import KNeighborsClassifier

from helpers import audit, evaluation, neighbours, splits
from helpers.datasets import Dataset


def _dataset(labels, groups):
    n, k = len(labels), int(np.max(labels)) + 1
    images = np.zeros((n, 1, 1), np.float32)
    return Dataset(
        images,
        np.asarray(labels),
        tuple("ABCDEFG"[:k]),
        np.asarray(groups, str),
        None,
        "made for a test",
        "none",
    )


def _by_table(table):
    """Labels and patients of images counted by patient (rows) and class (columns)."""
    table = np.array(table)
    patient, label = np.indices(table.shape)
    return np.repeat(label.ravel(), table.ravel()), np.repeat(patient.ravel(), table.ravel())


@st.composite
def cohorts(draw):
    """Labels and groups: 2 to 4 classes, 3 to 9 patients each, 1 to 8 images a patient."""
    labels, groups = [], []
    for label in range(draw(st.integers(2, 4))):
        for patient, size in enumerate(draw(st.lists(st.integers(1, 8), min_size=3, max_size=9))):
            labels += [label] * size
            groups += [f"{label}.{patient}"] * size
    return _dataset(labels, groups)


@settings(max_examples=40, deadline=None)
@given(cohorts(), st.integers(0, 1000))
def test_group_split_keeps_patients_whole_and_classes_present(dataset, seed):
    parts = splits.split(dataset, "group", seed=seed)
    assert sum(map(len, parts)) == len(dataset)
    owners = [set(part.groups) for part in parts]
    assert not (owners[0] & owners[1] or owners[0] & owners[2] or owners[1] & owners[2])
    assert all(set(part.labels) == set(dataset.labels) for part in parts)


def test_group_split_comes_near_the_wanted_shares(kidney):
    for part, wanted in zip(splits.split(kidney), (0.7, 0.15, 0.15)):
        share = np.bincount(part.labels) / np.bincount(kidney.labels)
        assert np.abs(share - wanted).max() < 0.08


def test_image_split_is_stratified_and_leaks(kidney):
    train, validation, test = splits.split(kidney, "image", (0.6, 0.2, 0.2))
    for part, wanted in ((train, 0.6), (validation, 0.2), (test, 0.2)):
        assert np.abs(np.bincount(part.labels) - wanted * np.bincount(kidney.labels)).max() <= 1
    assert set(train.groups) & set(test.groups)


def test_the_same_seed_gives_the_same_split(kidney):
    same = [splits.split(kidney, seed=3)[2].groups for _ in range(2)]
    assert np.array_equal(*same)
    assert not np.array_equal(same[0], splits.split(kidney, seed=4)[2].groups)


def test_a_seed_deals_what_it_dealt_when_the_figures_were_recorded():
    """Sixty images of fifteen patients, written down once: recorded figures rest on the deal of a seed."""
    labels, groups = np.arange(60) % 3, np.array([f"P{i // 4}" for i in range(60)])
    dataset = replace(_dataset(labels, groups), files=pd.DataFrame({"number": range(60)}))
    by_image, by_group = (
        [list(part.files.number) for part in splits.split(dataset, by, seed=7)[1:]]
        for by in ("image", "group")
    )
    assert by_image == [[5, 9, 16, 20, 24, 31, 32, 55, 57], [4, 10, 15, 33, 35, 39, 43, 50, 56]]
    assert by_group == [[16, 17, 18, 19, *range(44, 52)], [24, 25, 26, 27, *range(52, 60)]]
    folds = splits.fold_numbers(labels, groups, seed=7)
    assert list(folds[::4]) == [2, 0, 4, 0, 3, 2, 2, 4, 3, 1, 3, 0, 4, 1, 1]


def test_a_class_missing_from_a_part_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="'B' has only 2 groups"):
        splits.split(_dataset([0] * 6 + [1] * 4, list("aabbcc") + list("ddee")))


def test_images_without_a_patient_cannot_be_split():
    dataset = _dataset([0] * 6 + [1] * 6, [*"aabbc", "", *"ddeef", "nan"])
    with pytest.raises(ValueError, match="2 of 12 images have no entry in groups"):
        splits.split(dataset)
    assert sum(map(len, splits.split(dataset, "image"))) == 12
    for groups in ([*"aabbccddee", None, "f"], [*"aabbccddee", np.nan, "f"], np.r_[np.arange(11.0), np.nan]):
        with pytest.raises(ValueError, match="1 of 12 images have no entry in groups"):
            splits.fold_numbers(dataset.labels, groups, n_folds=2)
        with pytest.raises(ValueError, match="1 of 12 images have no entry in groups"):
            neighbours.nearest_in_same_group(dataset.images, groups)
        with pytest.raises(ValueError, match="1 of 12 images have no entry in folds"):
            neighbours.nearest_in_other_folds(dataset.images, groups)


def test_patients_enough_whom_no_deal_can_put_into_three_parts():
    """Each class has three of four patients; whichever two go together, they leave a class out of a part."""
    labels, groups = _by_table([[1, 1, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
    with pytest.raises(
        ValueError, match="class 'A' is missing from one of 3 parts, although it has 3 groups"
    ):
        splits.split(_dataset(labels, groups))
    with pytest.raises(ValueError, match="class 0 is missing from one of 3 folds, although it has 3 groups"):
        splits.fold_numbers(labels, groups, n_folds=3)


def test_an_official_test_part_is_kept_and_the_rest_is_dealt_by_patient(kidney):
    patients = np.unique(kidney.groups)
    official = np.where(np.isin(kidney.groups, patients[::4]), "test", "train").astype("<U10")
    official[np.isin(kidney.groups, patients[1:3])] = "validation"
    train, validation, test = splits.official_or_dealt(replace(kidney, part=official), seed=3)
    assert set(test.groups) == set(patients[::4]) and len(train) + len(validation) + len(test) == len(kidney)
    assert not set(train.groups) & set(validation.groups)
    assert 0.1 < len(validation) / (len(train) + len(validation)) < 0.3
    assert set(train.part) == {"train", "validation"}, "the official validation part is dealt anew"
    other = splits.official_or_dealt(replace(kidney, part=official), seed=4)
    assert set(other[1].groups) != set(validation.groups)


def test_without_an_official_split_all_parts_are_dealt(kidney):
    for ours, theirs in zip(
        splits.official_or_dealt(kidney, (0.5, 0.2, 0.3), 5),
        splits.split(kidney, fractions=(0.5, 0.2, 0.3), seed=5),
    ):
        assert list(ours.groups) == list(theirs.groups)


@pytest.mark.parametrize("parts", [["train"], ["test"], ["train", "validation"]])
def test_an_official_split_without_a_test_part_or_a_rest_is_refused(kidney, parts):
    part = np.resize(parts, len(kidney))
    with pytest.raises(ValueError, match="expected a test part and at least one more"):
        splits.official_or_dealt(replace(kidney, part=part))


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.8, 0.2, 0.2), (1, 0, 0), (0.7, 0.4, -0.1)])
def test_wrong_fractions_are_refused(kidney, fractions):
    with pytest.raises(ValueError, match="add up to 1"):
        splits.split(kidney, fractions=fractions)


def test_unknown_by_is_refused(kidney):
    for call in (
        lambda: splits.split(kidney, "patient"),
        lambda: splits.fold_numbers(kidney.labels, kidney.groups, "patient"),
    ):
        with pytest.raises(ValueError, match="'group' or 'image'"):
            call()


def test_folds_keep_groups_whole_only_when_asked(kidney):
    names, member = np.unique(kidney.groups, return_inverse=True)
    spread = {}
    for by in ("group", "image"):
        folds = splits.fold_numbers(kidney.labels, kidney.groups, by)
        assert set(folds) == set(range(5))
        spread[by] = max(len(set(folds[member == k])) for k in range(len(names)))
    assert spread["group"] == 1 and spread["image"] > 1


def _few(sizes=(40, 10), a_patient=(4, 5)):
    """Classes of so many images, each patient with so many."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    groups = [f"{k}.{i // m}" for k, (n, m) in enumerate(zip(sizes, a_patient)) for i in range(n)]
    return labels, groups


def test_folds_without_a_class_are_refused_with_what_is_possible():
    labels, groups = _few()
    said = "class 1 has only 2 groups: a fold would be without it. .* 5 folds. At most 2 folds are possible"
    with pytest.raises(ValueError, match=said):
        splits.fold_numbers(labels, groups)
    two = splits.fold_numbers(labels, groups, n_folds=2)
    assert [len(np.unique(two[labels == k])) for k in (0, 1)] == [2, 2]
    with pytest.raises(ValueError, match="class 1 has only 1 groups: .* No folds are possible"):
        splits.fold_numbers(*_few((40, 5)), n_folds=2)
    with pytest.raises(ValueError, match="class 1 has only 3 images: .* At most 3 folds are possible"):
        splits.fold_numbers(*_few((40, 3)), by="image")
    five = splits.fold_numbers(*_few((40, 5)), by="image")
    assert sorted(five[40:]) == [0, 1, 2, 3, 4]


def test_folds_that_are_pooled_may_lack_a_class():
    labels, groups = _few()
    folds = splits.fold_numbers(labels, groups, every_class=False)
    assert set(folds) == set(range(5)) and len(set(folds[labels == 1])) == 2
    with pytest.raises(ValueError, match="class 1 has only 2 groups"):
        splits.fold_numbers(labels, groups, n_folds=20, every_class=False)


@pytest.mark.parametrize(
    ("table", "n_folds"),
    [
        ([[7, 0], [0, 11], [6, 4]], 2),
        ([[9, 1], [7, 8], [3, 0], [0, 5]], 3),
        ([[2, 2], [2, 6], [4, 5], [0, 11], [8, 0]], 3),
    ],
)
def test_where_patients_hold_several_classes_folds_are_dealt_so_that_none_is_missing(table, n_folds):
    labels, groups = _by_table(table)
    theirs = np.empty(len(labels), int)
    kind = StratifiedGroupKFold(n_folds, shuffle=True, random_state=7)
    for number, (_, held_out) in enumerate(kind.split(labels, labels, groups)):
        theirs[held_out] = number
    missing = [k for k in (0, 1) if len(set(theirs[labels == k])) < n_folds]
    folds, same, other = (
        splits.fold_numbers(labels, groups, n_folds=n_folds, seed=seed) for seed in (7, 7, 8)
    )
    for one in (folds, other):
        assert all(len(set(one[labels == k])) == n_folds for k in (0, 1)), (
            f"scikit-learn leaves {missing} out"
        )
        assert all(len(set(one[groups == patient])) == 1 for patient in groups)
    assert missing and np.array_equal(folds, same)


@pytest.mark.parametrize(
    ("labels", "because"),
    [
        ([0, np.nan, 1, 1], "labels must be whole numbers .* 1 of 4 are missing"),
        ([0, 0.5, 1, 1], "labels must be whole numbers"),
        ([-1, 1, 1, -1], "labels must be whole numbers from 0; got int64 from -1 to 1"),
        ([], "there are no images to put into folds"),
    ],
)
def test_folds_want_labels(labels, because):
    with pytest.raises(ValueError, match=because):
        splits.fold_numbers(labels, list("abcd")[: len(labels)], n_folds=2)
    for n_folds in (1, 0):
        with pytest.raises(ValueError, match="n_folds must be 2 or more"):
            splits.fold_numbers([0, 1], ["a", "b"], n_folds=n_folds)
    with pytest.raises(ValueError, match="groups, one for each of the 2 images"):
        splits.fold_numbers([0, 1], ["a", "b", "c"], n_folds=2)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.float16, np.float64])
def test_pixels_of_small_types_have_the_same_neighbours(kind):
    """Differences of uint8 wrap at 0, squares overflow in int8 and float16."""
    images = np.random.default_rng(1).integers(0, 100, (40, 5, 5))
    index, rms = neighbours.nearest_in_other_folds(images.astype(kind), np.arange(40) % 4)
    expected, distance = neighbours.nearest_in_other_folds(images.astype(np.int64), np.arange(40) % 4)
    assert np.array_equal(index, expected)
    np.testing.assert_allclose(rms, np.sqrt(((images - images[index]) ** 2).mean(axis=(1, 2))), rtol=1e-4)
    np.testing.assert_allclose(rms, distance, rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_nearest_neighbours_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    images, folds, labels = rng.random((30, 4, 5)), np.arange(30) % 3, rng.integers(0, 3, 30)
    index, rms = neighbours.nearest_in_other_folds(images, folds)
    assert (folds[index] != folds).all()
    for fold in range(3):
        inside = folds == fold
        model = KNeighborsClassifier(2).fit(images[~inside].reshape(-1, 20), labels[~inside])
        distance, position = model.kneighbors(images[inside].reshape(-1, 20))
        np.testing.assert_allclose(rms[inside], distance[:, 0] / 20**0.5, atol=1e-4)
        clear = distance[:, 1] - distance[:, 0] > 1e-4  # of two equally near, rounding chooses
        assert np.array_equal(index[inside][clear], np.flatnonzero(~inside)[position[clear, 0]])
    assert np.allclose(rms, np.sqrt(((images - images[index]) ** 2).mean(axis=(1, 2))), atol=1e-4)
    own, own_rms = neighbours.nearest_in_same_group(images, folds)
    assert (folds[own] == folds).all() and (own != np.arange(30)).all() and np.isfinite(own_rms).all()


def test_a_lonely_image_has_no_neighbour_in_its_group():
    _, rms = neighbours.nearest_in_same_group(np.random.default_rng(0).random((3, 2, 2)), ["a", "a", "b"])
    assert np.isfinite(rms[:2]).all() and np.isinf(rms[2])
    with pytest.raises(ValueError, match="no images"):
        neighbours.nearest_in_same_group(np.zeros((0, 2, 2)), [])


def test_interval_by_patient_is_wider_than_by_slice_and_covers():
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(40), 10)
    covered, wider = 0, 0
    for seed in range(60):
        values = rng.normal(size=40)[patients] + 0.3 * rng.normal(size=400)
        by_patient = evaluation.bootstrap(lambda index: values[index].mean(), patients, 200, seed)
        by_slice = evaluation.bootstrap(lambda index: values[index].mean(), np.arange(400), 200, seed)
        covered += by_patient.low <= 0 <= by_patient.high
        wider += by_patient.high - by_patient.low > by_slice.high - by_slice.low
        assert by_patient.value == pytest.approx(values.mean())
    assert wider == 60 and covered >= 51  # 95 % expected, of 60


@pytest.mark.parametrize("strata", [None, np.arange(60) % 6 // 3])
def test_a_patient_is_drawn_with_all_slices_or_not_at_all(strata):
    patients, seen = np.arange(60) % 6, []
    evaluation.bootstrap(
        lambda index: seen.append(np.bincount(index, minlength=60)) or 0.0, patients, 50, strata=strata
    )
    by_patient = np.reshape(seen, (-1, 10, 6))
    assert (by_patient == by_patient[:, :1]).all() and by_patient.max() > 1
    assert (by_patient.sum(axis=(1, 2)) == 60).all()


def test_the_interval_holds_the_middle_95_percent_of_the_draws():
    values, everyone, draws = np.random.default_rng(2).random(40), np.arange(40), []

    def mean(index):
        if not np.array_equal(index, everyone):
            draws.append(values[index].mean())
        return values[index].mean()

    first, second, third = (evaluation.bootstrap(mean, everyone // 2, 80, seed) for seed in (1, 2, 1))
    assert len(draws) == 3 * 80
    np.testing.assert_allclose(first, (values.mean(), *np.quantile(draws[:80], [0.025, 0.975])), rtol=1e-12)
    np.testing.assert_allclose(first, third, rtol=1e-12)
    assert abs(first.low - second.low) > 1e-6


def test_interval_needs_two_patients_each_in_one_stratum():
    with pytest.raises(ValueError, match="two groups"):
        evaluation.bootstrap(np.mean, ["a", "a"])
    with pytest.raises(ValueError, match="two strata"):
        evaluation.bootstrap(np.mean, list("aabb"), strata=[0, 1, 1, 1])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_expected_agreement_is_that_of_cohens_kappa(seed):
    rng = np.random.default_rng(seed)
    labels, predictions = rng.integers(0, 4, (2, 50))
    expected = audit.expected_agreement(labels, predictions)
    observed = np.mean(labels == predictions)
    assert (observed - expected) / (1 - expected) == pytest.approx(cohen_kappa_score(labels, predictions))


def test_expected_agreement_of_the_published_shuffled_reports():
    truth = np.repeat([0, 1, 2, 3], [3709, 5077, 1377, 2283])
    assert audit.expected_agreement(truth, truth) == pytest.approx(0.301, abs=0.001)
    assert audit.expected_agreement(truth, np.repeat([0, 1, 2, 3], [4393, 6508, 86, 1459])) == pytest.approx(
        0.340, abs=0.001
    )
    with pytest.raises(ValueError, match="at least one"):
        audit.expected_agreement([], [])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_auc_is_that_of_scikit_learn_with_ties(seed, n):
    rng = np.random.default_rng(seed)
    scores, positive = rng.integers(0, 6, n) / 5, np.r_[True, False, rng.random(n - 2) < 0.4]
    assert evaluation.auc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_auc_without_one_kind_is_undefined_and_its_interval_an_error():
    assert np.isnan(evaluation.auc([1.0, 2.0], [True, True]))
    scores, positive = np.arange(4.0), np.array([False, False, True, True])
    with pytest.raises(ValueError, match="undefined in .* draws"):
        evaluation.bootstrap(lambda index: evaluation.auc(scores[index], positive[index]), np.arange(4), 200)
    estimate = evaluation.bootstrap(
        lambda index: evaluation.auc(scores[index], positive[index]), np.arange(4), 200, strata=positive
    )
    assert estimate == (1, 1, 1)


@pytest.mark.parametrize(
    "lost",
    [
        ["NA", "NA", "a", "b", "c", "d"],
        ["N/A", "unknown", "a", "b", "c", "d"],
        np.array([b"", b"", b"a", b"b", b"c", b"d"]),
        np.ma.array([1, 2, 3, 4, 5, 6], mask=[1, 1, 0, 0, 0, 0]),
    ],
)
def test_what_tables_hold_in_place_of_a_patient_is_missing(lost):
    with pytest.raises(ValueError, match="2 of 6 images have no entry in groups"):
        evaluation.bootstrap(lambda index: index.mean(), lost)


def test_patients_as_bytes_or_in_a_masked_array_that_masks_none_are_kept():
    labels = np.arange(12) % 2
    wanted = splits.fold_numbers(labels, np.array([f"{i:02}" for i in range(12)]), n_folds=2)
    for groups in (np.array([f"{i:02}" for i in range(12)], "S"), np.ma.array(np.arange(12))):
        assert np.array_equal(splits.fold_numbers(labels, groups, n_folds=2), wanted)
    with pytest.raises(ValueError, match="1 of 12 are missing"):
        splits.fold_numbers(np.ma.array(labels, mask=[True] + [False] * 11), groups, n_folds=2)


def test_no_draws_are_no_interval():
    with pytest.raises(ValueError, match="n_draws must be 1 or more, not 0"):
        evaluation.bootstrap(lambda index: index.mean(), list("aabb"), n_draws=0)


def test_agreement_by_chance_of_what_cannot_agree_is_refused():
    with pytest.raises(ValueError, match="no two would ever agree"):
        audit.expected_agreement(["0", "1"], [0, 1])
    with pytest.raises(ValueError, match="NaN"):
        audit.expected_agreement([0, np.nan], [0, 1])


@pytest.mark.parametrize("labels", [np.array(["0", "1"]), np.array([0, 0.5]), np.array([True, False])])
def test_a_data_set_takes_whole_numbers_as_labels(labels):
    with pytest.raises(ValueError, match="labels must be whole numbers, not"):
        replace(_dataset([0, 1], ["a", "b"]), labels=labels)
