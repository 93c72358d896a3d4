"""Confusion matrices behind a printed report: against brute force, scikit-learn's report, and mlscorecheck."""

import functools
import itertools
import logging
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import audit, seeds
from helpers.audit.averaged import exactly
from helpers.audit.power import random_margins
from helpers.audit.rounding import before_rounding, printed_as

DOCUMENT_004 = {
    "precision": (0.36, 0.62),
    "recall": (0.29, 0.68),
    "f1": (0.32, 0.65),
    "support": (234, 390),
}
COLUMNS = ("precision", "recall", "f1")
AVERAGES = [(averaging, name) for averaging in audit.AVERAGINGS for name in COLUMNS]
NAMES = (*COLUMNS, "accuracy", *audit.AVERAGINGS)
rounded_from = functools.cache(before_rounding)  # asked of every matrix


def all_margins(support):
    """Every confusion matrix with these rows, as {(true positives, predicted)}."""
    k = len(support)

    def row(total, places):
        if places == 1:
            return [(total,)]
        return [(first, *rest) for first in range(total + 1) for rest in row(total - first, places - 1)]

    matrices = itertools.product(*(row(images, k) for images in support))
    return {(tuple(m[i][i] for i in range(k)), tuple(map(sum, zip(*m)))) for m in matrices}


def exact(hits, predicted, support, averages=()):
    """What a report can print, {name or (averaging, name): Fraction or list of them}."""
    arrays = [np.array(side) for side in (hits, predicted, support)]
    share = {"precision": (hits, predicted), "recall": (hits, support)}
    share["f1"] = ([2 * t for t in hits], [p + s for p, s in zip(predicted, support)])
    scores = {
        name: [Fraction(int(a), int(b)) if b else Fraction(0) for a, b in zip(*both)]
        for name, both in share.items()
    }
    scores["accuracy"] = Fraction(int(sum(hits)), int(sum(support)))
    return scores | {both: exactly(*both, *arrays) for both in averages}


def printed(scores, decimals, rounding, columns=COLUMNS, accuracy=True, averages=()):
    """The arguments of `confusion_from_report` for a report of these scores."""

    def show(value):
        return printed_as(value, decimals, rounding)

    report = {name: [show(value) for value in scores[name]] for name in columns}
    if accuracy:
        report["accuracy"] = show(scores["accuracy"])
    if averages:
        report["averages"] = {
            averaging: {name: show(scores[a, name]) for a, name in averages if a == averaging}
            for averaging in {a for a, _ in averages}
        }
    return report | {"decimals": dict.fromkeys(NAMES, decimals)}


def fits(scores, report, decimals, way):
    """Whether exact scores are printed as this report, checked number by number."""

    def holds(value, shown):
        return shown is None or rounded_from(shown, decimals, way).holds(value)

    return (
        all(
            holds(v, shown)
            for name in COLUMNS
            if name in report
            for v, shown in zip(scores[name], report[name])
        )
        and holds(scores["accuracy"], report.get("accuracy"))
        and all(
            holds(scores[averaging, name], shown)
            for averaging, row in report.get("averages", {}).items()
            for name, shown in row.items()
        )
    )


def test_exactly_four_matrices_fit_document_004():
    found = audit.confusion_from_report(**DOCUMENT_004)
    assert found.count == 4 and found.complete and len(found.examples) == 4
    assert {(*map(int, hits), *map(int, called)) for hits, called in found.examples} == {
        (69, 265, 194, 430),
        (69, 266, 193, 431),
        (68, 267, 191, 433),
        (69, 267, 192, 432),
    }
    agreement = [hits.sum() / 624 for hits, _ in found.examples]
    assert np.round([min(agreement), max(agreement)], 3).tolist() == [0.535, 0.538]
    expected = [called @ np.array((234, 390)) / 624**2 for _, called in found.examples]
    assert 0.547 <= min(expected) and max(expected) <= 0.549


