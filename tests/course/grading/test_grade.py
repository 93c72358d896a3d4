"""From collected notebooks to grades, gradebook and reports, on lesson 01: resumed, killed, regraded, changed by hand."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from course import kernels
from course.grading import assignment as assignments
from course.grading import collect, grade, gradebook, preflight, report, table
from course.grading.work import Work
from course.project import CourseError

NAMES = ["window_hu", "class_weights", "find_duplicates", "split_by_number", "shortcut_auc"]
SCRIPT = "<script>alert(1)</script>"
CHANGES = {
    "s1": {},
    "s2": {"window_hu": "def window_hu(*a, **k):\n    raise ValueError('" + SCRIPT + "')"},
    "s3": {"window_hu": "import os; os._exit(1)"},
    "s4": {"window_hu": None, "class_weights": None},  # left as they were
}


@pytest.fixture(scope="module")
def given(root):
    return assignments.of(root, "01")


@pytest.fixture(scope="module")
def handed_in(root, given, tmp_path_factory):
    """A folder with four notebooks and a broken one, and a roster of six."""
    folder = tmp_path_factory.mktemp("class")
    for student, changes in CHANGES.items():
        notebook = nbformat.read(root / "notebooks" / f"{given.title}.ipynb", 4)
        for question in given.questions:
            (cell,) = [cell for cell in notebook.cells if cell.id == question.name]
            source = changes.get(question.name, question.solution)
            cell.source = cell.source if source is None else source
        (folder / "in" / student).mkdir(parents=True)
        nbformat.write(notebook, folder / "in" / student / "01.ipynb")
    (folder / "in" / "s5.ipynb").write_text("{", encoding="utf-8")
    rows = [f"s{k},Student {k}{'<b>' * (k == 1)},s{k}@uni.org" for k in range(1, 7)]
    (folder / "roster.csv").write_text("\n".join(["student_id,name,email", *rows]), encoding="utf-8")
    return folder


@pytest.fixture
def collected(root, handed_in, tmp_path):
    collect.collect(root, handed_in / "in", "01", handed_in / "roster.csv", tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture(scope="module")
def graded_once(root, handed_in, tmp_path_factory, can_confine):
    """A work folder graded by two workers; tests copy what they change."""
    folder = tmp_path_factory.mktemp("graded") / "work"
    collect.collect(root, handed_in / "in", "01", handed_in / "roster.csv", folder)
    assert grade.grade(root, "01", folder, jobs=2) == (4, 4)
    return folder


def _rows(folder):
    with open(folder / "01" / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def test_grades_are_told_row_by_row(graded_once):
    rows = _rows(graded_once)
    header = ["student_id", "status", "points", "max_points", *NAMES, "repairs", "flags"]
    assert list(rows) == ["s1", "s2", "s3", "s4", "s5", "s6"] and list(rows["s1"]) == header
    assert [rows[one]["status"] for one in rows] == ["graded"] * 4 + ["needs attention", "missing"]
    assert [rows[one]["points"] for one in rows] == ["12", "10", "10", "8", "", ""]
    assert [rows["s2"][name] for name in NAMES] == ["0", "2", "3", "3", "2"]
    assert rows["s3"]["flags"] == "window_hu: ended its process (exit 1)" and rows["s1"]["flags"] == ""
    assert rows["s5"]["flags"].startswith("s5.ipynb: is not JSON") and rows["s6"]["flags"] == ""


def test_a_second_run_grades_nothing_and_again_grades_one(root, graded_once):
    work = Work(graded_once, "01")
    before = {path: path.read_bytes() for path in sorted(work.results.iterdir())}
    assert grade.grade(root, "01", graded_once) == (0, 4)
    assert before == {path: path.read_bytes() for path in sorted(work.results.iterdir())}
    assert grade.grade(root, "01", graded_once, again=["s2"]) == (1, 4)
    for student, why in (("s9", "not in the roster"), ("s5", "handed in nothing that can be graded")):
        with pytest.raises(CourseError, match=f"{student}: {why}"):
            grade.grade(root, "01", graded_once, again=[student])


def test_what_a_person_entered_survives_regrading_and_is_reported(root, graded_once):
    work = Work(graded_once, "01")
    given = work.load_assignment()
    with gradebook._open(work) as book:
        found = book.find_grade("window_hu_tests", given.title, given.title, "s2")
        assert (found.auto_score, found.manual_score, found.max_score) == (0, None, 2)
        found.manual_score = 1.5
        book.find_comment("window_hu", given.title, given.title, "s2").manual_comment = f"Nearly. {SCRIPT}"
        book.db.commit()
    grade.grade(root, "01", graded_once, again=["s2"])
    standings, _ = report.report("01", graded_once)
    (one,) = [one for one in standings if one.student.student_id == "s2"]
    assert one.points == 11.5 and one.marks[0].by_hand and one.marks[0].comment == f"Nearly. {SCRIPT}"
    text = (work.feedback / "s2.html").read_text(encoding="utf-8")
    assert "1.5 of 2 points, changed by hand" in text and "Nearly." in text and SCRIPT not in text


def test_reports_hold_no_script_no_hidden_test_and_no_traceback(root, graded_once, given):
    _, page = report.report("01", graded_once, with_similarity=True)
    work = Work(graded_once, "01")
    pages = [page, *work.feedback.glob("*.html")]
    assert len(pages) == 7
    hidden = {line.strip() for question in given.questions for line in question.test.splitlines()}
    hidden = {line for line in hidden if len(line) > 20}
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert SCRIPT not in text and "<b>," not in text and "default-src 'none'" in text
        assert not any(line in text for line in hidden) and "Traceback" not in text
    feedback = (work.feedback / "s2.html").read_text(encoding="utf-8")
    assert "your function stopped with ValueError: &lt;script&gt;alert(1)" in feedback
    assert "Your code was stopped: it ended its process." in (work.feedback / "s3.html").read_text(
        encoding="utf-8"
    )
    assert "could not be graded as it was handed in" in (work.feedback / "s5.html").read_text(
        encoding="utf-8"
    )
    class_page = page.read_text(encoding="utf-8")
    assert "s1 and s2" in class_page and "Evidence to read, no verdict" in class_page
    assert len(re.findall(r'<img src="data:image/png;base64,[^"]+" alt="[^"]{40,}"', class_page)) == 2


def test_answers_that_cannot_be_written_stand_in_the_report_as_they_can(graded_once, tmp_path):
    shutil.copytree(graded_once, tmp_path / "work")
    work = Work(tmp_path / "work", "01")
    long = "def window_hu(x, c, w):\n" + "".join(f"    a{k} = x * {k} + c - w // 2\n" for k in range(40))
    for student in ("s1", "s2"):
        path = work.of("submissions", student)
        submission = json.loads(path.read_text(encoding="utf-8"))
        submission["sources"]["window_hu"] = long + "    # \ud800 \x00 \x1b[31m"
        path.write_text(json.dumps(submission), encoding="utf-8")
    _, page = report.report("01", work.folder, with_similarity=True)
    assert "# \\ud800 \\x00 \\x1b[31m" in page.read_text(encoding="utf-8")


def test_points_are_told_with_status_repairs_and_flags(graded_once):
    report.report("01", graded_once)
    with open(graded_once / "01" / "report" / "points.csv", newline="", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    header = ["student_id", "name", "status", "points", "max_points", *NAMES]
    header += [*(f"{name} status" for name in NAMES), "late", "by_hand", "repairs", "flags"]
    assert list(rows["s1"]) == header
    assert rows["s3"]["window_hu status"] == "stopped" and rows["s4"]["window_hu status"] == "not attempted"
    assert (
        rows["s3"]["flags"] == "window_hu: ended its process (exit 1)"
        and rows["s6"]["window_hu status"] == ""
    )


def test_gradescope_gets_its_results(graded_once):
    report.report("01", graded_once)
    content = json.loads(
        (graded_once / "01" / "report" / "gradescope" / "s4.json").read_text(encoding="utf-8")
    )
    assert content["score"] == 8 and [test["score"] for test in content["tests"]] == [0, 0, 3, 3, 2]
    assert content["tests"][0]["output"] == "The answer is still empty."


def test_what_formgrader_shows_holds_the_answers_and_nothing_else_of_the_students(graded_once, given):
    place = graded_once / "nbgrader"
    notebook = nbformat.read(place / "autograded" / "s2" / given.title / f"{given.title}.ipynb", 4)
    nbformat.validate(notebook)
    answer = next(cell for cell in notebook.cells if cell.id == "window_hu")
    assert SCRIPT in answer.source and answer.metadata.nbgrader.solution and not answer.outputs
    assert all(SCRIPT not in cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_no_spreadsheet_takes_a_cell_for_a_formula():
    for text in ("=1+1", "+1", "-1", "@x", "\t=1", " =1", "\n=1", "\uff1d1", "\u3000@x"):
        assert table.cell(text) == f"'{text}"
    assert table.cell(2.5) == "2.5" and table.cell(0) == "0" and table.cell(None) == ""


def _processes(words):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if words in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_killed_at_any_moment_and_started_again_nothing_is_lost(root, collected, can_confine):
    command = [sys.executable, "-m", "course", "grade", "01", "--work", str(collected), "--jobs", "1"]
    environment = kernels.environment(root)
    work = Work(collected, "01")
    process = subprocess.Popen(
        command, cwd=root, env=environment, stderr=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + 300
    while not list(work.results.glob("*.json")) and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    mark = str(work.assignment).encode()
    while _processes(mark) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _processes(mark), "the workers, and with them the sandboxes, end by themselves"
    done = {path: path.read_bytes() for path in work.results.glob("*.json")}
    assert done and all(json.loads(content) for content in done.values())
    assert subprocess.run(command, cwd=root, env=environment, stderr=subprocess.DEVNULL).returncode == 0
    assert {path: path.read_bytes() for path in done} == done, "what was done is not done again"
    assert [row["points"] for row in _rows(collected).values()] == ["12", "10", "10", "8", "", ""]


def test_a_class_with_hostile_students_gets_its_right_scores(root, given, tmp_path, can_confine):
    """Twenty honest submissions and five hostile ones in one batch, two workers."""
    hostile = {
        "exits": "import os\nos._exit(0)",
        "forks": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "kills": "import os\nos.kill(-1, 9)",
        "forges": "import os, wire\nos.write(3, wire.encode({'result': 1, 'changed': [], 'n': 2}))",
        "patches": "import numpy as np\nnp.testing.assert_allclose = np.allclose = lambda *a, **k: True",
    }
    rows, expected = ["student_id,name,email"], {}
    for k in range(20):
        changes = {"class_weights": "def class_weights(x): return 1, [1]"} if k % 4 == 0 else {}
        expected[f"honest{k:02d}"] = (changes, "10" if changes else "12")
    for label, source in hostile.items():
        expected[f"hostile-{label}"] = ({"window_hu": source}, "10")
    for student, (changes, _) in expected.items():
        notebook = nbformat.read(root / "notebooks" / f"{given.title}.ipynb", 4)
        sources = {question.name: question.solution for question in given.questions} | changes
        for cell in notebook.cells:
            cell.source = sources.get(cell.id, cell.source)
        (tmp_path / "in").mkdir(exist_ok=True)
        nbformat.write(notebook, tmp_path / "in" / f"{student}.ipynb")
        rows.append(f"{student},,")
    (tmp_path / "roster.csv").write_text("\n".join(rows), encoding="utf-8")
    collect.collect(root, tmp_path / "in", "01", tmp_path / "roster.csv", tmp_path / "work")
    assert grade.grade(root, "01", tmp_path / "work", jobs=2) == (25, 25)
    points = {student: row["points"] for student, row in _rows(tmp_path / "work").items()}
    assert points == {student: wanted for student, (_, wanted) in expected.items()}


def test_two_graders_at_once_are_told(root, collected):
    work = Work(collected, "01")
    with work.locked(), pytest.raises(CourseError, match="another command is at work here"):
        grade.grade(root, "01", collected, confined=False)


def test_a_worker_that_dies_is_started_again(root, collected):
    work = Work(collected, "01")
    with grade.Worker(root, work.assignment, 0, False) as worker:
        first = worker.process
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert worker.grade(work.submission("s1"))["points"] == 12 and worker.process is not first


def test_a_submission_that_ends_the_grader_again_and_again_is_left_to_a_person(root, collected):
    work = Work(collected, "01")
    with grade.Worker(root, work.assignment, 0, False) as worker:
        result = worker.grade({"sources": None, "own": []})  # the worker stumbles over it
        assert result["flags"] == ["ended the grader twice"] and result["points"] is None
        assert worker.grade(work.submission("s1"))["points"] == 12


def test_a_worker_that_hangs_is_ended_and_the_others_are_graded(
    root, collected, given, tmp_path, monkeypatch
):
    """A hidden test that never ends: no sandbox and no time limit of the student's can see it."""
    questions = [
        replace(
            question,
            test=f"{question.test}\nwhile True: pass" if question.name == "window_hu" else question.test,
        )
        for question in given.questions
    ]
    (tmp_path / "hangs.json").write_text(
        assignments.to_json(replace(given, questions=questions)), encoding="utf-8"
    )
    monkeypatch.setattr(grade, "LONGEST", 5)
    work = Work(collected, "01")
    with grade.Worker(root, tmp_path / "hangs.json", 0, False) as worker:
        first = worker.process
        result = worker.grade(work.submission("s1"))
        assert result["verdicts"] == [] and "kept the grader for more than" in result["flags"][0]
        assert first.poll() is not None and worker.process is not first
        monkeypatch.setattr(grade, "LONGEST", 600)
        assert worker.grade(work.submission("s4"))["points"] == 8, "it leaves window_hu as it was"


