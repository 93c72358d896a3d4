"""Release a lesson, collect what students hand in, grade it in a sandbox, report: see docs/grading.md.

release.py, assignment.py                        what students get, and what graders keep
collect.py  files, notebooks, answers, roster    from whatever was handed in to answers by exercise
grade.py    worker, judge, sandbox, confinement, seccomp, preflight, wire, runner; one, cluster    verdicts
report.py   standing, table, sheets, similarity, gradebook    points, feedback, pictures, the LMS's sheets
"""

from course.grading.commands import add_commands

__all__ = ["add_commands"]
