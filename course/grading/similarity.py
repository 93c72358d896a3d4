"""Which students' answers resemble each other? Evidence for a person to read, never a verdict.

copydetect compares winnowed fingerprints of tokens (S. Schleimer, D. Wilkerson, A. Aiken, Winnowing, SIGMOD 2003): names
and comments do not matter, and what the released stubs hold does not count.
"""

import io
from dataclasses import dataclass
from itertools import combinations

from course.grading import wire
from course.project import CourseError

ALIKE = 0.8  # share of the shorter answer's tokens
TOKENS, WINDOW = 25, 1  # of a fingerprint; fingerprints of which one is kept
FEWEST = 60  # tokens; shorter answers have too few ways to be right
LONGEST = 50_000  # characters of a student's answers that are compared
MOST_PAIRS = 50


@dataclass(frozen=True)
class Pair:
    """first, second : ids of students. share : of the shorter text's tokens that both have. left, right : the texts."""

    first: str
    second: str
    share: float
    left: str
    right: str


def pairs(work, given):
    """The pairs that resemble each other most, the most alike first."""
    try:
        import copydetect
    except ImportError:
        raise CourseError("--similarity needs the package copydetect: pip install copydetect.") from None

    def fingerprint(text, boilerplate=()):
        stream = io.StringIO(text[:LONGEST])
        return copydetect.CodeFingerprint(
            "answers.py", TOKENS, WINDOW, boilerplate, language="python", fp=stream
        )

    released = fingerprint("\n\n".join(question.stub for question in given.questions))
    prints = {}
    for student in work.roster():
        submission = work.submission(student.student_id)
        if submission:
            sources = [submission["sources"].get(name, "") for name in given.names]
            one = fingerprint("\n\n".join(sources), list(released.hashes))
            if one.token_coverage >= FEWEST:
                prints[student.student_id] = one
    found = []
    for (first, left), (second, right) in combinations(prints.items(), 2):
        _, shares, _ = copydetect.compare_files(left, right)
        if max(shares) >= ALIKE:
            texts = (wire.text(one.raw_code, LONGEST) for one in (left, right))
            found.append(Pair(first, second, max(shares), *texts))
    return sorted(found, key=lambda pair: -pair.share)[:MOST_PAIRS]
