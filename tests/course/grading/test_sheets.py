"""The sheets of Canvas and Moodle: points come in, and every other byte stays."""

import zipfile

import pytest

from course.grading import moodle, rows, sheets
from course.grading.roster import Student
from course.grading.standing import Standing
from course.project import CourseError


def _standing(student_id, name, email, points):
    status = "missing" if points is None else "graded"
    return Standing(Student(student_id, name, email), status, points, 12, [], [], [], False, True)


CLASS = [
    _standing("s1", "Zoë van Dam", "zoe@uni.org", 10.5),
    _standing("s2", "Ann Lee", "ann.lee@uni.org", 12),
    _standing("s3", "Bo Chen", "bo@uni.org", 0),
    _standing("s4", "Not There", "not@uni.org", None),
    _standing("s5", "Without Row", "without@uni.org", 3),
]
ENTRIES = [
    {"file": "leeann_111_222_01.ipynb", "student": "s2"},
    {"file": "chenbo_LATE_333_444_01.ipynb", "student": "s3"},
    {"file": "Zoë van Dam_71_assignsubmission_file_/01.ipynb", "student": "s1"},
    {"file": "x/Ann Lee_72_assignsubmission_file_/01.ipynb", "student": "s2"},
]
CANVAS = (
    "Student,ID,SIS Login ID,Section,01 Data exploration (9001),Essay (9002),Final Score\r\n"
    '    Points Possible,,,,12,10,"(read only)"\r\n'
    '"van Dam, Zoë",555,zoe@uni.org,"A, ""morning""",,7,80\r\n'
    '"Lee, Ann",111,nobody,A,1,EX,\r\n'
    '"Chen, Bo",333,,B,EX,,\r\n'
    '"There, Not",999,not@uni.org,B,,,\r\n'
    '"Student, Test",1000,,B,,,\r\n'
)
MOODLE = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    'Participant 71,Zoë van Dam,z@elsewhere.org,Submitted,,12.00,"a ""quoted""\ncomment"\n'
    "Participant 72,Ann Lee,,Submitted,4.00,12.00,\n"
    "Participant 73,Somebody,bo@uni.org,,,12.00,\n"
    "Participant 74,Nobody Known,,,,12.00,"
)


def test_why_a_row_was_left_is_told_with_names_and_many_are_shortened(capsys):
    left = {sheets.MISSING: ["There, Not (s4)"], rows.NOBODYS: [f"Guest, {k}" for k in range(11)]}
    sheets.Filled("sheet.csv", 2, left, ["s5"]).tell()
    assert capsys.readouterr().out.splitlines() == [
        "sheet.csv: 2 rows filled, 12 left as they were.",
        "  1 missing: There, Not (s4)",
        f"  11 of nobody on the roster: {'; '.join(f'Guest, {k}' for k in range(8))}; and 3 more",
        "  1 with points whom the sheet does not hold: s5",
    ]


def test_each_row_that_is_left_has_its_own_reason(tmp_path):
    attention = Standing(Student("s6", "Broken File"), "needs attention", None, 12, [], [], [], False, True)
    path = tmp_path / "sheet.csv"
    more = '"File, Broken",6,s6,,,,\r\n"Row, Without",7\r\n"There, Not",8,s2,,,,\r\n'
    path.write_text(CANVAS + more, newline="", encoding="utf-8")
    filled = sheets.fill(path, [*CLASS, attention], ENTRIES, "01_data_exploration")
    assert filled.left == {
        sheets.EXCUSED: ["Chen, Bo (s3)"],
        sheets.MISSING: ["There, Not (s4)"],
        rows.NOBODYS: ["Student, Test"],
        sheets.OPEN: ["File, Broken (s6)"],
        sheets.SHORT: ["Row, Without (s5)"],
        rows.UNCLEAR: ["There, Not"],
    }


@pytest.fixture
def fill(tmp_path):
    def run(text, encoding="utf-8", **options):
        path = tmp_path / "sheet.csv"
        path.write_bytes(text.encode(encoding))
        filled = sheets.fill(path, CLASS, ENTRIES, "01_data_exploration", **options)
        return path.read_bytes().decode(encoding), filled

    return run