def test_one_notebook_in_one_json_out(root, handed_in, can_confine):
    def run(path):
        command = [sys.executable, "-m", "course", "grade-one", str(path), "--lesson", "01"]
        done = subprocess.run(
            command, cwd=root, env=kernels.environment(root), capture_output=True, text=True
        )
        return done.returncode, json.loads(done.stdout)

    code, content = run(handed_in / "in" / "s2" / "01.ipynb")
    assert code == 0 and content["points"] == 10 and content["confined"]
    code, content = run(handed_in / "in" / "s5.ipynb")
    assert code == 1 and content["status"] == "needs attention"


@pytest.mark.skipif(not shutil.which("parallel"), reason="NOT TRIED: GNU parallel is not installed")
def test_gnu_parallel_grades_one_notebook_each(root, handed_in, tmp_path, can_confine):
    """As docs/grading.md writes it."""
    text = (root / "docs" / "grading.md").read_text(encoding="utf-8")
    command = re.search(r"```\n(find handed_in .+?)\n```", text, re.DOTALL)[1]
    command = command.replace(" --release release/graders/01.json", "").replace("python", sys.executable)
    command = command.replace("handed_in", str(tmp_path / "handed in"))
    command = command.replace(str(tmp_path / "handed in"), f"'{tmp_path / 'handed in'}'", 1)
    for student in ("s2", "s4"):
        shutil.copytree(handed_in / "in" / student, tmp_path / "handed in" / student)
    (tmp_path / "handed in" / "s5.ipynb").write_text("{", encoding="utf-8")
    done = subprocess.run(command, shell=True, cwd=root, env=kernels.environment(root), capture_output=True)
    results = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((tmp_path / "handed in").rglob("*.json"))
    ]
    told = {Path(result["file"]).parent.name: result.get("points") for result in results}
    assert told == {"s2": 10, "s4": 8, "handed in": None}, done.stderr.decode()
    assert done.returncode == 1, "one of them needs attention"