def test_document_004_cut_off_and_with_its_accuracies():
    assert audit.confusion_from_report(**DOCUMENT_004, rounding="truncate").count == 2
    assert audit.confusion_from_report(**DOCUMENT_004, rounding="any").count == 6
    assert audit.confusion_from_report(**DOCUMENT_004, accuracy=0.54).count == 4
    other = audit.confusion_from_report(
        **DOCUMENT_004, accuracy=0.7740, decimals={"accuracy": 4}, rounding="any"
    )
    assert other == audit.Fits(0, True, [])


@pytest.mark.parametrize("seed", range(200))
def test_the_count_is_that_of_brute_force(seed):
    rng = seeds.generator(seed)
    k = int(rng.choice([2, 2, 3, 3, 4]))
    support = tuple(int(s) for s in rng.integers(0, {2: 12, 3: 5, 4: 3}[k], k))
    if not sum(support):
        support = (1,) * k
    matrices = sorted(all_margins(support))
    decimals = int(rng.integers(1, 4))
    asked = str(rng.choice(audit.ROUNDINGS))
    shown_as = (
        asked if asked in ("half up", "half even", "truncate") else str(rng.choice(["half up", "half even"]))
    )
    margins = matrices[rng.integers(len(matrices))]
    columns, accuracy = [name for name in COLUMNS if rng.random() < 0.6], rng.random() < 0.4
    averages = [both for both in AVERAGES if rng.random() < 0.2]
    report = printed(exact(*margins, support, averages), decimals, shown_as, columns, accuracy, averages)
    for name in COLUMNS:
        for i in range(k) if name in report else ():
            chance = rng.random()
            if chance < 0.15:
                report[name][i] = None
            elif chance < 0.25:
                report[name][i] = Fraction(int(rng.integers(10**decimals + 1)), 10**decimals)
    ways = ("nearest", "truncate") if asked == "any" else (asked,)
    wanted = {
        m for m in matrices if any(fits(exact(*m, support, averages), report, decimals, way) for way in ways)
    }
    found = audit.confusion_from_report(**report, support=support, rounding=asked, limit=10**6)
    assert found.complete and found.count == len(wanted) == len(found.examples)
    assert {tuple(tuple(map(int, side)) for side in example) for example in found.examples} == wanted


reports = st.fixed_dictionaries(
    {
        "support": st.lists(st.integers(0, 60), min_size=2, max_size=6).filter(sum),
        "decimals": st.integers(1, 4),
        "columns": st.sampled_from([COLUMNS, ("precision", "recall"), ("recall", "f1"), ("precision", "f1")]),
        "accuracy": st.booleans(),
        "averages": st.lists(st.sampled_from(AVERAGES), max_size=3, unique=True),
        "seed": st.integers(0, 2**32 - 1),
    }
)


@pytest.mark.parametrize("rounding", ["half up", "half even", "truncate"])
@settings(max_examples=400, deadline=None)
@given(report=reports)
def test_no_report_of_a_real_matrix_is_called_impossible(rounding, report):
    hits, predicted = random_margins(report["support"], seeds.generator(report["seed"]))
    shown = printed(
        exact(hits.tolist(), predicted.tolist(), report["support"], report["averages"]),
        report["decimals"],
        rounding,
        report["columns"],
        report["accuracy"],
        report["averages"],
    )
    # One decimal alone leaves too many matrices to look at each one's averages: a small budget says so quickly.
    asked = {"support": report["support"], "limit": 0, "budget": 2_000_000}
    for way in (rounding, "any"):
        found = audit.confusion_from_report(**shown, **asked, rounding=way)
        assert found.count or not found.complete