def test_canvas_is_filled_by_id_then_login_and_nothing_else_changes(fill):
    text, filled = fill(CANVAS)
    expected = CANVAS.replace('"A, ""morning""",,7', '"A, ""morning""",10.5,7').replace(
        "nobody,A,1,EX", "nobody,A,12,EX"
    )
    assert text == expected and filled.rows == 2
    assert filled.without_row == ["s5"], "Bo is excused, and stands there"
    assert filled.left == {
        sheets.EXCUSED: ["Chen, Bo (s3)"],
        sheets.MISSING: ["There, Not (s4)"],
        rows.NOBODYS: ["Student, Test"],
    }


def test_canvas_with_semicolons_and_decimal_commas(fill):
    rows = [
        line.split(",")
        for line in ("Student,ID,Section,Lesson (1)", "Points Possible,,,12", "x,111,A,", "y,s1,A,")
    ]
    text, filled = fill("\n".join(";".join(row) for row in rows) + "\n")
    assert text.splitlines()[2:] == ["x;111;A;12", "y;s1;A;10,5"] and filled.rows == 2


def test_canvas_with_a_row_of_posting_notes_between(fill):
    text, filled = fill(CANVAS.replace("    Points", ",,,,Manual Posting,,\r\n    Points"))
    assert filled.rows == 2 and "\r\n,,,,Manual Posting,,\r\n" in text


def test_moodle_is_filled_by_participant_then_address_then_name(fill):
    text, filled = fill(MOODLE)
    expected = MOODLE.replace("Submitted,,12.00", "Submitted,10.5,12.00").replace(
        "Submitted,4.00", "Submitted,12"
    )
    expected = expected.replace("bo@uni.org,,,12.00", "bo@uni.org,,0,12.00")
    assert text == expected and filled.rows == 3
    assert filled.left == {rows.NOBODYS: ["Participant 74"]} and filled.without_row == ["s5"]


def test_moodle_with_translated_headers_and_decimal_commas(fill):
    german = MOODLE.replace(
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade",
        "ID,Name,E-Mail,Status,Bewertung,Beste Bewertung",
    )
    german = (
        german.replace("Participant", "Teilnehmer/in").replace("12.00", '"12,00"').replace("4.00", '"4,00"')
    )
    text, filled = fill(german)
    assert filled.rows == 3 and 'Submitted,"10,5","12,00"' in text and 'Submitted,"12","12,00"' in text


def test_a_column_is_chosen_by_name_or_number_where_it_is_not_clear(fill):
    two = CANVAS.replace("01 Data exploration (9001)", "Homework (9001)")
    with pytest.raises(CourseError, match="which column holds the points"):
        fill(two)
    assert fill(two, column="Homework (9001)")[0] == fill(two, column="5")[0]
    with pytest.raises(CourseError, match="has no column 'Nothing'"):
        fill(two, column="Nothing")
    turkish = MOODLE.replace("Grade,", "Not,", 1).replace("Maximum Grade", "En Yüksek")
    assert fill(turkish, column="5")[1].rows == 3


def test_another_maximum_is_refused_or_scaled(fill, tmp_path):
    with pytest.raises(CourseError, match="its maximum is 100 points, the lesson's is 12"):
        fill(MOODLE.replace("12.00", "100.00"))
    assert (tmp_path / "sheet.csv").read_text(encoding="utf-8") == MOODLE.replace("12.00", "100.00"), (
        "untouched"
    )
    text, _ = fill(MOODLE.replace("12.00", "100.00"), scale=True)
    assert "Submitted,87.5,100.00" in text


def test_windows_1252_stays_windows_1252(fill):
    text, filled = fill(CANVAS, encoding="cp1252")
    assert filled.rows == 2 and "Zoë" in text


@pytest.mark.parametrize("text", ["", "a\n", 'Student,ID\n"x"y,1\n'])
def test_what_is_no_sheet_is_refused(fill, text):
    with pytest.raises(CourseError, match="is no sheet|a quote in the middle"):
        fill(text)


