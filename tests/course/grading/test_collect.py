"""Files as students and LMSs hand them in: each ends as matched, superseded, needs attention or unmatched."""

import hashlib
import io
import json
import os
import stat
import time
import warnings
import zipfile

import nbformat
import pytest
import tiny_lesson
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course import cli
from course.grading import answers, collect, files, report, table
from course.grading import assignment as assignments
from course.grading import roster as roster_module
from course.grading.work import Work
from course.project import CourseError

DOUBLE = tiny_lesson.answer("double", "SCALE * x")
PLUS_ONE = tiny_lesson.answer("plus_one", "x + 1")


def notebook(assignment, double=DOUBLE, plus_one=PLUS_ONE):
    """A submission as nbformat's own object."""
    cells = []
    for k, (kind, grade_id, source) in enumerate(assignment.given):
        source = {"double": double, "plus_one": plus_one}.get(grade_id, source)
        cell = new_code_cell(source) if kind == "code" else new_markdown_cell(source)
        cell.id = grade_id or f"c{k}"
        if grade_id:
            cell.metadata["nbgrader"] = {"grade_id": grade_id, "schema_version": 3}
        cells.append(cell)
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


@pytest.fixture
def text(assignment):
    return nbformat.writes(notebook(assignment))


@pytest.fixture
def take(assignment, roster, tmp_path, root):
    """Collect a folder of files (name -> text or bytes); returns file -> entry."""
    (tmp_path / "release.json").write_text(assignments.to_json(assignment), encoding="utf-8")

    def run(content=None, source=None):
        source = source or tmp_path / "in"
        for name, data in (content or {}).items():
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
        entries = collect.collect(root, source, "1", roster, tmp_path / "work", tmp_path / "release.json")
        assert json.loads((tmp_path / "work" / "01" / "manifest.json").read_text(encoding="utf-8")) == entries
        statuses = {"matched", "superseded", "needs attention", "unmatched"}
        assert {entry["status"] for entry in entries} <= statuses
        return {entry["file"]: entry for entry in entries}

    run.work = Work(tmp_path / "work", "1")
    return run


@pytest.mark.parametrize(
    "file, student",
    [
        ("s1.ipynb", "s1"),
        ("s10.ipynb", "s10"),
        ("s1_01_tiny.ipynb", "s1"),
        ("S1-late.ipynb", "s1"),
        ("s2/01_tiny/01_tiny.ipynb", "s2"),
        ("Zoe van Dam_4711_assignsubmission_file_/01_tiny.ipynb", "s1"),
        ("Zoë van Dam_4711_assignsubmission_file/Copy of 01 (1).ipynb", "s1"),
        ("Ann Lee_99/01.ipynb", "s2"),
        ("leeann_12345_67890_01_tiny.ipynb", "s2"),
        ("leeann_LATE_12345_67890_Copy of 01 (1)-2.ipynb", "s2"),
        ("bo@uni.org.ipynb", "s10"),
        ("homework ann.lee.ipynb", "s2"),
        ("CHEN, BO - 01.ipynb", "s10"),
        ("Ann Lee_99_assignsubmission_file_/s1.ipynb", "s2"),
        ("Ann Lee_99_assignsubmission_file_/Zoe van Dam_7_assignsubmission_file_/01.ipynb", "s2"),
        ("leeann_11_22_s1.ipynb", "s2"),
        ("leeann_LATE_11_22_chenbo_33_44_01.ipynb", "s2"),
        ("zoe/01.ipynb", "s1"),
        ("Ann Lee_99/s1.ipynb", "s2"),
        ("week 1_01/s1.ipynb", "s1"),
        ("Moodle/Ann Lee_99_assignsubmission_file_/01_tiny.ipynb", "s2"),
        ("Participant_99_assignsubmission_file_/s1.ipynb", "s1"),
        ("Bo van Dam_99_assignsubmission_file_/s1.ipynb", "s1"),
        ("ann_lee_11_22_01.ipynb", "s2"),
        ("vandamzoe_11_22_01.ipynb", "s1"),
        ("damzoëvan_LATE_11_22_01.ipynb", "s1"),
    ],
)
def test_whose_is_a_file(file, student, take, text):
    entry = take({file: text})[file]
    assert (entry["student"], entry["status"]) == (student, "matched")
    assert entry["late"] == ("late" in file.lower())


