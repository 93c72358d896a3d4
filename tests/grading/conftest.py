"""Each lesson's exercises are tested alike; see exercises.py."""

import pytest

from course import project
from course.lessons import build

pytest.register_assert_rewrite("exercises")


@pytest.fixture(scope="class")
def source(root, request):
    """The lesson that the test class is about, as a notebook."""
    (lesson,) = project.lessons(root, [request.cls.lesson])
    return build.read(lesson, project.address(root))


@pytest.fixture(scope="class")
def judged(source, request):
    """What the answers to that lesson's exercises earn."""
    import exercises  # now, so that its assertions have been rewritten

    return exercises.Judged(source, request.cls.lesson)
