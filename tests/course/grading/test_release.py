"""What is released holds no answer and no hidden test; what cannot be graded is not released."""

import io
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
import zipfile
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest

from course import cli
from course.grading import assignment as assignments
from course.grading import collect, one, release
from course.project import CourseError


@pytest.fixture(scope="module")
def released(root, tmp_path_factory, can_confine):
    folder = tmp_path_factory.mktemp("released")
    (folder / "private").mkdir()
    (folder / "private" / "01.py").write_text(
        "# %% [markdown]\n# Kept from the public.\n\n# %% window_hu\n"
        "assert float(window_hu(np.array([4711.0]), 0, 10000)[0]) == pytest_secret\n".replace(
            "pytest_secret", "0.9711"
        ),
        encoding="utf-8",
    )
    paths = release.release(root, "01", folder / "out", folder / "private")
    return folder, paths


def test_students_get_the_notebook_the_helpers_and_the_data_and_no_answers(root, released):
    _, (zipped, notebook, graders) = released
    with zipfile.ZipFile(zipped) as archive:
        names = archive.namelist()
        everything = b"".join(archive.read(name) for name in names)
        assert archive.read("notebooks/01_data_exploration.ipynb") == notebook.read_bytes()
    assert {"helpers/datasets/loading.py", "data/kidney_ct.md", "pyproject.toml", "requirements.lock"} <= set(
        names
    )
    assert not [name for name in names if name.startswith(("solutions", "tests", "course", "private"))]
    readme = zipfile.ZipFile(zipped).read("README.md").decode("utf-8")
    assert "jupyter lab notebooks" in readme and "make" not in readme and "-m course" not in readme
    given = assignments.from_json(graders.read_text(encoding="utf-8"))
    for question in given.questions:
        hidden = [
            line
            for line in question.test.splitlines()
            if len(line) > 30 and not line.startswith(("#", "assert checks"))
        ]
        assert hidden and not any(line.strip().encode() in everything for line in hidden)
    assert nbformat.read(io.StringIO(notebook.read_text(encoding="utf-8")), 4).cells


def test_links_of_the_notebook_lead_to_files_of_the_zip(released):
    _, (zipped, notebook, _) = released
    linked = set(re.findall(r"\]\(\.\./([^)#]+)", notebook.read_text(encoding="utf-8")))
    assert "docs/glossary.md" in linked
    assert linked <= set(zipfile.ZipFile(zipped).namelist())


def test_the_same_content_gives_the_same_bytes(root, released):
    folder, paths = released
    again = release.release(root, "01", folder / "again", folder / "private", confined=False)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_each_command_names_the_next_as_the_page_on_grading_does(
    root, tmp_path, can_confine, monkeypatch, capsys
):
    """From `release` on, what a command calls the next one is run as it stands, until the sheet is filled."""
    page = (root / "docs" / "grading.md").read_text(encoding="utf-8")
    commands = re.findall(r"(?m)^python -m course .+", re.search(r"(?s)```\n(.+?)\n```", page)[1])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "roster.csv").write_text("student_id\ns001\n", encoding="utf-8")
    (tmp_path / "sheet.csv").write_text("Identifier,Name,Grade\nParticipant 1,s001,\n", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "handed_in.zip", "w") as archive:
        archive.write(root / "notebooks" / "01_data_exploration.ipynb", "s001.ipynb")
    for command, following in itertools.zip_longest(commands, commands[1:]):
        options = cli.parser().parse_args(shlex.split(command)[3:])
        assert options.do(root, options) == 0
        told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Next: ")]
        assert told == ([f"Next: {following}"] if following else [])
    assert (tmp_path / "sheet.csv").read_text(encoding="utf-8").endswith("Participant 1,s001,0\n")


