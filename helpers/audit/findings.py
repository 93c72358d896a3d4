"""Verdicts as objects: what is wrong, how sure that is, what follows and what does not."""

from dataclasses import dataclass

SEVERITIES = ("impossible", "at chance", "suspicious", "consistent", "not applicable")

CODES = {
    "A001": "No confusion matrix gives this report",
    "A002": "The accuracy cannot be of the predictions of this report",
    "A003": "No standard average gives this F1",
    "A004": "Accuracy and averaged recall exclude each other",
    "A005": "F1 is not the harmonic mean of precision and recall",
    "A006": "No whole numbers have this mean",
    "A007": "No standard deviation gives this effect",
    "A008": "Two printed effects belong to two standard deviations",
    "A101": "Agreement is what chance gives",
    "A102": "The row of a model that always predicts the largest class",
    "A103": "Macro recall is what chance gives",
    "A201": "Several models look like one",
    "A202": "F1 lies below both precision and recall",
    "A203": "Nearly perfect: look for leaks",
    "A301": "The numbers fit",
    "A401": "Not checked",
}


@dataclass(frozen=True)
class Finding:
    """One verdict.

    code : key of CODES; title : one line; severity : one of SEVERITIES; evidence : the numbers, in a sentence or two;
    what_follows, what_does_not_follow : sentences; reference : where the rule comes from, or "".
    """

    code: str
    title: str
    severity: str
    evidence: str
    what_follows: str
    what_does_not_follow: str
    reference: str = ""