@pytest.mark.parametrize(
    "file, why",
    [
        ("01_tiny.ipynb", "nobody of the roster is named in it"),
        ("s11.ipynb", "nobody"),
        ("s1 and s2.ipynb", "fits several students: s1, s2"),
        ("s1/s2.ipynb", "fit several students: s1, s2"),
        ("s1/ann lee.ipynb", "fit several students: s1, s2"),
        ("xs1x.ipynb", "nobody"),
        ("s1/leeann_11_22_01.ipynb", "fit several students: s1, s2"),
        ("Mal Lory_99_assignsubmission_file_/s1.ipynb", "but for Moodle it is of Mal Lory"),
    ],
)
def test_a_file_of_nobody_or_of_several_is_unmatched(file, why, take, text, capsys):
    entries = take({file: text})
    assert entries[file]["status"] == "unmatched" and why in entries[file]["why"]
    assert collect.tell(list(entries.values())) == 1 and file in capsys.readouterr().out


def test_a_name_counts_more_than_anothers_address_and_a_longer_one_is_another():
    students = [
        roster_module.Student("4711", "Bob Lee", "lee@uni.org"),
        roster_module.Student("x2", "Ann Lee", "a@uni.org"),
        roster_module.Student("x3", "Ann Lee Smith", "smith@uni.org"),
    ]
    owners = roster_module.Owners(students)
    for file, student in (
        ("Ann Lee_4711_assignsubmission_file_/01.ipynb", "x2"),
        ("Ann Lee Smith_4712_assignsubmission_file_/01.ipynb", "x3"),
        ("leeann_1_4711_01.ipynb", "x2"),
        ("lee/01.ipynb", "4711"),
    ):
        assert owners.of(file)[0].student_id == student, file


def test_ids_may_be_numbers_and_names_may_be_short():
    ids = ["1", "2", "01", "10", "x"]
    names = ["", "", "", "", "李雷"]
    students = [roster_module.Student(one, name) for one, name in zip(ids, names)]
    owners = roster_module.Owners(students, "01_tiny")
    for file, student in (
        ("1/01_tiny.ipynb", "1"),
        ("2.ipynb", "2"),
        ("10/Copy of 01_tiny (1).ipynb", "10"),
        ("01/01_tiny.ipynb", "01"),
        ("李雷/01_tiny.ipynb", "x"),
    ):
        assert owners.of(file)[0].student_id == student, file


def test_the_latest_attempt_counts_and_the_others_say_so(take, text, tmp_path):
    take({"s1_a.ipynb": text, "s1_b.ipynb": text.replace("x + 1", "x + 2")})
    os.utime(tmp_path / "in" / "s1_a.ipynb", (2e9, 2e9))
    entries = take()
    assert entries["s1_a.ipynb"]["status"] == "matched" and entries["s1_b.ipynb"]["status"] == "superseded"
    assert entries["s1_b.ipynb"]["why"] == "a later attempt counts: s1_a.ipynb"
    assert take.work.submission("s1")["sources"]["plus_one"] == PLUS_ONE
    # A second collection adds: its attempt is later.
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "s1_c.ipynb").write_text(text.replace("x + 1", "x + 3"), encoding="utf-8")
    os.utime(tmp_path / "second" / "s1_c.ipynb", (2.1e9, 2.1e9))
    entries = take(source=tmp_path / "second")
    assert {file: entry["status"] for file, entry in entries.items()} == {
        "s1_a.ipynb": "superseded",
        "s1_b.ipynb": "superseded",
        "s1_c.ipynb": "matched",
    }
    assert "x + 3" in take.work.submission("s1")["sources"]["plus_one"]


def test_attempts_of_the_same_time_are_ordered_by_their_numbers(take, text, tmp_path):
    names = ["s1 (2).ipynb", "s1 (10).ipynb", "s1.ipynb"]
    for name in names:
        take({name: text + " " * len(name)})
        os.utime(tmp_path / "in" / name, (1e9, 1e9))
    take.work.manifest.unlink()
    entries = take()
    assert [name for name in names if entries[name]["status"] == "matched"] == ["s1 (10).ipynb"]


def test_collecting_twice_changes_nothing(take, text):
    first = take({"s1.ipynb": text, "s2.ipynb": text + " "})
    before = take.work.of("submissions", "s1").read_text(encoding="utf-8")
    assert take() == first and take.work.of("submissions", "s1").read_text(encoding="utf-8") == before


def test_a_later_attempt_that_cannot_be_read_is_flagged(take, text, tmp_path):
    take({"s1_a.ipynb": text, "s1_b.ipynb": "no JSON"})
    os.utime(tmp_path / "in" / "s1_b.ipynb", (2e9, 2e9))
    entries = take()
    assert (
        entries["s1_a.ipynb"]["status"] == "matched" and entries["s1_b.ipynb"]["status"] == "needs attention"
    )
    assert take.work.submission("s1")["flags"] == ["a later attempt could not be read: s1_b.ipynb"]


