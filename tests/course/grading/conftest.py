"""A tiny assignment for the grader's own tests, and sandboxes for those machines that can have them."""

import pytest
import tiny_lesson

from course.grading import judge, preflight
from course.project import CourseError


@pytest.fixture(scope="session")
def assignment():
    return tiny_lesson.assignment()


@pytest.fixture(scope="session")
def trusted(assignment):
    """The tiny assignment's set-up, run here, with its checks."""
    tiny_lesson.provide_checks()
    return judge.Trusted(assignment)


@pytest.fixture(scope="session")
def can_confine(root):
    """Skips, loudly, where this machine cannot have a sandbox."""
    try:
        preflight.prove(root)
    except CourseError as error:
        pytest.skip(f"NOT TRIED, no sandbox on this machine: {error}")


@pytest.fixture
def grade(trusted, root, can_confine):
    """Grade answers in real sandboxes with short limits: (sources, own) -> Graded."""

    def run(sources, own=()):
        return judge.Session(
            trusted, sources, own, root / "helpers", slot=tiny_lesson.SLOT, limits=tiny_lesson.LIMITS
        ).grade()

    return run


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(
        "student_id,name,email\n"
        "s1,Zoë van Dam,zoe@uni.org\n"
        "s2,Ann Lee,ann.lee@uni.org\n"
        "s10,Bo Chen,bo@uni.org\n",
        encoding="utf-8",
    )
    return path