@pytest.mark.parametrize("digits", [2, 3, 4])
@pytest.mark.parametrize("seed", range(30))
def test_what_scikit_learn_prints_is_possible(seed, digits):
    from sklearn.metrics import classification_report

    rng = seeds.generator(seed, digits)
    k = int(rng.integers(2, 6))
    labels = np.concatenate([np.arange(k), rng.integers(k, size=int(rng.integers(20, 400)))])
    predictions = np.where(rng.random(len(labels)) < 0.6, labels, rng.integers(k, size=len(labels)))
    if seed % 5 == 0:
        predictions[predictions == k - 1] = 0  # never predicted: precision is undefined, and printed as 0
    lines = classification_report(labels, predictions, digits=digits, zero_division=0).split("\n")
    rows = np.array([line.split()[1:4] for line in lines[2 : 2 + k]]).T.tolist()
    averages = {
        name: dict(zip(COLUMNS, lines[4 + k + i].split()[2:5]))
        for i, name in enumerate(("macro", "weighted"))
    }
    found = audit.confusion_from_report(
        *rows,
        support=np.bincount(labels, minlength=k),
        accuracy=lines[3 + k].split()[1],
        averages=averages,
        decimals=digits,
        limit=10**5,
    )
    truth = np.bincount(labels[labels == predictions], minlength=k), np.bincount(predictions, minlength=k)
    assert found.complete and found.count == len(found.examples)
    assert any(np.array_equal(example, truth) for example in found.examples)


def test_binary_tables_agree_with_mlscorecheck():
    check = pytest.importorskip("mlscorecheck.check.binary").check_1_testset_no_kfold
    names = {"ppv": ("precision", 1), "npv": ("precision", 0), "sens": ("recall", 1), "spec": ("recall", 0)}
    names |= {"f1p": ("f1", 1), "f1n": ("f1", 0)}
    logging.disable(logging.INFO)
    possible = undefined = 0
    try:
        for seed in range(500):
            rng = seeds.generator(seed)
            support, decimals = rng.integers(5, 300, 2), int(rng.integers(2, 4))
            hits, predicted = random_margins(support, rng)
            if not predicted.all():  # theirs has no precision of a class that is never predicted
                predicted = support.copy()
                hits = support - np.minimum(support.min(), rng.integers(1, 4))
            scores = exact(hits.tolist(), predicted.tolist(), support.tolist())
            values = {
                name: printed_as(scores[c][i], decimals)
                for name, (c, i) in names.items()
                if rng.random() < 0.7
            }
            accuracy = (
                printed_as(scores["accuracy"], decimals) if rng.random() < 0.5 or len(values) < 2 else None
            )
            if seed % 2 and values:
                spoilt = list(values)[rng.integers(len(values))]
                values[spoilt] = Fraction(int(rng.integers(1, 10**decimals)), 10**decimals)
            report = {name: [None, None] for name in COLUMNS}
            for name, value in values.items():
                report[names[name][0]][names[name][1]] = value
            ours = audit.confusion_from_report(
                **report, support=support, accuracy=accuracy, decimals=decimals, limit=0
            )
            theirs = check(
                testset={"p": int(support[1]), "n": int(support[0])},
                scores={n: float(v) for n, v in values.items()}
                | ({} if accuracy is None else {"acc": float(accuracy)}),
                eps=0.5 * 10**-decimals,
                numerical_tolerance=1e-9,
            )
            if not ours.count and not theirs["inconsistency"]:  # 0 / 0 fits any number there, and only 0 here
                tp, tn = theirs["evidence"]["tp"], theirs["evidence"]["tn"]
                assert not tp + support[0] - tn or not tn + support[1] - tp, (seed, support, values, accuracy)
                undefined += 1
                continue
            assert ours.complete and (ours.count == 0) == theirs["inconsistency"], (seed, support, values)
            possible += ours.count > 0
    finally:
        logging.disable(logging.NOTSET)
    assert 200 < possible < 450 and undefined < 10


def one_wrong_digit(report, decimals, rng):
    """Written without a look at `helpers.audit.power`: another digit in one number, which stays a share."""
    places = [(name, i) for name in COLUMNS for i in range(len(report[name]))] + [("accuracy", None)]
    name, i = places[rng.integers(len(places))]
    while True:
        text = list(f"{float(report[name] if i is None else report[name][i]):.{decimals}f}")
        place = rng.choice([j for j, sign in enumerate(text) if sign != "."])
        old, text[place] = text[place], str(rng.integers(10))
        if text[place] != old and float("".join(text)) <= 1:
            break
    changed = Fraction("".join(text))
    return report | {name: changed if i is None else [*report[name][:i], changed, *report[name][i + 1 :]]}


