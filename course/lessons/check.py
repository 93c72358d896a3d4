"""Do the committed notebooks still say what their sources say? Reads only, runs no lesson, imports no
TensorFlow.

Every check returns sentences that name the file, what is wrong, and the remedy. All are told together.
"""

import json
import re
from urllib.parse import unquote

import nbformat

from course import project
from course.lessons import build
from course.lessons.hidden import check_hidden
from course.lessons.skeleton import check_skeleton
from course.lessons.style import check_style
from course.project import CourseError
from helpers.results import RECORDED_MIME

PARAMETERS = {"PROFILE", "DATA", "DATA_ROOT", "SKIP_UNREADABLE", "SEED"}
LARGEST_NOTEBOOK = 1_500_000
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)  # code that shows a link is none
REGIONS = {"answer": "SOLUTION", "hidden test": "HIDDEN TESTS", "marking scheme": "MARK SCHEME"}


def check(root, only=None):
    """Raise `CourseError` with every problem found; print a line if there is none."""
    problems = []
    found = project.lessons(root, only)
    for lesson in found:
        problems += check_lesson(lesson, root)
    if not only:
        problems += check_strays(root, found)
        problems += check_style(root)
        problems += check_links(root, project.documents(root))
    if problems:
        raise CourseError(
            f"{len(problems)} problem{'s' * (len(problems) > 1)}:\n"
            + "\n".join(f"- {problem}" for problem in problems)
        )
    print(
        f"{len(found)} lesson{'s' * (len(found) != 1)} checked: sources, student notebooks, executed "
        "solutions, links agree, code is formatted."
    )


def check_lesson(lesson, root):
    """All that can be wrong with one lesson."""
    try:
        notebook = build.read(lesson, project.address(root))
        student = build.student(notebook, lesson.source)
    except CourseError as error:
        return [str(error)]
    problems = check_source(lesson, notebook)
    problems += check_skeleton(lesson, student)
    problems += check_hidden(lesson, notebook)
    problems += check_student(lesson, notebook, student)
    problems += check_executed(lesson, notebook, root)
    return problems


def check_source(lesson, notebook):
    """The contract of a lesson's source."""
    where, problems = lesson.source, []
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        problems.append(
            f'{where}: {len(tagged)} cells are tagged \'parameters\'. Tag exactly one: `# %% tags=["parameters", "setup"]`.'
        )
    elif missing := PARAMETERS - set(re.findall(r"(?m)^(\w+)\s*=", tagged[0].source)):
        problems.append(
            f"{where}: the parameters cell does not set {', '.join(sorted(missing))}. Add them with their "
            "defaults."
        )
    for cell in notebook.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("solution") and "### BEGIN SOLUTION" not in cell.source:
            problems.append(
                f"{where}: the exercise {marks['grade_id']!r} has no answer between ### BEGIN SOLUTION and "
                "### END SOLUTION."
            )
        if marks.get("grade") and not marks.get("solution"):
            if not re.search(r"### BEGIN HIDDEN TESTS\n\s*assert checks\.\w+\(\w+\)\.right", cell.source):
                problems.append(
                    f"{where}: the hidden tests of {marks['grade_id']!r} do not begin with the visible "
                    "check. "
                    "Write `assert checks.NAME(answer).right` right below ### BEGIN HIDDEN TESTS."
                )
            if not marks.get("points"):
                problems.append(
                    f"{where}: the graded cell {marks['grade_id']!r} has no points. Give it some in its "
                    "nbgrader metadata."
                )
    return problems


def check_student(lesson, notebook, student):
    """The student notebook is what the source gives, and gives nothing away."""
    path = lesson.student
    if not path.is_file():
        return [f"{path}: missing. Run `make build`."]
    text = path.read_text(encoding="utf-8")
    problems = []
    if text != build.to_text(student):
        problems.append(
            f"{path}: is not what {lesson.source.name} gives. Edit only {lesson.source.name}, then run "
            "`make build`."
        )
    published = read_notebook(path)
    if published is None:
        return [f"{path}: is not a notebook. Run `make build`."]
    # Secrets are looked for in what is published, and in what the source would publish next.
    cells = {(cell.id, cell.source): cell for cell in (*published.cells, *student.cells)}.values()
    for kind, marker in REGIONS.items():
        secret = _secret_lines(notebook, marker)
        for cell in cells:
            if f"### BEGIN {marker}" in cell.source:
                problems.append(
                    f"{path}: holds the marked region of a{'n' * (kind[0] in 'aeiou')} {kind}. Run `make "
                    "build`."
                )
            if leaked := secret & {line.strip() for line in cell.source.splitlines()}:
                problems.append(
                    f"{path}: cell {cell.id!r} gives away a line of an {kind}: {sorted(leaked)[0]!r}. "
                    f"Take it out of {lesson.source.name}, then run `make build`."
                )
    for cell in published.cells:
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count):
            problems.append(f"{path}: cell {cell.id!r} has outputs. Run `make build`.")
    return problems


def _secret_lines(notebook, marker):
    """The lines between ### BEGIN marker and ### END marker; trifles such as `return x` are not secret."""
    lines = set()
    for cell in notebook.cells:
        for region in re.findall(rf"### BEGIN {marker}\n(.*?)### END {marker}", cell.source, re.DOTALL):
            lines |= {line.strip() for line in region.splitlines()}
    return {line for line in lines if len(line) >= 16 and not line.startswith(("#", "import ", "from "))}


