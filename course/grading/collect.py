"""Take in what students handed in: whose is each file, which attempt counts, what are its answers."""

import hashlib
import re
from collections import Counter, defaultdict
from pathlib import Path

from course.grading import answers, assignment, files, notebooks, roster
from course.grading.work import Work
from course.project import CourseError, write_whole

MATCHED, SUPERSEDED, ATTENTION, UNMATCHED = "matched", "superseded", "needs attention", "unmatched"
CHECKPOINTS = ".ipynb_checkpoints/"
COMPUTER = "was made by the computer, not by a student"
ALONE = "only what Jupyter saves by itself was handed in"
LATER = "a later attempt counts"
MISNAMED = "its name does not end in .ipynb; read as a notebook"
ATTEMPT = re.compile(r"\((\d+)\)\.ipynb$|-(\d+)\.ipynb$")
LATE = re.compile(r"(?<![^\W_])late(?![^\W_])", re.IGNORECASE)


def collect(root, source, number, roster_path, folder, release=None):
    """Read every file, write the manifest and one file of answers per student; returns the entries of the manifest.

    release : the file that `release` wrote for graders; None: what was collected with before, or this checkout.
    """
    if not Path(source).exists():
        raise CourseError(f"{source}: there is no such folder or zip.")
    students = roster.read(Path(roster_path))
    work = Work(folder, number)
    with work.locked():
        given = _assignment(root, work, release)
        work.write_roster(students)
        entries = work.entries()
        known = {(entry["file"], entry["sha256"]): entry for entry in entries}
        batch = 1 + max((entry["batch"] for entry in entries), default=0)
        gone, owners, read = dict(known), roster.Owners(students, given.title), {}
        for found in files.walk(source):
            entry = _entry(found, owners, given, work, read)
            key = entry["file"], entry["sha256"]
            if key in known:  # the same file once more, perhaps with another roster
                known[key].update(entry)
                gone.pop(key, None)
            else:
                entries.append(entry | {"batch": batch})
        _read_again(entries, given, work, read)
        _choose(entries)
        _renamed(entries, gone.values(), batch)
        for entry in entries:
            _write_submission(entry, entries, given, work, read)
        _forget(entries, work)
        work.write(work.manifest, entries)
    return entries