def test_an_attempt_that_cannot_be_read_is_settled_by_a_later_one(take, text, tmp_path):
    take({"s1_a.ipynb": "no JSON", "s1_b.ipynb": text})
    os.utime(tmp_path / "in" / "s1_a.ipynb", (1e9, 1e9))
    entries = take()
    assert entries["s1_a.ipynb"]["status"] == "superseded" and entries["s1_b.ipynb"]["status"] == "matched"
    assert entries["s1_a.ipynb"]["why"].startswith("a later attempt counts: s1_b.ipynb; this one is not JSON")
    assert take.work.submission("s1")["flags"] == [] and collect.tell(list(entries.values())) == 0


def test_a_zips_time_of_two_seconds_does_not_turn_attempts_round(take, text, tmp_path):
    take({"s1_a.ipynb": text})
    os.utime(tmp_path / "in" / "s1_a.ipynb", (1_700_000_001.5,) * 2)
    take()
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "s1_b.ipynb").write_text(text + " ", encoding="utf-8")
    os.utime(tmp_path / "second" / "s1_b.ipynb", (1_700_000_000,) * 2)  # in truth a second later
    assert take(source=tmp_path / "second")["s1_b.ipynb"]["status"] == "matched"


def test_originals_are_kept_read_only_by_their_digest(take, text):
    entry = take({"s1.ipynb": text})["s1.ipynb"]
    path = take.work.originals / f"{entry['sha256']}.ipynb"
    assert (
        hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
        and path.read_text(encoding="utf-8") == text
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def _json(text, change):
    content = json.loads(text)
    change(content)
    return json.dumps(content)


def _cell(content, name):
    return next(
        cell for cell in content["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def _old(content):
    """nbformat 3."""
    cells = [
        {**cell, "input": cell["source"], "language": "python"} if cell["cell_type"] == "code" else cell
        for cell in content.pop("cells")
    ]
    for cell in cells:
        cell.pop("source") if "input" in cell else None
    content.update(nbformat=3, nbformat_minor=0, worksheets=[{"cells": cells}])


def _stripped(content):
    for k, cell in enumerate(content["cells"]):
        cell["metadata"], cell["id"] = {}, f"x{k}"


def _no_tests(content):
    content["cells"] = [c for c in content["cells"] if "_tests" not in str(c["metadata"])]


def _reordered(content):
    content["cells"].reverse()


def _twice(content):
    content["cells"] += [dict(cell) for cell in content["cells"]]


def _duplicate_with_stub(content):
    stub = dict(_cell(content, "double"), source=tiny_lesson.stub("double"))
    content["cells"].append(stub)


def _answered_below(content):
    cell = _cell(content, "double")
    content["cells"].append({**cell, "metadata": {}, "id": "own", "source": cell["source"]})
    cell["source"] = tiny_lesson.stub("double")


def _as_markdown(content):
    _cell(content, "double")["cell_type"] = "markdown"


def _tests_rewritten(content):
    _cell(content, "double_tests")["source"] = "print('full marks')"


def _joined_lines(content):
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"])


def _kernel(content):
    content["metadata"]["kernelspec"]["name"] = "my-env"


def _in_one_cell(content):
    _cell(content, "double")["source"] += "\n\n" + PLUS_ONE
    content["cells"].remove(_cell(content, "plus_one"))


MENDED = {
    "byte order mark": (lambda text: b"\xef\xbb\xbf" + text.encode(), "byte order mark removed"),
    "UTF-16": (lambda text: text.encode("utf-16"), "read as UTF-16"),
    "Windows-1252": (lambda text: text.replace("# Tiny", "# T\u00efny").encode("cp1252"), "read as Windows-1252"),
    "CRLF in the file": (lambda text: text.replace("\n", "\r\n"), ""),
    "CRLF in the cells": (lambda text: text.replace("(x):\\n", "(x):\\r\\n"), "line ends made \\n"),
    "NUL bytes at the end": (lambda text: text + "\x00" * 500, "NUL bytes removed"),
    "nbformat 3": (lambda text: _json(text, _old), "upgraded from nbformat 3"),
    "another kernel": (lambda text: _json(text, _kernel), "another kernel was named"),
    "sources as one text": (lambda text: _json(text, _joined_lines), ""),
    "metadata and ids lost": (lambda text: _json(text, _stripped), "double: its mark was lost, found again"),
    "test cells deleted": (lambda text: _json(text, _no_tests), "2 test cells missing, put back"),
    "a test cell rewritten": (lambda text: _json(text, _tests_rewritten), "1 test cell changed, the released one"),
    "cells reordered": (lambda text: _json(text, _reordered), ""),
    "every cell twice": (lambda text: _json(text, _twice), "double: 2 cells, of which 1 differ"),
    "a stub left beside the answer": (lambda text: _json(text, _duplicate_with_stub), "double: 2 cells, of which 2"),
    "answered in a cell below": (lambda text: _json(text, _answered_below), "double: answered in another cell"),
    "answer made markdown": (lambda text: _json(text, _as_markdown), "double: its cell was no code cell"),
    "UTF-16 without a mark": (lambda text: text.encode("utf-16-le"), "NUL bytes removed"),
    "cells without a kind": (
        lambda text: text.replace('"cell_type": "code"', '"cell_type": 7'), "double: its cell was no code cell"),
    "metadata that is a list": (lambda text: _json(text, lambda c: c.update(metadata=[1])), ""),
    "numbers that JSON does not know": (lambda text: _json(text, lambda c: c["metadata"].update(x=float("nan"))), ""),
    "both answers in one cell": (lambda text: _json(text, _in_one_cell), "plus_one: answered in the cell of another"),
}  # fmt: skip


@pytest.mark.parametrize("label", MENDED)
def test_what_can_be_mended_is_mended_told_and_nothing_is_lost(label, take, text):
    damage, repair = MENDED[label]
    entry = take({"s1.ipynb": damage(text)})["s1.ipynb"]
    assert entry["status"] == "matched", entry
    if repair:
        assert any(repair in told for told in entry["repairs"]), entry["repairs"]
    else:
        assert entry["repairs"] == []
    submission = take.work.submission("s1")
    assert submission["flags"] == []
    namespace = {"SCALE": 2}
    for source in submission["sources"].values():
        exec(source, namespace)
    assert namespace["double"](3) == 6 and namespace["plus_one"](3) == 4


def test_an_answer_that_is_nowhere_is_flagged(take, text):
    def delete(content):
        content["cells"].remove(_cell(content, "double"))

    take({"s1.ipynb": _json(text, delete)})
    submission = take.work.submission("s1")
    assert submission["flags"] == ["double: no answer cell"] and set(submission["sources"]) == {"plus_one"}


def test_an_untouched_notebook_of_another_lesson_is_not_taken_for_this_one(take, assignment):
    """Its stubs resemble this lesson's, but bear another exercise's mark."""
    stubs = [tiny_lesson.stub(name) for name in ("double", "plus_one")]
    text = nbformat.writes(notebook(assignment, *stubs))
    text = text.replace("double", "treble").replace("plus_one", "plus_two")
    entry = take({"s1.ipynb": text})["s1.ipynb"]
    assert entry["status"] == "needs attention" and "none of this lesson's exercises" in entry["why"]


def test_a_students_further_cells_are_kept_and_the_released_ones_are_not(take, text):
    def add(content):
        content["cells"].append({"cell_type": "code", "metadata": {}, "source": "HELPER = 1", "outputs": []})
        content["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "My thoughts"})

    take({"s1.ipynb": _json(text, add)})
    assert take.work.submission("s1")["own"] == ["HELPER = 1"]


ATTENTION = {
    "not JSON": ("{", "is not JSON"),
    "empty": ("", "is empty"),
    "JSON of something else": ("[1, 2]", "its JSON is no object"),
    "no cells": ('{"nbformat": 4}', "has no list of cells"),
    "deep JSON": ('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
    "another lesson": (
        '{"cells": [{"cell_type": "code", "metadata": {}, "source": "x = 1"}]}', "none of this lesson's exercises",
    ),
    "too many cells": ('{"cells": [' + ",".join(["{}"] * 20_001) + "]}", "has 20001 cells"),
    "binary": (bytes(range(256)) * 10, "is not JSON"),
    "half of it": ('{"cells": [{"cell_type": "code", "source": "def double', "is not JSON: it ends in the middle"),
    "a page of HTML": ("<!DOCTYPE html><title>Sign in</title>", "is not JSON"),
    "a conflict of git": ("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> main\n", "is not JSON ("),
    "a number without end": ('{"nbformat": ' + "9" * 5000 + "}", "is not JSON"),
    "cells that are none": ('{"cells": [1, null, "x", [], {"source": {"a": 1}}]}', "none of this lesson's exercises"),
    "only NUL": (b"\x00" * 1000, "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("label", ATTENTION)
def test_what_cannot_be_mended_needs_attention_and_is_no_0(label, take):
    content, why = ATTENTION[label]
    entry = take({"s1.ipynb": content})["s1.ipynb"]
    assert entry["status"] == "needs attention" and why in entry["why"], entry
    assert take.work.submission("s1") is None


def test_ten_thousand_cells_are_read(take, text):
    def swell(content):
        content["cells"] += [
            {"cell_type": "code", "metadata": {}, "source": f"x{k} = {k}"} for k in range(10_000)
        ]

    assert take({"s1.ipynb": _json(text, swell)})["s1.ipynb"]["status"] == "matched"


def test_links_pipes_folders_and_devices_are_not_opened(take, text, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.ipynb").write_text(text, encoding="utf-8")
    (folder / "s1.ipynb").symlink_to(tmp_path / "secret.ipynb")
    os.mkfifo(folder / "s2.ipynb")
    (folder / "s10.ipynb").mkdir()
    (folder / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    entries = take()
    assert entries["s1.ipynb"]["why"] == "is a link; links are not followed"
    assert entries["s2.ipynb"]["why"] == "is no regular file"
    assert entries["s10.ipynb"]["why"].startswith("is a folder with the name of a file")
    assert {entry["status"] for entry in entries.values()} == {"needs attention", "unmatched"}
    assert len(entries) == 4


def _zip(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_zips_are_read_as_folders_and_zips_within_them(take, text, tmp_path):
    inner = _zip({"01_tiny.ipynb": text + "  "})
    path = tmp_path / "all.zip"
    path.write_bytes(
        _zip(
            {
                "Ann Lee_5_assignsubmission_file_/x.ipynb": text,
                "s1/work.zip": inner,
                "__MACOSX/._x.ipynb": "junk",
            }
        )
    )
    entries = take(source=path)
    assert {file: (entry["student"], entry["status"]) for file, entry in entries.items()} == {
        "Ann Lee_5_assignsubmission_file_/x.ipynb": ("s2", "matched"),
        "s1/work.zip/01_tiny.ipynb": ("s1", "matched"),
        "__MACOSX/._x.ipynb": ("", "superseded"),
    }


@pytest.mark.parametrize(
    "name", ["../s1.ipynb", "/s1.ipynb", "a/../../s1.ipynb", "..\\s1.ipynb", "C:\\s1.ipynb", "C:/s1.ipynb"]
)
def test_zips_with_paths_that_lead_out_are_refused(name, take, text, tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(_zip({name: text}))
    (entry,) = take(source=path).values()
    assert entry["status"] in ("needs attention", "unmatched") and "leads out of its zip" in entry["why"]
    assert not (tmp_path / "s1.ipynb").exists()


def test_links_in_zips_and_locked_entries_are_refused(take, text, tmp_path):
    link = zipfile.ZipInfo("s1.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("s2.ipynb", text)
    content = bytearray(buffer.getvalue())
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1  # the second entry says that it is encrypted
    (tmp_path / "all.zip").write_bytes(content)
    entries = take(source=tmp_path / "all.zip")
    assert "is a link" in entries["s1.ipynb"]["why"] and "is encrypted" in entries["s2.ipynb"]["why"]


def test_zip_bombs_are_refused_whatever_their_heads_say(take, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1 << 20)
    bomb = _zip({"s1.ipynb": b" " * (4 << 20)})
    lies = bytearray(bomb)
    place = lies.rindex(b"PK\x01\x02")
    lies[place + 24 : place + 28] = (100).to_bytes(4, "little")  # uncompressed size in the directory
    for content in (bomb, bytes(lies)):
        (tmp_path / "all.zip").write_bytes(content)
        take.work.manifest.unlink(missing_ok=True)
        (entry,) = take(source=tmp_path / "all.zip").values()
        assert entry["status"] == "needs attention", entry
        assert "too large" in entry["why"] or "cannot be unpacked" in entry["why"]


def test_zips_within_a_zip_share_its_room_and_leave_others_theirs(take, text, tmp_path, monkeypatch):
    monkeypatch.setattr(
        files.Room, "__init__", lambda self, b=3 << 20, n=20: vars(self).update(bytes=b, entries=n)
    )
    large = _zip({f"{k}.txt": b" " * (1 << 20) for k in range(2)})
    bomb = _zip({f"s1-{k}.zip": large for k in range(5)})
    content = _zip({"Zoë van Dam_1_assignsubmission_file_/a.zip": bomb, "s2.zip": _zip({"01.ipynb": text})})
    (tmp_path / "all.zip").write_bytes(content)
    entries = list(take(source=tmp_path / "all.zip").values())
    assert sum("too large" in entry["why"] for entry in entries) == 0, "a zip in two zips is not opened"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "s1.zip").write_bytes(bomb)
    entries = take({"s2.ipynb": text})
    assert sum("too large" in entry["why"] for entry in entries.values()) == 8
    assert sum("is no notebook" in entry["why"] for entry in entries.values()) == 2
    assert entries["s2.ipynb"]["status"] == "matched"
    (tmp_path / "in" / "s1.zip").write_bytes(
        _zip({f"{k}.zip": _zip(dict.fromkeys("abcdef", "x")) for k in range(5)})
    )
    assert sum("at most 20000 in all" in entry["why"] for entry in take().values()) == 3


def test_zips_within_zips_within_zips_and_broken_zips_are_told(take, text, tmp_path):
    deep = _zip({"s1.ipynb": text})
    for k in range(4):
        deep = _zip({f"s1-{k}.zip": deep})
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(deep)
    (tmp_path / "in" / "s2.zip").write_bytes(b"PK\x03\x04" + b"x" * 100)
    entries = take()
    assert sum("is a zip within 2 zips" in entry["why"] for entry in entries.values()) == 1
    assert "is a zip that cannot be read" in entries["s2.zip"]["why"] and len(entries) == 2


def test_two_entries_of_one_name_are_two_attempts(take, text, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for content in (text, text + " ", text):
            archive.writestr("s1.ipynb", content)
    (tmp_path / "all.zip").write_bytes(buffer.getvalue())
    take(source=tmp_path / "all.zip")
    statuses = [entry["status"] for entry in take.work.entries()]
    assert statuses.count("matched") == 1 and set(statuses) == {"matched", "superseded"}


def test_a_damaged_entry_costs_only_itself(take, text, tmp_path):
    content = bytearray(_zip({"s1.ipynb": text, "s2.ipynb": text + " "}))
    start = content.index(b"s1.ipynb") + len("s1.ipynb")
    content[start + 5 : start + 40] = bytes(35)
    (tmp_path / "all.zip").write_bytes(content)
    entries = take(source=tmp_path / "all.zip")
    assert entries["s1.ipynb"]["status"] == "needs attention" and entries["s2.ipynb"]["status"] == "matched"


def test_names_with_newlines_and_surrogates_can_be_printed(take, text, capsys):
    name = "s1\n\x1b[31m" + b"\xff".decode("utf-8", "surrogateescape") + ".ipynb"
    entries = take({name: text})
    (entry,) = entries.values()
    assert entry["file"].isprintable() and entry["status"] == "matched"
    collect.tell([dict(entry, status="unmatched", why="x")])
    capsys.readouterr().out.encode("utf-8")


def test_other_files_are_told_and_the_computers_own_are_not_the_students(take, text):
    entries = take({"s1/01.ipynb": text, "s1/notes.pdf": b"%PDF", "s1/.DS_Store": b"x",
                    "s1/.ipynb_checkpoints/01-checkpoint.ipynb": text})  # fmt: skip
    statuses = {file.split("/", 1)[1]: (entry["status"], entry["why"]) for file, entry in entries.items()}
    assert statuses == {
        "01.ipynb": ("matched", ""),
        "notes.pdf": ("unmatched", "is no notebook"),
        ".DS_Store": ("superseded", "was made by the computer, not by a student"),
        ".ipynb_checkpoints/01-checkpoint.ipynb": (
            "superseded",
            "was made by the computer, not by a student",
        ),
    }


def test_a_roster_that_cannot_be_used_is_told(take, roster, text):
    for content, why in (
        ("name,email\nx,y\n", "has no column 'student_id'"),
        ("student_id,name,email\n", "holds no student"),
        ("student_id,name,email\ns1,a,b\ns1,c,d\n", "'s1' stands twice"),
        ("student_id,name,email\n\n,a,b\n", "line 3 has no student_id"),
        ("student_id,name,email\ns1," + "x" * 200_000 + ",b\n", "line 2 of the roster cannot be read"),
    ):
        roster.write_text(content, encoding="utf-8")
        with pytest.raises(CourseError, match=why):
            take({"s1.ipynb": text})


@pytest.mark.parametrize("content", [
    "student_id;name;email\ns1;Zoë;z@x.org\n".encode("utf-8-sig"),
    "Student_ID\tName\tEmail\r\ns1\tZoë\tz@x.org\r\n\r\n".encode(),
    "student_id,name,email\ns1,Zoë,z@x.org\n".encode("cp1252"),
    '"student_id","name","email"\n"s1","Zoë","z@x.org"\n'.encode(),
    "\n\nstudent_id,name,email\r\n\r\n,,\r\ns1,Zoë,z@x.org\r\n".encode(),
    "student_id\tname\temail\r\ns1\tZoë\tz@x.org\r\n".encode("utf-16"),
    "student_id,name,email\rs1,Zoë,z@x.org\r".encode(),
    "email,section,student_id,name,more\nz@x.org,A,s1,Zoë\n".encode(),
])  # fmt: skip
def test_rosters_of_any_kind_are_read(content, take, roster, text):
    roster.write_bytes(content)
    assert take({"s1.ipynb": text})["s1.ipynb"]["status"] == "matched"
    assert [(one.student_id, one.name) for one in take.work.roster()] == [("s1", "Zoë")]


def test_the_same_file_once_more_with_a_better_roster_is_matched(take, roster, text):
    assert take({"s77.ipynb": text})["s77.ipynb"]["status"] == "unmatched"
    roster.write_text(roster.read_text(encoding="utf-8") + "s77,New,n@x.org\n", encoding="utf-8")
    assert take()["s77.ipynb"]["status"] == "matched"


def test_a_file_that_was_renamed_for_its_student_is_settled(take, text, tmp_path):
    take({"somebody.ipynb": text, "other.ipynb": text})
    (tmp_path / "in" / "somebody.ipynb").rename(tmp_path / "in" / "s1.ipynb")
    entries = take()
    statuses = {file: (entry["status"], entry["why"]) for file, entry in entries.items()}
    assert statuses["s1.ipynb"] == ("matched", "")
    assert statuses["somebody.ipynb"] == ("superseded", "came again as s1.ipynb")
    assert statuses["other.ipynb"][0] == "unmatched", "it is still there, though it holds the same"
    assert {file: (entry["status"], entry["why"]) for file, entry in take().items()} == statuses


def test_entries_of_a_zip_without_a_name_cost_only_themselves(take, text, tmp_path):
    content = _zip({".": "x", "QQ": "x", "s1.ipynb": text}).replace(b"QQ", b"\x00Q")
    (tmp_path / "all.zip").write_bytes(content)
    entries = take(source=tmp_path / "all.zip")
    assert entries["s1.ipynb"]["status"] == "matched" and entries["."]["why"].startswith("has no name")


def test_an_entry_without_a_date_is_as_late_as_its_zip(take, text, tmp_path):
    take({"s1_a.ipynb": text})
    os.utime(tmp_path / "in" / "s1_a.ipynb", (1.7e9, 1.7e9))
    take()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("s1_b.ipynb"), text + " ")  # 1980
    (tmp_path / "all.zip").write_bytes(buffer.getvalue())
    assert take(source=tmp_path / "all.zip")["s1_b.ipynb"]["status"] == "matched"


def test_cells_made_to_slow_the_comparison_with_stubs_do_not(take, text):
    def swell(content):
        content["cells"] = [{"cell_type": "code", "metadata": {}, "source": DOUBLE}]
        shuffled = "".join(sorted(tiny_lesson.stub("plus_one")))
        sources = [shuffled, shuffled * 40] * 9_000
        content["cells"] += [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]

    begun = time.process_time()
    assert take({"s1.ipynb": _json(text, swell)})["s1.ipynb"]["status"] == "matched"
    assert time.process_time() - begun < 20


def test_a_stub_with_other_words_does_not_hide_the_answer_below(take, text):
    def change(content):
        _answered_below(content)
        _cell(content, "double")["source"] = "# see below\n" + tiny_lesson.stub("double")

    entry = take({"s1.ipynb": _json(text, change)})["s1.ipynb"]
    assert take.work.submission("s1")["sources"]["double"] == DOUBLE
    assert entry["repairs"] == ["double: answered in another cell"]


@pytest.mark.parametrize("name", ["s1.ipynb.txt", "s1.json", "s1", "s1.ipynb.crdownload", "s1.py"])
def test_a_notebook_with_another_ending_is_one(name, take, text):
    entry = take({name: text})[name]
    assert entry["status"] == "matched" and "does not end in .ipynb" in entry["repairs"][0]


def test_who_handed_in_no_notebook_is_not_told_to_have_handed_in_nothing(take, assignment):
    entry = take({"s1/answers.pdf": b"%PDF"})["s1/answers.pdf"]
    assert (entry["student"], entry["status"]) == ("s1", "unmatched")
    assert [row["status"] for row in table.rows(take.work, assignment)] == [
        "needs attention",
        "missing",
        "missing",
    ]


def test_whose_file_it_may_be_is_not_told_to_have_handed_in_nothing(take, text, assignment):
    take({"s1/s2.ipynb": text})
    rows = list(table.rows(take.work, assignment))
    assert [row["status"] for row in rows] == ["needs attention", "needs attention", "missing"]
    assert rows[0]["flags"] == ["may have handed in s1/s2.ipynb"] and rows[0]["points"] is None
    _, page = report.report("01", take.work.folder)
    assert "<li>s1/s2.ipynb: the names in its path fit several students" in page.read_text(encoding="utf-8")


def test_who_is_missing_is_pointed_to_the_files_of_nobody(take, text, assignment, capsys):
    """s2 and s10 may have sent what bears no name; the PDF is known to be of s1, who has handed in a notebook."""
    take({"s1/01.ipynb": text, "s1/notes.pdf": b"%PDF"})
    assert [row["flags"] for row in table.rows(take.work, assignment)][1:] == [[], []]
    take({"somebody.ipynb": text})
    flags = {row["student_id"]: row["flags"] for row in table.rows(take.work, assignment)}
    pointer = "1 file is nobody's and may be this student's: see 01/manifest.json"
    assert flags["s2"] == flags["s10"] == [pointer] and pointer not in flags["s1"]
    table.write(take.work, assignment)
    assert f"s2,missing,,3,,,,{pointer}\n" in take.work.grades.read_text(encoding="utf-8")
    table.tell(take.work, assignment)
    told = capsys.readouterr().out
    assert "Missing: s2; s10. But 1 file is nobody's: somebody.ipynb.\n" in told
    assert "0 graded, 1 needs attention, 2 missing; 1 with flags" in told
    page = report.report("01", take.work.folder)[1].read_text(encoding="utf-8")
    assert "perhaps the owners of these: s2, s10." in page and "<li>somebody.ipynb: nobody of" in page
    assert page.count('<a href="#nobodys">missing</a>') == page.count('id="nobodys"') + 1 == 2
    assert "notes.pdf" not in page and "may be this student" not in page, "told once, not for each of them"


def test_many_files_of_nobody_are_counted_and_the_first_are_named(take, text, assignment, capsys):
    take({f"guest{k:02d}.ipynb": text for k in range(10)})
    table.tell(take.work, assignment)
    assert "But 10 files are nobody's: guest00.ipynb; " in (told := capsys.readouterr().out)
    assert "guest07.ipynb; and 2 more." in told and "guest08" not in told


@pytest.mark.parametrize(
    "double, plus_one, more, untouched",
    [
        (tiny_lesson.stub("double"), tiny_lesson.stub("plus_one"), "", True),
        (tiny_lesson.stub("double") + "  \n", "", "", True),
        (tiny_lesson.stub("double"), tiny_lesson.stub("plus_one"), "HELPER = 1", True),
        (tiny_lesson.stub("double"), PLUS_ONE, "", False),
        (tiny_lesson.stub("double"), "# " + tiny_lesson.stub("plus_one"), "", False),
        (tiny_lesson.stub("double"), tiny_lesson.stub("plus_one"), DOUBLE, False),
    ],
)
def test_who_has_answered_nothing_is_flagged(double, plus_one, more, untouched, take, assignment):
    handed_in = notebook(assignment, double, plus_one)
    handed_in.cells.append(new_code_cell(more))
    take({"s1.ipynb": nbformat.writes(handed_in)})
    row = next(table.rows(take.work, assignment))
    assert (answers.UNTOUCHED in row["flags"]) == untouched and answers.UNTOUCHED.startswith("untouched")


def test_the_next_command_is_named_as_it_is_typed(take, text, root, roster, tmp_path, capsys):
    take({"s1.ipynb": text})
    work = str(tmp_path / "my work")
    words = ["collect", str(tmp_path / "in"), "--lesson", "1", "--roster", str(roster), "--work", work]
    options = cli.parser().parse_args([*words, "--release", str(tmp_path / "release.json")])
    assert options.do(root, options) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"Next: python -m course grade 1 --work '{work}'"


def test_what_is_collected_but_not_graded_is_no_0(take, text, assignment):
    take({"s1.ipynb": text})
    row = next(table.rows(take.work, assignment))
    assert (row["status"], row["points"]) == ("needs attention", None)
    assert row["flags"] == ["collected, but not graded yet"]
    result = {"points": 3, "verdicts": [{"name": "double", "points": 3}], "flags": [], "confined": False}
    submission = take.work.submission("s1")
    result["of"] = [submission["sha256"], assignments.from_json(assignments.to_json(assignment)).digest]
    take.work.write(take.work.of("results", "s1"), result)
    given = take.work.load_assignment()
    row = next(table.rows(take.work, given))
    assert row["points"] == 3 and row["flags"] == ["graded without a sandbox"]
    take({"s1 (2).ipynb": text + " "})
    row = next(table.rows(take.work, given))
    assert (row["status"], row["points"]) == ("needs attention", None), (
        "an attempt later than what was graded"
    )


def test_who_handed_in_only_what_jupyter_saved_by_itself_needs_attention(take, text):
    name = "s1/.ipynb_checkpoints/01-checkpoint.ipynb"
    entry = take({name: text})[name]
    assert (entry["student"], entry["status"]) == ("s1", "needs attention") and "by itself" in entry["why"]
    entries = take({"s1/01.ipynb": text + " "})
    assert {entry["status"] for entry in entries.values()} == {"matched", "superseded"}


def test_what_another_release_cannot_read_any_more_needs_attention(take, text, assignment, tmp_path):
    take({"s1.ipynb": text})
    (tmp_path / "in" / "s1.ipynb").unlink()
    renamed = assignments.to_json(assignment).replace("double", "triple").replace("plus_one", "plus_two")
    (tmp_path / "release.json").write_text(renamed, encoding="utf-8")
    roster = tmp_path / "roster.csv"
    (entry,) = collect.collect(
        None, tmp_path / "in", "1", roster, tmp_path / "work", tmp_path / "release.json"
    )
    assert entry["status"] == "needs attention" and take.work.submission("s1") is None
