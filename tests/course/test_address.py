"""Another address of the repository: one command, no lesson executed, and all that is derived from it agrees."""

import nbformat
import pytest

from course import cli
from course.lessons import address, check
from course.project import CourseError


def test_a_new_address_reaches_badges_and_links_and_nothing_else_moves(project, edit, monkeypatch):
    (project / "CITATION.cff").write_text(
        "repository-code: https://github.com/someone/tiny\n", encoding="utf-8"
    )
    edit(
        "README.md",
        "[the card]",
        "[online](https://github.com/someone/tiny/blob/main/data/card.md) [the card]",
    )
    before = nbformat.read(project / "solutions" / "01_tiny.ipynb", 4)
    monkeypatch.chdir(project)
    monkeypatch.setattr("course.kernels.execute", lambda *arguments, **more: pytest.fail("executed"))
    with pytest.raises(SystemExit) as ended:
        cli.main(["address", "https://github.com/school/course-2.git"])
    assert not ended.value.code
    check.check(project)
    for file in (
        "notebooks/01_tiny.ipynb",
        "solutions/01_tiny.ipynb",
        "README.md",
        "CITATION.cff",
        "pyproject.toml",
    ):
        text = (project / file).read_text(encoding="utf-8")
        assert "school/course-2" in text and "someone/tiny" not in text, file
    after = nbformat.read(project / "solutions" / "01_tiny.ipynb", 4)
    assert [cell.get("outputs") for cell in after.cells] == [cell.get("outputs") for cell in before.cells]
    changed = [new.id for new, old in zip(after.cells, before.cells) if new != old]
    assert changed == ["colab-badge", "colab-bootstrap"]


@pytest.mark.parametrize(
    "url", ["github.com/a/b", "https://gitlab.example/a/b", "https://github.com/a", "a b"]
)
def test_what_is_no_address_of_github_is_told(url, project):
    before = (project / "pyproject.toml").read_bytes()
    with pytest.raises(CourseError, match="Expected something like https://github.com/OWNER/NAME"):
        address.change(project, url)
    assert (project / "pyproject.toml").read_bytes() == before
