"""What the columns of published tables are called, and what they mean. A name that is not here is left out, never guessed."""

import re
import unicodedata
from dataclasses import dataclass

ROWS = {
    "class": "class classes category label labels diagnosis",
    "model": "model models method methods algorithm algorithms network architecture backbone classifier approach "
    "experiment comparison study author authors",
}
RATES = {
    "precision": "precision, prec, ppv, positive predictive value, positive predicted value",
    "recall": "recall, rec, sensitivity, sens, tpr, true positive rate, hit rate, detection rate",
    "specificity": "specificity, spec, tnr, true negative rate, selectivity",
    "npv": "npv, negative predictive value",
    "f1": "f1, f1 score, f1 measure, f score, f measure, fscore, f1score, f 1, f 1 score",
    "accuracy": "accuracy, acc, overall accuracy, classification accuracy, overall acc",
    "test accuracy": "test accuracy, test acc, testing accuracy, accuracy test, accuracy on test set, test set accuracy",
    "balanced accuracy": "balanced accuracy, balanced acc, bacc, bal acc, uar, unweighted average recall",
}
COUNTS = {
    "n": "n, support, samples, sample size, images, cases, instances, test images, test samples, number of images, "
    "no of images, number of samples, no of samples, number of cases, test size, n images, n test, count",
    "positives": "positives, n positive, n positives, number of positives, positive cases, diseased",
    "negatives": "negatives, n negative, n negatives, number of negatives, negative cases, healthy",
    "tp": "tp, true positive, true positives",
    "fp": "fp, false positive, false positives",
    "fn": "fn, false negative, false negatives",
    "tn": "tn, true negative, true negatives",
    "patients": "patients, n patients, number of patients, no of patients",
}
INTERVALS = {
    "interval": "95 ci, ci, confidence interval, 95 confidence interval, 95 interval, interval, accuracy 95 ci",
    "low": "low, lower, ci low, ci lower, lower ci, lower bound, lower limit, 95 ci low, 95 ci lower, ci lower bound",
    "high": "high, upper, ci high, ci upper, upper ci, upper bound, upper limit, 95 ci high, 95 ci upper, ci upper bound",
}
TESTS = {
    "t": "t, t statistic, t stat, t value, tstatistic, t score",
    "p": "p, p value, pvalue, p val, significance",
    "d": "d, cohen d, cohens d, cohen's d",
    "g": "g, hedges g, hedge's g, hedges' g",
}
MOMENTS = {
    "mean": "mean",
    "sd": "sd, std, s d, standard deviation, std dev, stdev",
    "n": "n, sample size",
}
ANY = {"any": "any"}  # a number of which only its interval is checked
AVERAGES = {
    "macro": "macro, macro avg, macro average, macro averaged, unweighted",
    "weighted": "weighted, weighted avg, weighted average, weighted averaged",
    "micro": "micro, micro avg, micro average, micro averaged",
}
TOTALS = {
    "accuracy": "accuracy, overall accuracy, acc, total accuracy",
    "test accuracy": RATES["test accuracy"],
    "total": "total, sum, all classes, all",
    **AVERAGES,
    "average": "average, avg, mean, overall, mean average",
}
MEASURES = {
    **RATES,
    **COUNTS,
    **INTERVALS,
    **ANY,
    **TESTS,
    **{name: text for name, text in MOMENTS.items() if name != "n"},
}


@dataclass(frozen=True)
class Column:
    """What a column's name says.

    name : as it stands there. role : a key of the tables above, or ("mean" | "sd" | "n", group) for the moments of two
    groups; None: unknown. average : "", "macro", "weighted", "micro". percent : the name says that its numbers are per cent.
    """

    name: str
    role: object = None
    average: str = ""
    percent: bool = False


def read(name):
    """What a column's name says: a `Column`.

    >>> read("F1-score (%)")
    Column(name='F1-score (%)', role='f1', average='', percent=True)
    >>> read("Macro avg. recall").average, read("Sensitivity").role, read("Loss").role
    ('macro', 'recall', None)
    """
    percent = bool(re.search(r"%(?!\s*(ci|confidence|interval))", name.casefold()))
    plain = normalise(re.sub(r"[(\[]\s*(?:in\s*)?%\s*[)\]]|,?\s*(?:in\s+)?%\s*$", "", name))
    parts = [part for part in map(normalise, re.split(r"[/()\[\],]", name.replace("%", ""))) if part]
    for roles in ({ALIASES.get(plain)}, {ALIASES.get(part) for part in parts}):  # "Sensitivity (recall)"
        if len(roles) == 1 and None not in roles:
            return Column(name, roles.pop(), percent=percent)
    for average, names in _lists(AVERAGES):
        for prefix in sorted(names, key=len, reverse=True):
            rest = (
                plain.removeprefix(f"{prefix} ")
                if plain.startswith(f"{prefix} ")
                else plain.removesuffix(f" {prefix}")
            )
            if rest != plain and ALIASES.get(rest) in RATES:
                return Column(name, ALIASES[rest], average, percent)
    for moment, names in _lists(MOMENTS):
        for prefix in sorted(names, key=len, reverse=True):
            if plain.startswith(f"{prefix} ") and len(plain) > len(prefix) + 1:
                return Column(name, (moment, plain.removeprefix(f"{prefix} ")), percent=percent)
    return Column(name, percent=percent)


def total(name):
    """What a row that is no class is: "accuracy", "macro", "weighted", "micro", "average", "total"; None for a class."""
    return TOTAL_NAMES.get(normalise(name))


def normalise(name):
    """A name in small letters, with single spaces, without brackets and most signs."""
    text = unicodedata.normalize("NFKC", name).casefold().replace("’", "'").replace("&", " and ")
    return " ".join(re.sub(r"[^\w' ]|_", " ", text).split())


def _lists(table):
    return [(role, [normalise(name) for name in names.split(", ")]) for role, names in table.items()]


ROWS = {role: ", ".join(names.split()) for role, names in ROWS.items()}
ALIASES = {name: role for table in (ROWS, MEASURES) for role, names in _lists(table) for name in names}
TOTAL_NAMES = {name: role for role, names in _lists(TOTALS) for name in names}