@pytest.mark.parametrize(
    ("support", "decimals"), [((234, 390), 2), ((150, 100, 50), 2), ((30, 30, 30, 30), 3)]
)
def test_a_wrong_digit_is_found_as_often_as_the_power_says(support, decimals):
    said = audit.power("report", support=support, decimals=decimals, n_draws=400, seed=1)
    called = 0
    for seed in range(400):
        rng = seeds.generator(2, seed)
        hits, predicted = random_margins(support, rng)
        report = printed(exact(hits.tolist(), predicted.tolist(), support), decimals, "half even")
        report = one_wrong_digit(report, decimals, rng)
        found = audit.confusion_from_report(**report, support=support, rounding="any", limit=0)
        called += found.complete and not found.count
    difference = called / 400 - said.value
    spread = np.sqrt(2 * said.value * (1 - said.value) / 400 + 1e-9)
    assert abs(difference) < 3.3 * max(spread, 0.01)
    assert 0.6 < said.value <= 1


def test_examples_are_spread_from_the_lowest_to_the_highest_agreement():
    report = {
        "precision": (0.7, 0.6, 0.8),
        "recall": (0.7, 0.7, 0.7),
        "support": (40, 30, 36),
        "decimals": 1,
    }
    few, many = (audit.confusion_from_report(**report, limit=limit) for limit in (10, 10**6))
    assert few.count == many.count == len(many.examples) > 10 == len(few.examples)
    ends = [[hits.sum() for hits, _ in fits.examples] for fits in (few, many)]
    assert (ends[0][0], ends[0][-1]) == (min(ends[1]), max(ends[1]))
    assert audit.confusion_from_report(**report, limit=0).examples == []
    for hits, predicted in few.examples:
        assert hits.dtype.kind == predicted.dtype.kind == "i" and predicted.sum() == 106


def test_counts_beyond_64_bits_are_exact(monkeypatch):
    loose = audit.confusion_from_report(f1=[0.9] * 12, recall=[0.9] * 12, support=[60] * 12, decimals=1)
    assert loose.complete and loose.count > 2**63
    hits, predicted = loose.examples[50]
    np.testing.assert_array_equal(np.round(2 * hits / (60 + predicted), 1), 0.9)
    assert predicted.sum() == 720 and ((60 - hits) + (predicted - hits) <= 720 - hits.sum()).all()
    small = {"f1": [0.9] * 3, "recall": [0.9] * 3, "support": [50] * 3, "decimals": 1, "limit": 10**6}
    by_64_bits = audit.confusion_from_report(**small)
    monkeypatch.setattr("helpers.audit.search._number_type", lambda options: object)
    by_pythons_whole_numbers = audit.confusion_from_report(**small)
    assert by_64_bits.count == by_pythons_whole_numbers.count > 1000
    np.testing.assert_array_equal(by_64_bits.examples, by_pythons_whole_numbers.examples)


def test_beyond_its_budget_the_search_says_not_decided():
    report = {"f1": [0.5] * 4, "support": [3000] * 4}
    found = audit.confusion_from_report(**report)
    assert not found.complete and found.count == 0
    rows = {"precision": (0.8,) * 3, "recall": (0.8,) * 3, "support": (200, 300, 100)}
    small = audit.confusion_from_report(**rows, budget=10)
    assert not small.complete
    averages = {"macro": {"f1": 0.7}}
    wide = {"precision": [0.7] * 4, "recall": [0.7] * 4, "support": [3000] * 4}
    some = audit.confusion_from_report(**wide, averages=averages)
    assert not some.complete and 0 < some.count  # those that were found


