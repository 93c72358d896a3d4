"""What students get is what nbgrader can collect."""

import nbformat
import pytest
from nbgrader.utils import is_grade

from course import project

LESSONS = project.lessons(project.find_root(__file__))


def test_there_are_lessons():
    assert [lesson.number for lesson in LESSONS][:6] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_released_notebooks_keep_their_points_and_locks(lesson):
    graded = [cell for cell in nbformat.read(lesson.student, 4).cells if is_grade(cell)]
    assert 4 <= len(graded) <= 6
    for cell in graded:
        marks = cell.metadata.nbgrader
        assert marks["locked"] and marks["checksum"] and marks["points"] > 0
        assert not cell.metadata.deletable