def test_feedback_is_packed_in_moodles_folders(tmp_path):
    class Work:
        feedback = tmp_path / "feedback"

    Work.feedback.mkdir()
    for one in CLASS:
        (Work.feedback / f"{one.student.student_id}.html").write_text(
            one.student.student_id, encoding="utf-8"
        )
    unknown = moodle.feedback_zip(tmp_path / "out.zip", Work, CLASS, ENTRIES)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "Zoë van Dam_71_assignsubmission_file_/feedback.html": b"s1",
            "Ann Lee_72_assignsubmission_file_/feedback.html": b"s2",
        }
    assert unknown == ["s3", "s5"]
    with pytest.raises(CourseError, match="no submission lay in a folder of Moodle's. The pages are in"):
        moodle.feedback_zip(tmp_path / "none.zip", Work, CLASS, [])
    assert not (tmp_path / "none.zip").exists()


def test_a_name_within_a_submission_claims_no_row_of_another(tmp_path):
    """Ann puts files with Bo's numbers into her zips: they stay hers, and his rows stay his."""
    entries = [
        {"file": "leeann_111_222_work.zip/chenbo_333_444_01.ipynb", "student": "s2"},
        {
            "file": "Ann Lee_72_assignsubmission_file_/Bo Chen_73_assignsubmission_file_/01.ipynb",
            "student": "s2",
        },
        {"file": "Bo Chen_73_assignsubmission_file_/01.ipynb", "student": "s3"},
    ]
    for text, expected in (
        (CANVAS.replace("EX,,", ",,"), '"Chen, Bo",333,,B,0,'),
        (MOODLE.replace("bo@uni.org", "unknown@uni.org"), "unknown@uni.org,,0,"),
    ):
        path = tmp_path / "sheet.csv"
        path.write_text(text, newline="", encoding="utf-8")
        sheets.fill(path, CLASS, entries, "01_data_exploration")
        assert expected in path.read_text(encoding="utf-8")


def test_rows_that_tell_of_two_students_or_of_one_twice_are_left_as_they_were(fill):
    row = "Participant 72,Ann Lee,,Submitted,4.00,12.00,\n"
    namesake = "Participant 80,Ann Lee,other@uni.org,Submitted,,12.00,\n"
    text, filled = fill(MOODLE.replace(row, row + namesake))
    assert namesake in text and "Participant 80" in filled.left[rows.UNCLEAR]
    both = row.replace("Ann Lee,,", "Ann Lee,bo@uni.org,")
    text, filled = fill(MOODLE.replace(row, both))
    assert both in text and "Participant 72" in filled.left[rows.UNCLEAR]


def test_an_id_that_is_anothers_address_or_number_is_no_doubt_left_alone(tmp_path):
    ones = [_standing("x", "A B C", "ann@uni.org", 3), _standing("ann", "D E F", "d@uni.org", 5)]
    path = tmp_path / "sheet.csv"
    path.write_text(
        "Student,ID,SIS User ID,Lesson (1)\nPoints Possible,,,12\n?,1,ann,\n?,x,ann,\n", encoding="utf-8"
    )
    sheets.fill(path, ones, [], "01_data_exploration")
    assert path.read_text(encoding="utf-8").splitlines()[2:] == ["?,1,ann,5", "?,x,ann,"]


def test_what_students_write_into_a_sheet_changes_no_numbers(fill):
    online = MOODLE.replace("Feedback comments", "Online text").replace(
        "Submitted,,12.00,", 'Submitted,,12.00,"1,5"', 1
    )
    text, filled = fill(online.replace('"1,5""a ""quoted""\ncomment"', '"1,5"'))
    assert "Submitted,10.5,12.00" in text


@pytest.mark.parametrize("encoding", ["utf-8", "shift-jis", "latin-1"])
def test_sheets_of_any_encoding_come_back_to_the_byte(encoding, tmp_path):
    name = {"shift-jis": "\u30cf\u30cb", "latin-1": "\x81\x8d"}.get(encoding, "\u2028")
    head = 'Student,ID,"Essay; a; b; c; d",Lesson (1)\n'
    content = (head + f"Points Possible,,,12\n{name},s1,x,").encode(encoding)
    (tmp_path / "sheet.csv").write_bytes(content)
    sheets.fill(tmp_path / "sheet.csv", CLASS, [], "01_data_exploration")
    assert (tmp_path / "sheet.csv").read_bytes() == content + b"10.5"
