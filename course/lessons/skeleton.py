"""Has a lesson what every reader counts on? How it begins, how it ends, cells that can be taken in at a glance."""

import re

LONGEST_CELL = 40  # lines
FOLDED = "hide-input"
SCORE = "checks.score()"
QUESTIONS = re.compile(r"<details>\s*<summary>(.+?)</summary>(.*?)</details>", re.DOTALL)


def check_skeleton(lesson, student):
    """Sentences that name the lesson's source, what is missing, and the remedy.

    student : the lesson's student notebook, as the source gives it.
    """
    texts = [cell.source for cell in student.cells if cell.cell_type == "markdown"]
    problems = [f"{lesson.source}: {missing}" for missing in (*_opening(texts), *_close(texts))]
    if not any(cell.cell_type == "code" and cell.source == SCORE for cell in student.cells):
        problems.append(f"{lesson.source}: no cell says `{SCORE}`. Add one below `**What is graded.**`.")
    for cell in student.cells:
        if cell.cell_type == "code":
            problems += [f"{lesson.source}: the cell {cell.id!r} {wrong}" for wrong in _cell(cell)]
    return problems


def _opening(texts):
    if not any(_line(text, "**Before you start.**") for text in texts[:2]):
        yield "the first cell has no line that begins `**Before you start.**`. Say what a reader should know."


def _close(texts):
    sections = {heading: section(texts, heading) for heading in ("Key points", "Check yourself")}
    for heading, text in sections.items():
        if text is None:
            yield f"there is no section `## {heading}`. Close the lesson with one."
    points = re.findall(r"(?m)^- ", sections["Key points"] or "")
    if sections["Key points"] is not None and not 4 <= len(points) <= 6:
        yield f"`## Key points` has {len(points)} points; expected 4 to 6 lines that begin with `- `."
    questions = QUESTIONS.findall(sections["Check yourself"] or "")
    if sections["Check yourself"] is not None and len(questions) != 5:
        yield (
            f"`## Check yourself` has {len(questions)} questions; expected 5, each as "
            "`<details><summary>Question?</summary>`, an answer, `</details>`."
        )
    for question, answer in questions:
        if not answer.strip():
            yield f"the question {question!r} has no answer below its `</summary>`."
    for beginning in ("**What is graded.**", "**Next.**"):
        if not any(_line(text, beginning) for text in texts[-2:]):
            yield f"the last text cell has no line that begins `{beginning}`."


def _cell(cell):
    lines = cell.source.count("\n") + 1
    folded = FOLDED in cell.metadata.get("tags", [])
    if lines > LONGEST_CELL and cell.id != "colab-bootstrap":
        yield f"has {lines} lines; at most {LONGEST_CELL}. Divide it, or move what draws into helpers/plots."
    if folded and not cell.source.startswith("# @title "):
        yield f"is tagged {FOLDED!r} but does not begin with `# @title ` and what it does: that line stays in sight."
    if folded and "nbgrader" in cell.metadata:
        yield f"is an exercise and tagged {FOLDED!r}. Leave exercises in sight."


def _line(text, beginning):
    return any(line.startswith(beginning) for line in text.splitlines())


def section(texts, heading):
    """The text below a heading, to the next heading of the same level; None if there is none."""
    found = re.search(rf"(?ms)^## {heading}\s*?\n(.*?)(?=^## |\Z)", "\n\n".join(texts))
    return found and found[1]
