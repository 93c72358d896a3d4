"""Verdicts as objects: what was found, how sure that is, what follows and what does not. Listed in docs/findings.md."""

from dataclasses import dataclass

SEVERITIES = ("impossible", "at chance", "suspicious", "consistent", "not applicable")

# code: (severity, title). Codes are never given to another finding.
_TABLE = {
    "A001": ("impossible", "No confusion matrix gives this report"),
    "A002": ("impossible", "This accuracy is not of the predictions of this report"),
    "A003": ("impossible", "No standard average gives this F1"),
    "A004": ("impossible", "Accuracy and averaged recall exclude each other"),
    "A005": ("impossible", "F1 is not the harmonic mean of precision and recall"),
    "A006": ("impossible", "No whole numbers have this mean"),
    "A007": ("impossible", "A printed effect does not follow from means and standard deviations"),
    "A008": ("impossible", "Printed effects belong to different standard deviations"),
    "A009": ("impossible", "These averages are not of this report"),
    "A010": ("impossible", "A share is not what its fraction gives"),
    "A011": ("impossible", "The classes do not add up to their total"),
    "A012": ("impossible", "Sensitivity, specificity and accuracy exclude each other"),
    "A101": ("at chance", "Agreement is what chance gives"),
    "A102": ("at chance", "The row of a model that always predicts the largest class"),
    "A103": ("at chance", "Macro recall is what chance gives"),
    "A201": ("suspicious", "Several models look like one"),
    "A202": ("suspicious", "F1 lies below both precision and recall"),
    "A203": ("suspicious", "A number lies outside its own interval"),
    "A204": ("suspicious", "An interval is narrower than so many images allow"),
    "A301": ("consistent", "A confusion matrix gives this report"),
    "A302": ("consistent", "Some average gives this row"),
    "A303": ("consistent", "The printed effects follow from the summary"),
    "A304": ("consistent", "Whole numbers have this mean"),
    "A305": ("consistent", "The models differ"),
    "A306": ("consistent", "Numbers that belong together agree"),
    "A401": ("not applicable", "Numbers that this check needs are missing"),
    "A402": ("not applicable", "Not decided within the budget"),
    "A403": ("not applicable", "What was averaged is not told"),
}
CODES = {code: title for code, (_, title) in _TABLE.items()}


@dataclass(frozen=True)
class Finding:
    """One verdict.

    code : stable, key of CODES. title : one line. severity : one of SEVERITIES: *impossible*, no integer matrix fits, or no
    standard averaging gives it; *at chance*, a fitting matrix has |z of kappa| < 2.58; *suspicious*, only probable;
    *consistent*; *not applicable*, with the reason as evidence. evidence : the numbers, in a sentence or two. what_follows,
    what_does_not_follow : sentences. reference : where the rule comes from, or "".
    """

    code: str
    title: str
    severity: str
    evidence: str
    what_follows: str
    what_does_not_follow: str
    reference: str = ""


def finding(code, evidence, what_follows, what_does_not_follow, reference=""):
    """A `Finding` with the title and the severity of its code."""
    severity, title = _TABLE[code]
    return Finding(code, title, severity, evidence, what_follows, what_does_not_follow, reference)


def gravest_first(findings):
    """Sorted by severity, then by code."""
    return sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.code))