def check_executed(lesson, notebook, root):
    """The executed solution has the source's cells, ran from top to bottom, and is quiet."""
    path = lesson.executed
    if not path.is_file():
        return [f"{path}: missing. Run `make build`."]
    executed = read_notebook(path)
    if executed is None:
        return [f"{path}: is not a notebook. Run `make build`."]
    if [_identity(cell) for cell in executed.cells] != [_identity(cell) for cell in notebook.cells]:
        old, new = {_identity(cell) for cell in executed.cells}, {_identity(cell) for cell in notebook.cells}
        cells = ", ".join(sorted({identity[0] for identity in old ^ new})[:4]) or "the order"
        return [
            f"{path}: its cells differ from {lesson.source.name} ({cells}). Edit only "
            f"{lesson.source.name}, then run `make build`."
        ]
    problems = []
    code = [cell for cell in executed.cells if cell.cell_type == "code" and cell.source.strip()]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        problems.append(f"{path}: was not executed from top to bottom. Run `make build`.")
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(
                    f"{path}: cell {cell.id!r} stopped with {output.ename}. Mend {lesson.source.name}, "
                    "then run `make build`."
                )
            if output.get("name") == "stderr":
                problems.append(
                    f"{path}: cell {cell.id!r} writes to stderr: {output.text.strip()[:80]!r}. Mend its "
                    "cause, then run `make build`."
                )
            for mime in ("image/png", "image/jpeg"):
                if mime in output.get("data", {}) and not output.metadata.get(mime, {}).get("alt"):
                    problems.append(
                        f"{path}: a figure of cell {cell.id!r} has no alt text. Show it with "
                        "`plots.show(fig, alt)`."
                    )
    if path.stat().st_size > LARGEST_NOTEBOOK:
        problems.append(
            f"{path}: {path.stat().st_size / 1e6:.1f} MB; at most 1.5. Show images with `plots.show(..., "
            "photo=True)`."
        )
    cover = build.cover_image(executed)
    if cover is None or not lesson.cover.is_file() or lesson.cover.read_bytes() != cover:
        problems.append(f"{lesson.cover}: is not the figure of the cell tagged 'cover'. Run `make build`.")
    return problems + check_recorded(lesson, executed, root)


def read_notebook(path):
    """The notebook, or None if the file holds none."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception:  # nbformat raises several kinds
        return None


def _identity(cell):
    return cell.id, cell.cell_type, cell.source, json.dumps(cell.metadata, sort_keys=True)


def check_recorded(lesson, executed, root):
    """The figures from real images that a solution shows are those of data/results."""
    path = root / "data" / "results" / f"{lesson.number}.real.json"
    shown = [
        output["data"][RECORDED_MIME]
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if RECORDED_MIME in output.get("data", {})
    ]
    if not shown:
        return []
    recorded = json.loads(path.read_text(encoding="utf-8"))["figures"] if path.is_file() else {}
    wrong = sorted(
        {name for figures in shown for name, value in figures.items() if recorded.get(name) != value}
    )
    if wrong:
        return [f"{lesson.executed}: shows {', '.join(wrong)} unlike {path}. Run `make build`."]
    if not all(shown):
        return [
            f"{lesson.executed}: shows no recorded figures. Run `python -m course run --data real "
            "--record`, then `make build`."
        ]
    return []


def check_strays(root, found):
    """Notebooks without a source."""
    expected = {path for lesson in found for path in (lesson.executed, lesson.student)}
    strays = [
        path
        for folder in ("solutions", "notebooks")
        for path in sorted((root / folder).glob("*.ipynb"))
        if path not in expected
    ]
    return [
        f"{path}: there is no source for it in solutions/. Remove it, or add the source." for path in strays
    ]


def _anchors(file):
    """The anchors of a Markdown file's headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", file.read_text(encoding="utf-8"))
    return {project.anchor(heading) for heading in headings}


def check_links(root, files):
    """Links to files of this repository, in Markdown files and notebooks, lead somewhere."""
    address = project.address(root)
    texts = [(path, FENCED.sub("", path.read_text(encoding="utf-8"))) for path in files]
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        notebook = read_notebook(path)  # one that cannot be read has been told already
        cells = notebook.cells if notebook else []
        texts.append((path, "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")))
    problems = []
    for path, text in texts:
        for target in re.findall(r"\]\(<?([^)\s>]+)>?[^)]*\)", text) + re.findall(
            r"(?:src|href)=\"([^\"]+)\"", text
        ):
            inside = re.match(
                rf"(?:{re.escape(address)}|https://colab\.research\.google\.com/github/[^/]+/[^/]+)/(?:blob|tree|raw)/main/([^#?]+)",
                target,
            )
            if inside:
                file = root / unquote(inside[1])
            elif re.match(r"[a-z]+:|#|attachment:", target):
                continue
            else:
                file = path.parent / unquote(target.split("#")[0])
            if not file.exists():
                problems.append(
                    f"{path}: the link to {target} leads nowhere. Mend the link, or add the file."
                )
            elif file.suffix == ".md" and "#" in target and target.split("#")[1] not in _anchors(file):
                problems.append(
                    f"{path}: {file.name} has no heading for the link to {target}. Mend the link, or add the heading."
                )
        for foreign in re.findall(r"https://colab\.research\.google\.com/github/([^/]+/[^/]+)/", text):
            if f"https://github.com/{foreign}" != address:
                problems.append(
                    f"{path}: a Colab link names {foreign}, not the address in pyproject.toml. Run `make "
                    "build`."
                )
    return problems
