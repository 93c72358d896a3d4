"""Findings: the five documents, honest and shuffled models, and the table of codes in docs/findings.md."""

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from helpers import audit, seeds
from helpers.audit.rounding import printed_as

KIDNEY = (3709, 5077, 1377, 2283)  # Cyst, Normal, Stone, Tumor
DOCUMENT_000 = {
    "EfficientNetB0": ((0.1664, 0.4079, 0.2364, 0.3398), 0.4059),
    "MobileNetV2": ((0.2525, 0.2500, 0.2350, 0.3398), 0.8258),
    "ResNet50": ((0.2522, 0.2504, 0.2353, 0.3408), 0.9982),
    "InceptionV3": ((0.2517, 0.2490, 0.2339, 0.3395), 1.0),
}
DOCUMENT_004 = {
    "precision": (0.36, 0.62),
    "recall": (0.29, 0.68),
    "f1": (0.32, 0.65),
    "support": (234, 390),
    "classes": ("Normal", "Pneumonia"),
}
SUMMARY_004 = ("0.215205", "0.018152", 30, "0.242184", "0.020368", 30)


def codes(findings):
    return [one.code for one in findings]


def by_code(findings, code):
    (found,) = [one for one in findings if one.code == code]
    return found


def test_the_codes_are_those_of_the_documentation():
    text = (Path(__file__).parents[2] / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = [
        line.replace("\\|", "/").strip("| ").split(" | ")
        for line in text.splitlines()
        if line.startswith("| A")
    ]
    assert {code: title for code, _, title, _ in rows} == audit.CODES
    assert all(severity in audit.SEVERITIES for _, severity, _, _ in rows)
    from helpers.audit.findings import finding

    for code, severity, _, _ in rows:
        assert finding(code, "", "", "").severity == severity


def test_a_finding_cannot_be_changed_and_says_what_does_not_follow():
    for one in audit.audit_report(**DOCUMENT_004, accuracy=0.54, beside={"test accuracy": 0.7740}):
        assert (
            one.title == audit.CODES[one.code]
            and one.evidence
            and one.what_follows
            and one.what_does_not_follow
        )
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.severity = "consistent"


def test_document_004_report():
    found = audit.audit_report(**DOCUMENT_004, accuracy=0.54, beside={"test accuracy": 0.7740})
    assert codes(found) == ["A002", "A101"]
    assert "4 confusion matrices fit" in by_code(found, "A101").evidence
    assert (
        "0.535 to 0.538" in by_code(found, "A101").evidence
        and "0.547 to 0.548" in by_code(found, "A101").evidence
    )
    assert "0.774" in by_code(found, "A002").evidence and by_code(found, "A002").severity == "impossible"


def test_what_does_not_fit_is_left_out_and_the_rest_looked_at():
    decimals = {"accuracy": 4}
    found = audit.audit_report(
        **DOCUMENT_004, accuracy=0.7740, decimals=decimals, beside={"report": 0.5370, "other": 0.9}
    )
    assert codes(found) == ["A002", "A002", "A101"]
    averages = {"macro": {"precision": 0.49, "recall": 0.49, "f1": 0.6}}
    assert codes(audit.audit_report(**DOCUMENT_004, averages=averages)) == ["A009", "A101"]


def test_an_accuracy_printed_elsewhere_may_be_rounded_in_another_way():
    for elsewhere, expected in (
        (0.5353, 0),
        (0.5352, 0),
        (0.5384, 0),
        (0.5386, 0),
        (0.5340, 1),
        (0.5400, 1),
    ):  # 0.5385
        found = audit.audit_report(**DOCUMENT_004, beside={"elsewhere": elsewhere}, rounding="nearest")
        assert codes(found).count("A002") == expected


def test_document_000_always_normal():
    row, beside = DOCUMENT_000["EfficientNetB0"]
    found = audit.audit_averages(*row, support=KIDNEY, beside={"test accuracy": beside})
    assert codes(found) == ["A002", "A004", "A102"]
    assert "0.1664" in by_code(found, "A102").evidence and "0.2364" in by_code(found, "A102").evidence
    assert "0.3398" in by_code(found, "A004").evidence  # impossible beside it
    honest = audit.audit_averages(0.1664, 0.4079, 0.2364, 0.4079, support=KIDNEY)
    assert codes(honest) == ["A102"]


@pytest.mark.parametrize("name", ["MobileNetV2", "ResNet50", "InceptionV3"])
@pytest.mark.parametrize("averaging", [None, "macro"])
def test_document_000_at_chance(name, averaging):
    row, beside = DOCUMENT_000[name]
    found = audit.audit_averages(*row, averaging=averaging, support=KIDNEY, beside={"test accuracy": beside})
    assert codes(found) == ["A002", "A103", "A202"]
    assert by_code(found, "A103").severity == "at chance"


def test_document_000_vit_is_not_told():
    found = audit.audit_averages(0.30, 0.33, 0.31, 0.31, classes=4, decimals=2)
    assert by_code(found, "A403").severity == "not applicable" and "impossible" not in {
        f.severity for f in found
    }
    assert codes(audit.audit_averages(0.30, 0.33, 0.31, 0.31, averaging="weighted", decimals=2)) == ["A004"]


def test_document_000_three_models_look_like_one():
    counts = {"a": (4393, 6508, 86, 1459), "b": (4383, 6552, 90, 1420), "c": (4414, 6485, 111, 1436)}
    found = audit.audit_models({name: {"predicted": one} for name, one in counts.items()}, KIDNEY)
    assert (
        codes(found) == ["A201"]
        and found[0].severity == "suspicious"
        and found[0].evidence.count(" and ") >= 6
    )
    rows = {
        name: dict(zip(("precision", "recall", "f1", "accuracy"), row)) | {"beside": beside}
        for name, (row, beside) in DOCUMENT_000.items()
    }
    found = audit.audit_models(rows)
    assert codes(found) == ["A201"] and "EfficientNetB0" not in found[0].evidence
    good = {"a": {"predicted": (1000, 900)}, "b": {"predicted": (1001, 899)}}
    assert codes(audit.audit_models(good, (1000, 900))) == ["A305"]  # both near the truth: no wonder
    assert codes(audit.audit_models({"a": {"predicted": (1000, 900)}}, (1000, 900))) == ["A401"]


@pytest.mark.parametrize("support", [KIDNEY, None])
def test_document_002_has_no_averaging(support):
    found = audit.audit_averages(0.9958, 0.9956, 0.9934, 0.9957, support=support, classes=4)
    assert codes(found) == ["A003"] if support else ["A004"]
    for averaging in ("macro", "weighted", "micro"):
        assert codes(audit.audit_averages(0.9958, 0.9956, 0.9934, averaging=averaging, support=KIDNEY)) == [
            "A003"
        ]
    assert (
        "0.99561"
        in audit.audit_averages(0.9958, 0.9956, 0.9934, averaging="macro", support=KIDNEY)[0].evidence
    )


def test_document_004_effects():
    found = audit.audit_effects(*SUMMARY_004, t=-5.3253, d=1.3985, p="0.0000")
    assert codes(found) == ["A008"]
    assert "d = 1.3985 needs SDs divided by n - 1 (ddof 1)" in found[0].evidence
    assert "t = -5.3253 needs SDs divided by n (ddof 0)" in found[0].evidence
    right = audit.audit_effects(*SUMMARY_004, t=-5.3253, d=1.3750)
    assert codes(right) == ["A303"] and "divided by n (ddof 0)" in right[0].evidence
    wrong = audit.audit_effects(*SUMMARY_004, t=-5.8253, d=1.3985)
    assert codes(wrong) == ["A007"] and "t = -5.8253" in wrong[0].evidence
    assert codes(audit.audit_effects(*SUMMARY_004)) == ["A401"]
    assert codes(audit.audit_effects(*SUMMARY_004, p="0.0500")) == ["A007"]


def test_means_of_whole_numbers():
    assert codes(audit.audit_mean(5.19, 28)) == ["A006"]
    assert (
        "would" not in audit.audit_mean(5.18, 28)[0].evidence
        and "impossible" in audit.audit_mean(5.18, 28)[0].evidence
    )
    assert "could not have failed" in audit.audit_mean(5.19, 128)[0].evidence


def test_without_support_only_the_harmonic_mean_is_checked():
    found = audit.audit_report((0.9, 0.5), (0.8, 0.5), (0.95, 0.5), classes=("ill", "well"))
    assert codes(found) == ["A005", "A401"] and found[0].evidence.startswith("ill: ")
    assert codes(audit.audit_report((0.9, 0.5), (0.8, 0.5), (0.85, 0.5))) == ["A401"]


def test_the_impossible_row_is_named():
    rows = {
        "precision": (0.36, 0.62),
        "recall": (0.29, 0.68),
        "support": (7, 390),
        "classes": ("Normal", "Pneumonia"),
    }
    evidence = audit.audit_report(**rows, rounding="nearest")[-1].evidence
    assert "no whole numbers give the row of Normal" in evidence
    found = audit.audit_report((0.9, 0.8), (0.8, 0.9), support=(500, 500))
    assert codes(found) == ["A001"] and "together they are no matrix" in found[0].evidence


def test_averages_beside_a_report():
    rows = {"precision": (0.81, 0.79), "recall": (0.79, 0.81), "f1": (0.80, 0.80), "support": (100, 100)}
    assert codes(
        audit.audit_report(**rows, accuracy=0.80, averages={"macro": {"f1": 0.80}}, power_draws=5)
    ) == ["A301"]
    assert codes(audit.audit_report(**rows, averages={"macro": {"f1": 0.83}})) == ["A009"]
    assert codes(audit.audit_report(**rows, accuracy=0.84)) == ["A002"]


def test_consistent_tells_its_power():
    rows = {"precision": (0.81, 0.79), "recall": (0.79, 0.81), "support": (100, 100)}
    assert "with one wrong digit the check calls" in audit.audit_report(**rows, power_draws=20)[0].evidence
    loose = audit.audit_report(recall=(0.79, 0.81), support=(100, 100), power_draws=20)
    assert codes(loose) == ["A301"] and "could hardly have failed" in loose[0].evidence


def test_what_is_not_decided_is_not_impossible():
    found = audit.audit_report(f1=(0.5,) * 4, support=(3000,) * 4)
    assert codes(found) == ["A402"] and found[0].severity == "not applicable"


def _report(labels, predictions, k):
    support, predicted = (np.bincount(x, minlength=k) for x in (labels, predictions))
    hits = np.bincount(labels[labels == predictions], minlength=k)
    parts = ((hits, predicted), (hits, support), (2 * hits, predicted + support))
    rows = [
        [printed_as(Fraction(int(a), int(b)) if b else Fraction(0), 2) for a, b in zip(*both)]
        for both in parts
    ]
    return dict(zip(("precision", "recall", "f1"), rows)) | {"support": support, "power_draws": 0}


def _model(rng, k, skill):
    """600 labels of uneven classes, and predictions that know a share `skill` of them."""
    labels = rng.permutation(
        np.concatenate([np.repeat(np.arange(k), 40), rng.choice(k, 600 - 40 * k, p=_uneven(k))])
    )
    guesses = rng.choice(k, 600, p=_uneven(k)[::-1])
    return labels, np.where(rng.random(600) < skill, labels, guesses)


def _uneven(k):
    return np.arange(1, k + 1) / np.arange(1, k + 1).sum()


@pytest.mark.parametrize("k", [2, 3, 4])
def test_shuffled_labels_are_at_chance_and_honest_models_are_not(k):
    draws, shuffled, honest, models = 150, 0, 0, 0
    for seed in range(draws):
        rng = seeds.generator(seed, k)
        labels, predictions = _model(rng, k, rng.uniform(0.3, 0.95))
        found = audit.audit_report(**_report(labels, rng.permutation(predictions), k))
        assert "impossible" not in {one.severity for one in found}
        shuffled += "A101" in codes(found)
        agreement, chance = (labels == predictions).mean(), audit.expected_agreement(labels, predictions)
        if (agreement - chance) / (1 - chance) >= 0.25:
            models += 1
            honest += codes(audit.audit_report(**_report(labels, predictions, k))) != ["A301"]
    assert shuffled >= 0.98 * draws and models > 0.8 * draws and honest < 0.01 * models


def test_random_honest_rows_are_never_impossible():
    from sklearn.metrics import precision_recall_fscore_support

    for seed in range(60):
        rng = seeds.generator(seed)
        k = int(rng.integers(2, 6))
        labels, predictions = _model(rng, k, rng.uniform(0, 1))
        for averaging in audit.AVERAGINGS:
            row = precision_recall_fscore_support(labels, predictions, average=averaging, zero_division=0)[:3]
            row = [round(float(value), 3) for value in (*row, (labels == predictions).mean())]
            for told in (averaging, None):
                for support in (np.bincount(labels), None):
                    found = audit.audit_averages(
                        *row, averaging=told, support=support, classes=k, decimals=3, power_draws=0
                    )
                    assert "impossible" not in {one.severity for one in found}


def test_a_row_of_two_classes_is_held_against_all_matrices():
    row = {
        "precision": 0.91,
        "recall": 0.85,
        "f1": 0.88,
        "decimals": 2,
    }  # 390 and 234 images: 331 or 199 are recalled
    for accuracy, possible in ((0.85, True), (0.91, True), (0.87, False), (0.88, False)):
        asked = {**row, "accuracy": accuracy, "support": (390, 234), "power_draws": 10}
        assert codes(audit.audit_averages(**asked, averaging="one class")) == ["A302" if possible else "A001"]
    assert codes(audit.audit_averages(**asked)) == ["A302", "A403"]  # macro averages would do
    assert codes(audit.audit_averages(**asked | {"accuracy": 0.95})) == ["A001"]


def test_honest_rows_of_one_class_are_never_impossible():
    from sklearn.metrics import precision_recall_fscore_support

    for seed in range(60):
        rng = seeds.generator(seed)
        labels, predictions = _model(rng, 2, rng.uniform(0, 1))
        row = precision_recall_fscore_support(labels, predictions, average="binary", zero_division=0)[:3]
        decimals = int(rng.integers(1, 5))
        row = [round(float(value), decimals) for value in (*row, (labels == predictions).mean())]
        for averaging in ("one class", None):
            asked = {"averaging": averaging, "support": np.bincount(labels), "decimals": decimals}
            found = audit.audit_averages(*row, **asked, power_draws=0)
            assert "impossible" not in {one.severity for one in found}
