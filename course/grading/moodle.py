"""Feedback as Moodle takes it: each page in the folder in which the student's file came."""

import zipfile
from collections import Counter, defaultdict

from course.grading.gradebook import safe
from course.grading.roster import handed_in_by
from course.project import CourseError, shown


def feedback_zip(path, work, standings, entries):
    """Each student's page in the folder that Moodle knows; returns the students whose folder is not known.

    Raises
    ------
    CourseError : no folder is known, as where the submissions came from elsewhere.
    """
    folders = defaultdict(set)
    for entry in entries:
        label, lms, number = handed_in_by(entry["file"])
        if lms == "moodle" and entry["student"]:
            folders[entry["student"]].add(f"{label}_{number}_assignsubmission_file_")
    folders = {one: names.pop() for one, names in folders.items() if len(names) == 1}
    shared = Counter(folders.values())
    folders = {one: name for one, name in folders.items() if shared[name] == 1}
    if not folders:
        raise CourseError(
            f"{path}: not written, for no submission lay in a folder of Moodle's. The pages are in {shown(work.feedback)}."
        )
    unknown = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in standings:
            student = one.student.student_id
            page = work.feedback / f"{safe(student)}.html"
            if student in folders:
                archive.writestr(f"{folders[student]}/feedback.html", page.read_bytes())
            elif one.points is not None:
                unknown.append(student)
    return unknown