def _assignment(root, work, release):
    """What answers are looked for by: the release that is named, the one collected with before, or the checkout."""
    if release:
        try:
            given = assignment.from_json(Path(release).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CourseError(
                f"{release}: is not what `python -m course release` keeps for graders ({error})."
            ) from None
    elif work.assignment.is_file():
        return work.load_assignment()
    else:
        given = assignment.of(root, work.number)
    if given.number != work.number:
        raise CourseError(f"{release}: is of lesson {given.number}, not {work.number}.")
    work.assignment.parent.mkdir(parents=True, exist_ok=True)
    write_whole(work.assignment, assignment.to_json(given))
    return given


def _entry(found, owners, given, work, read):
    """The manifest's entry of one file; what was read of it goes to `read`, by its digest."""
    entry = {
        "file": found.file,
        "student": "",
        "status": UNMATCHED,
        "sha256": "",
        "repairs": [],
        "why": found.why,
    }
    entry |= {"readable": False, "time": found.time, "late": bool(LATE.search(found.file)), "perhaps": []}
    if found.content is not None:
        entry["sha256"] = hashlib.sha256(found.content).hexdigest()
    checkpoint = found.system and found.file.lower().endswith(".ipynb") and CHECKPOINTS in found.file
    if found.system and not checkpoint:
        return entry | {"status": SUPERSEDED, "why": COMPUTER}
    student, nobody, entry["perhaps"] = owners.of(found.file)
    if student:
        entry["student"] = student.student_id
    if checkpoint:
        return entry | {"status": SUPERSEDED, "why": COMPUTER}
    misnamed = not found.file.lower().endswith(".ipynb") and found.content is not None
    if misnamed and not (student and _is_notebook(entry["sha256"], found.content, given, read)):
        return entry | {"status": UNMATCHED, "why": "is no notebook"}
    if found.content is not None:
        work.keep_original(entry["sha256"], found.content)
    if not student:
        return entry | {"status": UNMATCHED, "why": f"{found.why}; {nobody}" if found.why else nobody}
    if found.content is None:
        return entry | {"status": ATTENTION}
    try:
        entry["repairs"] = [MISNAMED] * misnamed
        entry["repairs"] += _answers(entry["sha256"], found.content, given, read).repairs
    except notebooks.Unreadable as why:
        return entry | {"status": ATTENTION, "why": str(why)}
    return entry | {"status": MATCHED, "readable": True}


def _is_notebook(digest, content, given, read):
    """Whether a file whose name says otherwise is a notebook of this lesson: browsers add endings."""
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    try:
        return bool(_answers(digest, content, given, read))
    except notebooks.Unreadable:
        return False


def _answers(digest, content, given, read):
    """The answers of one file, repairs of the notebook included."""
    if digest not in read:
        cells, repairs = notebooks.read(content)
        found = answers.find(cells, given)
        found.repairs = [*repairs, *found.repairs]
        read[digest] = found
    return read[digest]


def _read_again(entries, given, work, read):
    """What was collected before, read by what is known now of the exercises."""
    for entry in entries:
        if entry["readable"]:
            try:
                content = (work.originals / f"{entry['sha256']}.ipynb").read_bytes()
                _answers(entry["sha256"], content, given, read)
            except (OSError, notebooks.Unreadable) as why:
                told = str(why) if isinstance(why, notebooks.Unreadable) else "its original is gone"
                entry |= {"readable": False, "status": ATTENTION, "why": told}


def _choose(entries):
    """Of each student's attempts that can be read the latest counts; it settles all that came before it."""
    attempts = defaultdict(list)
    for entry in entries:
        if entry["student"] and entry["readable"]:
            attempts[entry["student"]].append(entry)
    for student, of_one in attempts.items():
        latest = max(of_one, key=_order)
        for entry in of_one:
            entry["status"] = MATCHED if entry is latest else SUPERSEDED
            late = "handed in late" if entry["late"] else ""
            entry["why"] = late if entry is latest else f"{LATER}: {latest['file']}"
        for entry in entries:
            of_them = entry["student"] == student and entry["status"] == ATTENTION
            if of_them and _order(entry) < _order(latest):
                entry |= {"status": SUPERSEDED, "why": f"{LATER}: {latest['file']}; this one {entry['why']}"}
    anything = {entry["student"] for entry in entries if CHECKPOINTS not in entry["file"]}
    for entry in entries:
        if entry["student"] and entry["why"] in (COMPUTER, ALONE):
            alone = entry["student"] not in anything
            entry |= {"status": ATTENTION, "why": ALONE} if alone else {"status": SUPERSEDED, "why": COMPUTER}


def _renamed(entries, gone, batch):
    """A file that was nobody's, is no longer there, and has come again under a student's name is settled."""
    came = {
        entry["sha256"]: entry["file"] for entry in entries if entry["batch"] == batch and entry["student"]
    }
    for entry in gone:
        digest = entry["sha256"]
        if entry["status"] == UNMATCHED and digest and digest in came:
            entry |= {"status": SUPERSEDED, "why": f"came again as {came[digest]}", "perhaps": []}


def _order(entry):
    """What was handed in later is larger: by the file's time, then the collection, then the attempt's number.

    Zips keep times in steps of two seconds.
    """
    number = ATTEMPT.search(entry["file"])
    number = int((number[1] or number[2])[:9]) if number else 0
    return entry["time"] // 2, entry["batch"], number, entry["file"]


def _write_submission(entry, entries, given, work, read):
    """The file of answers of the attempt that counts."""
    if entry["status"] != MATCHED:
        return
    path = work.originals / f"{entry['sha256']}.ipynb"
    found = _answers(entry["sha256"], path.read_bytes(), given, read)
    later = [
        other["file"]
        for other in entries
        if other["student"] == entry["student"]
        and other["status"] == ATTENTION
        and _order(other) > _order(entry)
    ]
    flags = [*found.flags, *(f"a later attempt could not be read: {file}" for file in later)]
    content = {
        "student": entry["student"],
        "file": entry["file"],
        "sha256": entry["sha256"],
        "late": entry["late"],
    }
    content |= {"sources": found.sources, "own": found.own, "repairs": entry["repairs"], "flags": flags}
    work.write(work.of("submissions", entry["student"]), content)


def _forget(entries, work):
    """A file of answers whose student has no attempt any more is removed."""
    kept = {work.of("submissions", entry["student"]) for entry in entries if entry["status"] == MATCHED}
    for path in work.submissions.glob("*.json"):
        if path not in kept:
            path.unlink()


def tell(entries):
    """What became of the files, for the terminal; returns the exit code, 1 if a person must look."""
    counts = Counter(entry["status"] for entry in entries)
    print(", ".join(f"{counts[status]} {status}" for status in (MATCHED, SUPERSEDED, ATTENTION, UNMATCHED)))
    for entry in entries:
        if entry["status"] in (ATTENTION, UNMATCHED):
            whose = f" ({entry['student']})" if entry["student"] else ""
            print(f"  {entry['status']}: {entry['file']}{whose}: {entry['why']}")
        elif entry["repairs"] and entry["status"] == MATCHED:
            print(f"  mended: {entry['file']} ({entry['student']}): {'; '.join(entry['repairs'])}")
    return 1 if counts[ATTENTION] or counts[UNMATCHED] else 0