def test_a_class_gets_a_repository_without_solutions_by_the_page_on_teaching(root, released, tmp_path):
    """What a student has written stays when a corrected release is pushed. Git's own pull stands for nbgitpuller's."""
    page = (
        (root / "docs" / "teaching.md")
        .read_text(encoding="utf-8")
        .split("## A class that gets no solutions")[1]
    )
    once, each_time, link = re.findall(r"(?ms)^```\n(.+?)^```$", page)
    (tmp_path / "kit" / "release" / "students").mkdir(parents=True)
    zipped = tmp_path / "kit" / "release" / "students" / "01_data_exploration.zip"
    shutil.copy(released[1][0], zipped)
    each_time = each_time.replace("python -m course release 01 --output release\n", "")
    each_time = each_time.replace("python ", f"{shlex.quote(sys.executable)} ")
    environment = os.environ | {f"GIT_{who}_{what}": "x@uni.org" for who in ("AUTHOR", "COMMITTER")
                                for what in ("NAME", "EMAIL")}  # fmt: skip

    def run(commands, folder="kit"):
        subprocess.run(["sh", "-ec", commands], cwd=tmp_path / folder, env=environment, check=True)

    run("git init -q --bare lessons.git", ".")
    run(once.replace("ADDRESS", "../lessons.git") + each_time)
    told = parse_qs(urlsplit(link.strip()).query)
    (target,), (path,) = told["targetpath"], told["urlpath"]
    run(f"git clone -q --branch {told['branch'][0]} lessons.git {target}-of-a-student", ".")
    clone, name = tmp_path / f"{target}-of-a-student", path.removeprefix(f"lab/tree/{target}/")
    assert (clone / "helpers" / "checks" / "lesson01.py").is_file() and not (clone / "solutions").exists()
    written, own = clone / name, "def window_hu(*mine): return 1"
    nbformat.write(_changed(nbformat.read(written, 4), "window_hu", own), written)
    with zipfile.ZipFile(zipped, "a") as archive, warnings.catch_warnings(action="ignore"):
        corrected = _changed(nbformat.reads(archive.read(name), 4), "shortcut_auc", "# corrected")
        archive.writestr(name, nbformat.writes(corrected))
    run(each_time)
    run("git commit -qam mine; git pull -q --no-rebase --no-edit", clone.name)
    assert {own, "# corrected"} <= {cell.source for cell in nbformat.read(written, 4).cells}


def _changed(notebook, name, source):
    next(cell for cell in notebook.cells if cell.id == name).source = source
    return notebook


def test_private_cases_grade(root, released, tmp_path):
    _, (_, notebook, graders) = released
    given = assignments.from_json(graders.read_text(encoding="utf-8"))
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        for question in given.questions:
            if cell["id"] == question.name:
                cell["source"] = question.solution
            if cell["id"] == "window_hu" == question.name:
                cell["source"] += (
                    "\n_right = window_hu\ndef window_hu(x, *a):\n    return 0 * x if 4711 in x else _right(x, *a)"
                )
    (tmp_path / "x.ipynb").write_text(json.dumps(content), encoding="utf-8")
    assert one.grade_one(root, tmp_path / "x.ipynb", "01", graders)["points"] == 10
    assert one.grade_one(root, tmp_path / "x.ipynb", "01")["points"] == 12


def test_a_private_cell_of_no_exercise_is_refused(root, tmp_path):
    (tmp_path / "01.py").write_text("# %% windo_hu\nassert True\n", encoding="utf-8")
    with pytest.raises(CourseError, match="a cell is headed 'windo_hu'. Head each with the exercise"):
        assignments.of(root, "01", tmp_path)


@pytest.mark.parametrize(
    "test, told",
    [
        ("assert False", "the solution does not earn full marks: window_hu"),
        ("import os; assert os.path.exists('/nowhere')", "the solution does not earn full marks"),
    ],
)
def test_what_does_not_grade_is_not_released(root, tmp_path, test, told, can_confine):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "01.py").write_text(f"# %% window_hu\n{test}\n", encoding="utf-8")
    with pytest.raises(CourseError, match=told):
        release.release(root, "01", tmp_path / "out", tmp_path / "private")
    assert not (tmp_path / "out").exists()


def test_what_was_released_is_what_grades_later(root, released, roster, tmp_path):
    """Collecting by a release keeps its tests, also when the next collection names none."""
    _, (_, notebook, graders) = released
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "s1.ipynb").write_bytes(notebook.read_bytes())
    for named in (graders, None):
        collect.collect(root, tmp_path / "in", "01", roster, tmp_path / "work", named)
        kept = (tmp_path / "work" / "01" / "assignment.json").read_text(encoding="utf-8")
        assert kept == graders.read_text(encoding="utf-8") and "4711" in kept
    with pytest.raises(CourseError, match="is of lesson 01, not 02"):
        collect.collect(root, tmp_path / "in", "02", roster, tmp_path / "work", graders)