def test_two_classes_are_always_decided():
    found = audit.confusion_from_report(f1=(0.5, 0.5), support=(4000, 8446))
    assert found.complete and found.count > 5000
    for hits, predicted in found.examples:
        assert (
            predicted == hits + (found_support := np.array([4000, 8446]) - hits)[::-1]
        ).all() and found_support.min() >= 0
        np.testing.assert_allclose(2 * hits / ([4000, 8446] + predicted), 0.5, atol=0.005)


def test_an_average_that_is_a_tie_is_decided_by_its_rounding():
    two = {"recall": (0.44, 0.45), "support": (100, 100)}  # 44 and 45 hits: macro recall is 0.445
    for shown, fitting in ((0.44, {"half even", "nearest", "truncate"}), (0.45, {"half up", "nearest"})):
        for rounding in ("half up", "half even", "nearest", "truncate"):
            found = audit.confusion_from_report(
                **two, averages={"macro": {"recall": shown}}, rounding=rounding
            )
            assert found.complete and bool(found.count) == (rounding in fitting)


@pytest.mark.parametrize("support", [(10**7, 10**7), (10**6,) * 4, (300_000, 200_000), (10**12, 5)])
@pytest.mark.parametrize("row", [{}, {"f1": 0.5}, {"precision": 0.5, "recall": 0.5}, {"recall": 0.5}])
def test_the_search_never_hangs(support, row):
    start = time.process_time()
    rows = {name: [value] * len(support) for name, value in row.items()}
    audit.confusion_from_report(**rows, support=support, averages={"macro": {"f1": 0.5}})
    assert time.process_time() - start < 20


def test_averages_that_no_class_allows_are_impossible_without_a_search():
    wide = {"precision": [0.7] * 4, "recall": [0.7] * 4, "support": [3000] * 4}
    assert audit.confusion_from_report(**wide, averages={"macro": {"f1": 0.72}}) == audit.Fits(0, True, [])


def test_weighted_recall_is_the_accuracy():
    report = DOCUMENT_004 | {"accuracy": 0.54}
    assert audit.confusion_from_report(**report, averages={"weighted": {"recall": 0.54}}).count == 4
    assert audit.confusion_from_report(**report, averages={"weighted": {"recall": 0.55}}).count == 0
    assert audit.confusion_from_report(**report, averages={"micro": {"f1": 0.53}}).count == 0


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"support": None}, "support is missing"),
        ({"support": (234,)}, "two classes at least"),
        ({"support": (234, -1)}, "whole numbers, 0 or more"),
        ({"support": (234, 389.5)}, "whole numbers"),
        ({"support": (0, 0)}, "hold an image"),
        ({"support": ("many", "few")}, "support must be the number of images"),
        ({"precision": (0.36,)}, "one number for each of the 2 classes; got 1"),
        (
            {"precision": (0.36, 62)},
            r"precision of class 1 must be a share in \[0, 1\] \(99.57 % is 0.9957\); got 62",
        ),
        ({"recall": (0.29, 0.683)}, "0.683 has more than 2 decimals"),
        ({"recall": (0.29, "high")}, "expected a finite number"),
        ({"f1": (0.32, float("inf"))}, "expected a finite number"),
        ({"accuracy": 0.774}, "more than 2 decimals"),
        ({"accuracy": 54}, "accuracy must be a share"),
        ({"rounding": "up"}, "rounding must be one of half up"),
        ({"decimals": -1}, "decimals must be a whole number"),
        ({"averages": {"median": {"f1": 0.5}}}, "averages are of macro, weighted, micro"),
        ({"averages": {"macro": {"auc": 0.5}}}, "not 'auc'"),
    ],
)
def test_what_cannot_be_a_report_is_refused(change, because):
    with pytest.raises(ValueError, match=because):
        audit.confusion_from_report(**DOCUMENT_004 | change)


def test_what_is_not_printed_may_be_missing():
    some = DOCUMENT_004 | {"precision": (0.36, float("nan")), "f1": (None, 0.65)}
    found = audit.confusion_from_report(**some)
    assert found.count >= 4 and found.complete
    assert audit.confusion_from_report(support=(1, 1)).count == len(all_margins((1, 1)))