def _cut(words, first, last):
    """The words without those from the first of `first` to the next of `last`."""
    start = words.index(first)
    return words[:start] + words[words.index(last, start) + 1 :]


WALLS = {
    "its own processes": (lambda words: [w for w in words if w != "--unshare-pid"], "other processes"),
    "no system calls that reach around": (
        lambda words: _cut(words, "--seccomp", words[words.index("--seccomp") + 1]),
        "memory outside the limits",
    ),
    "a small /tmp": (lambda words: _cut(words, "--size", str(64 << 20)), "more than 64 MB of files"),
}  # fmt: skip


@pytest.mark.parametrize("wall", WALLS)
def test_a_wall_that_is_down_is_found_before_the_first_student(wall, root, can_confine, monkeypatch):
    whole = preflight.confinement.command
    change, reached = WALLS[wall]
    monkeypatch.setattr(preflight.confinement, "command", lambda *arguments: change(whole(*arguments)))
    with pytest.raises(CourseError, match="does not hold on this machine") as caught:
        preflight.prove(root)
    assert reached in str(caught.value)


def test_limits_that_do_not_hold_are_found(root, can_confine, monkeypatch):
    monkeypatch.setattr(preflight.confinement, "LIMITS", {})
    with pytest.raises(CourseError, match="a hundred processes"):
        preflight.prove(root)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")
def test_a_user_that_does_not_change_is_found(root, can_confine, monkeypatch):
    whole = preflight.confinement.command

    def without(*arguments):
        words = whole(*arguments)
        start = words.index("--reuid") - 1
        return words[:start] + words[words.index("--bounding-set=-all") + 1 :]

    monkeypatch.setattr(preflight.confinement, "command", without)
    with pytest.raises(CourseError, match="another user"):
        preflight.prove(root)


def test_without_bubblewrap_the_remedy_is_told(root, monkeypatch):
    monkeypatch.setattr(preflight.confinement, "bubblewrap", lambda: None)
    with pytest.raises(CourseError, match="install Debian's or Ubuntu's package bubblewrap"):
        preflight.prove(root)
