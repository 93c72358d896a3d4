"""One notebook in, one JSON out: what GNU parallel, a Slurm array or a Kubernetes job can run."""

from pathlib import Path

from course.grading import answers, assignment, files, judge, notebooks, preflight, worker
from course.project import CourseError


def grade_one(root, notebook, number, release=None, slot=0, confined=True):
    """The result of one notebook file, a dict of plain values with "status" graded or needs attention."""
    found = next(files.walk(notebook)) if Path(notebook).is_file() else None
    if found is None:
        raise CourseError(f"{notebook}: there is no such file.")
    given = (
        assignment.from_json(Path(release).read_text(encoding="utf-8"))
        if release
        else assignment.of(root, number)
    )
    begun = {"file": str(notebook), "lesson": given.number}
    try:
        if found.content is None:
            raise notebooks.Unreadable(found.why)
        cells, repairs = notebooks.read(found.content)
        answered = answers.find(cells, given)
    except notebooks.Unreadable as why:
        return begun | {"status": "needs attention", "why": str(why)}
    if confined:
        preflight.prove(root, slot)
    submission = {"sources": answered.sources, "own": answered.own}
    result = worker.result(judge.Trusted(given), submission, root / "helpers", slot, confined)
    result["flags"] = [*answered.flags, *result["flags"]]
    return begun | {"status": "graded", "repairs": [*repairs, *answered.repairs]} | result
