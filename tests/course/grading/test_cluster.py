"""The same work through Dask distributed: two workers, one of them killed on the way, and everybody is graded."""

import os
import signal

import pytest
import tiny_lesson

from course.grading import assignment as assignments
from course.grading import cluster
from course.project import CourseError

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def local(root):
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        env={"PYTHONPATH": str(root)},
    ) as found:
        yield found


@pytest.fixture(scope="module")
def lesson(root, tmp_path_factory):
    path = tmp_path_factory.mktemp("cluster") / "assignment.json"
    given = assignments.of(root, "01")
    path.write_text(assignments.to_json(given), encoding="utf-8")
    return path, {"sources": {question.name: question.solution for question in given.questions}, "own": []}


def test_all_are_graded_though_a_worker_is_killed(local, lesson, root):
    path, right = lesson
    results, first = {}, [worker.pid for worker in local.workers.values()][0]

    def write(one, result):
        if not results:
            os.kill(first, signal.SIGKILL)
        results[one] = result

    wrong = right | {"sources": right["sources"] | {"window_hu": tiny_lesson.stub("window_hu")}}
    bad = {"sources": None, "own": []}  # ends the grader's process wherever it is tried
    submissions = {f"s{k}": wrong if k % 2 else right for k in range(6)} | {"bad": bad}
    cluster.grade_all(local.scheduler_address, root, path, submissions, False, write)
    assert {one: result["points"] for one, result in results.items()} == {
        **{f"s{k}": 10 if k % 2 else 12 for k in range(6)},
        "bad": None,
    }
    assert results["bad"]["flags"] == ["ended the grader twice"]


def test_a_scheduler_that_does_not_reply_is_told(lesson, root):
    with pytest.raises(CourseError, match="no Dask scheduler replies there"):
        cluster.grade_all("tcp://127.0.0.1:9", root, lesson[0], {}, False, lambda one, result: None)
