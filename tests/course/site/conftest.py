"""The site of this course, built once."""

import pytest

from course.site import build


@pytest.fixture(scope="session")
def site(root, tmp_path_factory):
    """The folder of the site, built from the committed notebooks."""
    folder = tmp_path_factory.mktemp("site")
    build.build(root, folder)
    return folder
