"""Every lesson begins, ends and is cut into cells as readers count on; `make check` says what is missing."""

import pytest

from course import project as places
from course.lessons import build, skeleton

SOURCE = "solutions/01_tiny.py"
POINTS = "# - One.\n# - Two.\n# - Three.\n# - Four.\n"


def _told(project):
    (lesson,) = places.lessons(project)
    return "\n".join(
        skeleton.check_skeleton(lesson, build.student(build.read(lesson, "https://x.org/a/b"), "x"))
    )


def test_the_tiny_lesson_has_it_all(project):
    assert _told(project) == ""


@pytest.mark.parametrize(
    "old, new, told",
    [
        ("**Before you start.** Nothing.", "Nothing.", "no line that begins `**Before you start.**`"),
        ("## Key points", "## What to keep", "no section `## Key points`"),
        (POINTS, "# - One.\n# - Two.\n# - Three.\n", "has 3 points; expected 4 to 6"),
        (POINTS, POINTS + "# - Five.\n# - Six.\n# - Seven.\n", "has 7 points"),
        ("## Check yourself", "## Questions", "no section `## Check yourself`"),
        ("<summary>Question 2?</summary>", "Question 2?", "has 4 questions; expected 5"),
        ("# Answer 3.\n", "#\n", "the question 'Question 3?' has no answer"),
        ("**What is graded.**", "Graded:", "no line that begins `**What is graded.**`"),
        ("checks.score()", "checks.score", "no cell says `checks.score()`"),
        ("**Next.**", "Next:", "no line that begins `**Next.**`"),
        ("# @title An empty square\n", "", "is tagged 'hide-input' but does not begin with `# @title `"),
        (
            "def weights(gradients",
            "# more\n" * 41 + "def weights(gradients",
            "the cell 'weights' has 44 lines; at most 40",
        ),
    ],
)
def test_what_is_missing_is_told(project, edit, old, new, told):
    edit(SOURCE, old, new)
    problems = _told(project)
    assert told in problems and str(project / SOURCE) in problems and problems.count("\n") == 0


def test_an_exercise_must_not_be_folded(project, edit):
    edit(SOURCE, '# %% nbgrader={"grade": false', '# %% tags=["hide-input"] nbgrader={"grade": false')
    edit(SOURCE, "def weights(gradients", "# @title Folded\ndef weights(gradients")
    assert "'weights' is an exercise and tagged 'hide-input'" in _told(project)


def test_folded_cells_are_folded_in_jupyterlab_and_in_colab(project):
    (lesson,) = places.lessons(project)
    cell = next(
        cell for cell in build.read(lesson, "https://x.org/a/b").cells if "An empty square" in cell.source
    )
    assert cell.metadata["jupyter"] == {"source_hidden": True} and cell.metadata["cellView"] == "form"
