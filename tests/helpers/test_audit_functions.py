"""Rounding, chance, bounds of averages, intervals, GRIM and power: each against a value from elsewhere, or all cases."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import audit, evaluation, seeds
from helpers.audit.effects import excluded, possible_effects
from helpers.audit.power import random_margins, wrong_digit
from helpers.audit.rounding import printed_as

KIDNEY = (3709, 5077, 1377, 2283)  # Cyst, Normal, Stone, Tumor


@given(st.fractions(0, 1, max_denominator=4000), st.integers(0, 5))
def test_a_number_lies_where_its_print_says(value, decimals):
    for rounding in ("half up", "half even", "truncate"):
        assert audit.rounds_to(value, printed_as(value, decimals, rounding), decimals, rounding)
        assert audit.rounds_to(value, printed_as(value, decimals, rounding), decimals, "any")
    python = f"{float(value):.{decimals}f}"  # of a binary fraction: ties go either way
    assert audit.rounds_to(value, python, decimals, "nearest")


@pytest.mark.parametrize("rounding", ["half up", "half even", "truncate"])
def test_every_number_is_printed_in_one_way_only(rounding):
    for value in (Fraction(i, 400) for i in range(0, 401, 7)):  # ties of two decimals among them
        shown = [u for u in range(101) if audit.rounds_to(value, Fraction(u, 100), 2, rounding)]
        assert shown == [printed_as(value, 2, rounding) * 100]


def test_ties_of_binary_fractions_go_either_way():
    assert (f"{0.145:.2f}", f"{0.155:.2f}", f"{0.165:.2f}") == (
        "0.14",
        "0.15",
        "0.17",
    )  # neither half up nor half even
    for value, shown in ((145, "0.14"), (155, "0.15"), (165, "0.17")):
        assert audit.rounds_to(Fraction(value, 1000), shown, 2, "nearest")


def test_negative_numbers_are_mirrored():
    low, high, low_belongs, high_belongs = audit.before_rounding(-5.3253, 4, "half up")
    assert (float(low), float(high), low_belongs, high_belongs) == (-5.32535, -5.32525, False, True)
    assert audit.before_rounding(-0.5, 1, "truncate")[:2] == (Fraction(-6, 10), Fraction(-5, 10))


@pytest.mark.parametrize(
    ("value", "decimals"), [(0.123, 2), ("0.1 %", 2), (float("nan"), 2), (0.1, 1.5), (0.1, 40)]
)
def test_what_cannot_have_been_printed_is_refused(value, decimals):
    with pytest.raises(ValueError, match="decimals|finite number"):
        audit.before_rounding(value, decimals)


def test_floats_printed_whole_are_believed_to_twelve_decimals():
    for part, whole in ((56, 155), (1, 3), (234, 390), (69, 193)):
        shown = repr(part / whole)
        decimals = len(shown.partition(".")[2])
        assert audit.rounds_to(Fraction(part, whole), shown, decimals, "half even")
        assert not audit.rounds_to(
            Fraction(part, whole) + Fraction(3, 10**12), shown, max(decimals, 13), "any"
        )


def test_whole_numbers_in_an_interval():
    assert audit.before_rounding(0.29, 2, "nearest").whole(234) == (67, 69)
    assert audit.before_rounding(0.5, 1, "truncate").whole(10) == (5, 5)  # 0.6 is not cut off to 0.5
    assert audit.before_rounding(0.5, 1, "half up").whole(20) == (9, 10)  # 0.45 goes up, 0.55 too
    low, high = audit.before_rounding(0.5, 1, "nearest").whole(3)
    assert low > high


# --- chance


def test_the_row_of_the_largest_class():
    np.testing.assert_allclose(audit.majority_row(KIDNEY), (0.1664, 0.4079, 0.2364, 0.4079), atol=5e-5)
    from sklearn.metrics import precision_recall_fscore_support

    labels = np.repeat(np.arange(4), (5, 9, 3, 2))
    for averaging in audit.AVERAGINGS:
        row = precision_recall_fscore_support(
            labels, np.ones_like(labels), average=averaging, zero_division=0
        )[:3]
        np.testing.assert_allclose(audit.majority_row((5, 9, 3, 2), averaging), (*row, 9 / 19))
    with pytest.raises(ValueError, match="averaging must be one of"):
        audit.majority_row(KIDNEY, "median")


def test_z_of_kappa_is_exact_under_shuffling():
    support, predicted = np.array([5, 3, 4]), np.array([6, 2, 4])
    labels, calls = np.repeat(np.arange(3), support), np.repeat(np.arange(3), predicted)
    rng = seeds.generator(0)
    shuffled = np.array([rng.permutation(labels) for _ in range(40_000)])
    hits = np.stack([((shuffled == k) & (calls == k)).sum(axis=1) for k in range(3)], axis=1)
    z = audit.chance_z(hits, predicted, support)
    assert abs(z.mean()) < 0.02 and abs(z.std() - 1) < 0.02


def test_z_of_kappa_beside_statsmodels():
    from statsmodels.stats.inter_rater import cohens_kappa

    matrix = np.array([[40, 8, 2], [10, 25, 9], [3, 4, 30]])
    theirs = cohens_kappa(matrix)
    n = matrix.sum()
    ours = audit.chance_z(np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1))
    assert ours == pytest.approx(theirs.kappa / theirs.std_kappa0 * np.sqrt((n - 1) / n))


def test_z_where_nothing_can_vary_and_what_is_refused():
    assert audit.chance_z([10, 0], [15, 0], [10, 5]) == 0
    assert audit.chance_z([[10, 0], [10, 5]], [[15, 0], [10, 5]], [10, 5]).shape == (2,)
    with pytest.raises(ValueError, match="sum to the same number"):
        audit.chance_z([1, 1], [2, 2], [3, 3])


# --- averages


def test_document_002_under_every_averaging():
    row = {"precision": 0.9958, "recall": 0.9956, "decimals": 4, "rounding": "any"}
    macro = audit.f1_bounds(**row, averaging="macro", support=KIDNEY)
    weighted = audit.f1_bounds(**row, averaging="weighted", support=KIDNEY)
    assert macro[0] == pytest.approx(0.99561, abs=5e-6) and weighted[0] == pytest.approx(0.99558, abs=5e-6)
    assert audit.f1_bounds(**row, averaging="macro", classes=4) == macro
    assert np.isnan(audit.f1_bounds(**row | {"rounding": "nearest"}, averaging="micro")).all()
    assert audit.f1_bounds(**row, averaging="weighted")[0] == pytest.approx(
        0.99565 + 0.9958 - 0.00015 + 0.0004 - 1, abs=9e-4
    )


@pytest.mark.parametrize("seed", range(200))
def test_no_matrix_has_an_f1_or_an_accuracy_outside_the_bounds(seed):
    rng = seeds.generator(seed)
    k = int(rng.integers(2, 6))
    support = rng.integers(1, 60, k)
    hits, predicted = random_margins(support, rng)
    p, r, f = hits / np.maximum(predicted, 1), hits / support, 2 * hits / (predicted + support)
    accuracy, decimals = hits.sum() / support.sum(), int(rng.integers(1, 5))
    for averaging, weights in (("macro", np.full(k, 1 / k)), ("weighted", support / support.sum())):
        mean_p, mean_r, mean_f = p @ weights, r @ weights, f @ weights
        exact = audit.f1_bounds(mean_p, mean_r, averaging, support)
        wide = audit.f1_bounds(
            round(mean_p, decimals), round(mean_r, decimals), averaging, support, decimals=decimals
        )
        anything = audit.f1_bounds(mean_p, mean_r, averaging)
        for low, high in (exact, wide, anything):
            assert low - 1e-12 <= mean_f <= high + 1e-12
        assert wide[0] <= exact[0] + 1e-12 and exact[1] <= wide[1] + 1e-12 and anything[0] <= exact[0] + 1e-12
        low, high = audit.accuracy_bounds(mean_r, averaging, support)
        assert low - 1e-12 <= accuracy <= high + 1e-12


def test_the_lowest_f1_is_reached():
    """Two classes, grid search: the bound is the minimum, not merely below it."""
    weights, grid = np.array([0.3, 0.7]), np.linspace(0, 1, 401)
    for p, r in ((0.8, 0.6), (0.5, 0.9), (0.97, 0.95)):
        firsts = (
            [g for g in grid if 0 <= (p - 0.3 * g) / 0.7 <= 1],
            [g for g in grid if 0 <= (r - 0.3 * g) / 0.7 <= 1],
        )
        lowest = min(
            weights @ [2 * a * b / (a + b or 1), 2 * c * d / (c + d or 1)]
            for a, b in itertools.product(*firsts)
            for c, d in [((p - 0.3 * a) / 0.7, (r - 0.3 * b) / 0.7)]
        )
        assert audit.f1_bounds(p, r, "weighted", (30, 70))[0] == pytest.approx(lowest, abs=0.004)


def test_accuracy_beside_a_macro_recall():
    low, high = audit.accuracy_bounds(0.25, "macro", KIDNEY)
    assert low == pytest.approx(1377 / 12446) and high == pytest.approx(5077 / 12446)
    assert audit.accuracy_bounds(0.4079, "weighted", KIDNEY, decimals=4) == pytest.approx((0.40785, 0.40795))


@pytest.mark.parametrize(
    "call",
    [
        lambda: audit.f1_bounds(0.5, 0.5, "median"),
        lambda: audit.f1_bounds(1.5, 0.5),
        lambda: audit.accuracy_bounds(0.5, None, KIDNEY),
        lambda: audit.accuracy_bounds(0.5, "macro", None),
        lambda: audit.accuracy_bounds(50, "macro", KIDNEY),
    ],
)
def test_averages_that_cannot_be_are_refused(call):
    with pytest.raises(ValueError):
        call()


# --- counts


def test_interval_of_an_accuracy():
    np.testing.assert_allclose(audit.interval_for_accuracy(24, 32), (0.75, 0.579, 0.867), atol=0.001)
    by_image = audit.interval_for_accuracy(60, 80)
    widest = audit.interval_for_accuracy(60, 80, patients=10)
    right, n = np.repeat([8, 4], 5), np.full(10, 8)
    by_patient = audit.interval_for_accuracy(right, n)
    assert by_image.value == widest.value == by_patient.value == 0.75
    assert widest.low < by_patient.low < by_image.low and by_image.high < by_patient.high < widest.high
    assert isinstance(by_patient, evaluation.Estimate)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((5, 4), {}),
        ((0, 0), {}),
        (([1, 1], [2, 2]), {"patients": 2}),
        ((5, 9), {"patients": 10}),
        ((5, [9, 9]), {}),
    ],
)
def test_counts_that_cannot_be_are_refused(arguments, named):
    with pytest.raises(ValueError):
        audit.interval_for_accuracy(*arguments, **named)


def test_grim_is_right_for_every_mean_of_few_values():
    for n, items in ((7, 1), (7, 3), (25, 1), (120, 1)):
        for rounding in ("half up", "half even", "truncate"):
            possible = {printed_as(Fraction(total, n * items), 2, rounding) for total in range(n * items + 1)}
            for units in range(101):
                mean = Fraction(units, 100)
                assert audit.grim(mean, n, items=items, rounding=rounding) == (mean in possible)
    with pytest.raises(ValueError, match="n must be a whole number"):
        audit.grim(3.45, 2.5)


# --- effects


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("seed", range(100))
def test_effects_of_real_groups_are_never_excluded(seed, ddof):
    rng, decimals = seeds.generator(seed, ddof), 3
    a, b = rng.normal(1, 1, int(rng.integers(3, 40))), rng.normal(rng.normal(), 2, int(rng.integers(3, 40)))
    exact = audit.effect_from_summary(
        *(f for x in (a, b) for f in (x.mean(), x.std(ddof=ddof), len(x))), sd_ddof=ddof
    )
    groups = [
        f for x in (a, b) for f in (round(x.mean(), decimals), round(x.std(ddof=ddof), decimals), len(x))
    ]
    shown = {name: round(getattr(exact, name), decimals) for name in ("t", "d", "g", "p")}
    named = dict.fromkeys(("mean_a", "sd_a", "mean_b", "sd_b", *shown), decimals)
    assert not excluded(groups, shown, named)
    for name, value in shown.items():
        assert any(
            low - 5e-4 <= abs(value) <= high + 5e-4
            for low, high in possible_effects(*groups, named)[ddof][name]
        )


# --- power


def test_a_check_that_cannot_fail_has_no_power():
    assert audit.power("grim", n=100).value == 0 == audit.power("grim", n=1000).value
    assert (
        audit.power("report", support=(234, 390), columns=("recall",), accuracy=False, n_draws=40).value == 0
    )
    assert audit.power("report", support=(234, 390), n_draws=40).value > 0.8


def test_the_power_of_grim_can_be_counted():
    """n = 25, two decimals: means end in 00, 04 ... 96; of another digit in the first place 4 or 5 in 9 are means too."""
    possible = {Fraction(total, 25) for total in range(26)}
    called = [
        Fraction(units, 100) not in {m for m in possible}
        for total in range(26)
        for units in _changes(total * 4, 2)
    ]
    said = audit.power("grim", n=25, n_draws=2000, rounding="half even")
    weights = [1 / len(_changes(total * 4, 2)) for total in range(26) for _ in _changes(total * 4, 2)]
    assert said.value == pytest.approx(np.average(called, weights=weights), abs=0.05)


def _changes(units, decimals):
    digits = [(units // 10**i % 10, 10**i) for i in range(decimals + 1)]
    changed = [units + (new - old) * place for old, place in digits for new in range(10) if new != old]
    return [u for u in changed if 0 <= u <= 10**decimals]


def test_a_wrong_digit_is_one_wrong_digit():
    rng = seeds.generator(3)
    for shown in ("0.36", "1.00", "0.00", "0.07"):
        for _ in range(50):
            changed = f"{float(wrong_digit(Fraction(shown), 2, rng)):.2f}"
            assert sum(a != b for a, b in zip(shown, changed)) == 1 and 0 <= float(changed) <= 1


def test_powers_of_what_is_no_check_are_refused():
    with pytest.raises(ValueError, match="check must be one of report, averages, effect, grim"):
        audit.power("mood")
    with pytest.raises(TypeError, match="docstring of `power`"):
        audit.power("grim")
    assert 0 <= audit.power("averages", support=KIDNEY, n_draws=20).value < 0.6
    assert audit.power("effect", n_a=30, n_b=30, n_draws=40).value > 0.6
