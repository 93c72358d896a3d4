"""`python -m course audit`: verdicts of the published tables, exit codes, what is written, and what it needs."""

import base64
import functools
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from course import audit, cli, environment
from course.audit import checks, figures, page, reading, tables
from helpers.audit import CODES, SEVERITIES

PUBLISHED = "data/published"
MADE_UP = "tests/course/tables"
FOUND = SEVERITIES[:3]


@pytest.fixture(scope="module")
def shipped(root, tmp_path_factory):
    """A function that audits a file of the project once: (exit code, folder)."""

    @functools.cache
    def audited(table):
        folder = tmp_path_factory.mktemp("audit")
        return audit.audit(root / table, folder), folder

    return audited


@pytest.fixture
def ask(shipped, tmp_path):
    """Audit a file of the project, or a text: (exit code, what was written to audit.json)."""

    def ask(table, name="table.csv", **options):
        if "\n" in table:
            path = tmp_path / name
            path.write_text(table, encoding="utf-8")
            code = audit.audit(path, tmp_path / "out", **options)
        else:
            assert not options
            code, folder = shipped(table)
            shutil.copytree(folder, tmp_path / "out", dirs_exist_ok=True)
        return code, json.loads((tmp_path / "out" / "audit.json").read_text(encoding="utf-8"))

    return ask


def findings(found, *severities):
    """{(subject, code)} of the findings of these severities in an audit.json."""
    return {
        (one["subject"], one["code"])
        for table in found["tables"]
        for one in table["findings"]
        if one["severity"] in (severities or FOUND)
    }


def evidence(found, subject, code):
    (text,) = (
        one["evidence"]
        for table in found["tables"]
        for one in table["findings"]
        if (one["subject"], one["code"]) == (subject, code)
    )
    return text


class Page(HTMLParser):
    """What a page holds: names of tags, images, texts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.images, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        given = dict(attributes)
        if tag == "img":
            self.images.append(given)
        self.links += [given[name] for name in ("src", "href", "srcset") if name in given]


def test_the_command_writes_a_table_to_the_terminal_json_and_a_page(root, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["audit", f"{root}/{PUBLISHED}/004_pneumonia_report.csv", "--output", str(tmp_path / "out")])
    assert end.value.code == audit.FOUND
    said = capsys.readouterr().out
    for expected in (
        "impossible",
        "A002",
        "77.40",
        "F1-Score: shares and per cent, 2 decimals",
        "audit.html",
        "does not follow:",
    ):
        assert expected in said
    assert max(len(line) for line in said.splitlines() if not line.startswith("Look at ")) <= 100
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["audit.html", "audit.json"]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "$\\frac{1}{0}$",
        "{{ 7 * 7 }}",
        "نعم ± 神",
    ],
)
def test_names_from_the_table_stay_text_in_the_page(ask, tmp_path, name):
    quoted = '"' + name.replace('"', '""') + '"'
    ask(
        f'# title: {name}\n# source: {name}\nclass,precision,recall,f1,n\n{quoted},0.36,0.29,0.32,234\nB,0.62,0.68,0.65,390\n{quoted[:-1]} x",,,,1\n'
        if False
        else f"# title: {name}\n# source: {name}\nclass,precision,recall,f1,n,{quoted}\n{quoted},0.36,0.29,0.32,234,1\nB,0.62,0.68,0.65,390,1\naccuracy,,,0.54,,\ntest accuracy,,,0.774,,\n"
    )
    text = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    seen = Page(text)
    assert "script" not in seen.tags and all("onerror" not in image for image in seen.images)
    assert len(seen.images) == len([tag for tag in seen.tags if tag == "picture"]) >= 1
    assert "49" not in re.sub(r"base64,[^\"]*", "", text).split("<h1>")[1].split("</h1>")[0]


def test_the_page_needs_nothing_from_elsewhere_and_tells_what_its_figures_show(ask, tmp_path):
    for table in ("000_kidney_backbones", "002_custom_cnn", "004_pneumonia_report", "004_heatmap_scores"):
        ask(f"{PUBLISHED}/{table}.csv")
        text = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
        seen = Page(text)
        assert seen.links and all(link.startswith("data:image/svg+xml;base64,") for link in seen.links)
        assert seen.images and all(len(image["alt"]) > 60 for image in seen.images)
        assert "prefers-color-scheme: dark" in text and "width=device-width" in text and len(text) < 1_500_000


def test_dollar_signs_in_names_are_drawn_as_they_are():
    drawn = figures.number_line([figures.Line("$\\frac{$ model", [(0.1, 0.2, "printed")])], "$_", "share, $^")
    assert "$\\frac{$ model: printed 10 to 20" in drawn.alt and set(drawn.svg) == {"light", "dark"}


def test_on_dark_pages_a_figure_is_drawn_in_their_colours():
    lines = [
        figures.Line("A", [(0.1, 0.3, "printed"), (0.2, 0.4, "allowed")]),
        figures.Line("B", [(0.5, 0.5, "chance")]),
    ]
    drawn = figures.number_line(lines, "A finding.", "share, %").svg
    for ground, colours in figures.PAGES.items():
        found = set(re.findall(r"#[0-9a-f]{6}\b", base64.b64decode(drawn[ground]).decode()))
        assert found == {colour.lower() for colour in colours.values()}


def test_a_bound_is_no_number():
    summary = "comparison,mean_a,sd_a,n_a,mean_b,sd_b,n_b,t,p\nx,1.00,2.00,30,2.50,2.00,30,-2.90,{}\n"
    codes = {}
    for p in ("0.005", "< 0.01", "0.001"):
        (table,) = reading.from_bytes(summary.format(p).encode(), "x.csv")
        codes[p] = {
            one.code for subject in checks.check(tables.understand(table)) for one in subject.findings
        }
    assert codes == {"0.005": {"A303"}, "< 0.01": {"A303"}, "0.001": {"A007"}}
    (table,) = reading.from_bytes(b"model,precision,recall,f1\nA,0.5,0.5,>0.4\n", "x.csv")
    assert "f1" not in checks.check(tables.understand(table))[0].findings[0].evidence


def test_the_page_explains_every_severity():
    assert tuple(page.WORDS) == SEVERITIES


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "no column has a name that is known"),
        ("model,accuracy\nA,high\n", "'high' is no number"),
        ("class,precision,recall\nA,0.5,0.5\n", "two classes or more"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(tmp_path, capsys, text, told):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        cli.main(["audit", str(path), "--output", str(tmp_path / "out")])
    said = capsys.readouterr()
    assert end.value.code == audit.NOT_READ == 2
    assert said.err.startswith("error: bad.csv") and told in said.err and said.err.count("\n") == 1
    assert not said.out and not (tmp_path / "out").exists()


def test_a_missing_file_and_several_tables_at_once(root, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["audit", "no_such.csv", "--output", str(tmp_path)])
    assert end.value.code == 2 and "no_such.csv cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        cli.main(["audit", "a.csv", "b.csv", "--output", str(tmp_path)])
    assert end.value.code == 2 and "--output takes one table" in capsys.readouterr().err


def test_the_audit_loads_no_network_library(root, tmp_path):
    tables = ["004_pneumonia_report", "004_heatmap_scores", "000_kidney_backbones"]
    code = (
        "import pathlib, sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('tensorflow', 'keras', 'IPython', 'sklearn', 'seaborn', 'nbformat'):\n"
        "            raise ImportError(f'{name} is not needed')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from course import audit, cli\n"
        f"for name in {tables}:\n"
        f"    code = audit.audit(pathlib.Path('{PUBLISHED}') / f'{{name}}.csv', pathlib.Path(sys.argv[1]))\n"
        "    assert code == audit.FOUND\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=root, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


def test_several_tables_are_audited_one_after_another_and_the_worst_exit_code_counts(
    root, tmp_path, monkeypatch, capsys
):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    tables = [f"{root}/{MADE_UP}/skin.csv", f"{root}/{MADE_UP}/sepsis.csv", "no_such.csv"]
    codes = []
    for some in (tables[:1], tables[:2], tables[1:]):
        with pytest.raises(SystemExit) as end:
            cli.main(["audit", *some])
        codes.append(end.value.code)
    assert codes == [0, 1, 2]
    assert sorted(path.name for path in (tmp_path / "build" / "audit").iterdir()) == ["sepsis", "skin"]
    assert audit._names(["a/table.csv", "b/table.csv"]) == ["1_table", "2_table"]


def test_where_its_packages_are_it_sets_up_no_environment(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "set_up", lambda *_: pytest.fail("set up"))
    monkeypatch.setattr(environment, "is_installed", lambda: False)
    monkeypatch.setattr(environment, "is_current", lambda *_: False)
    (tmp_path / "requirements.lock").write_text("", encoding="utf-8")
    environment.ensure(tmp_path, audit.NEEDS)
    with pytest.raises(pytest.fail.Exception, match="set up"):
        environment.ensure(tmp_path, (*audit.NEEDS, "no_such_package"))


VERDICTS = {
    "data/published/000_kidney_backbones.csv": {
        ("EfficientNetB0", "A102"), ("EfficientNetB0", "A004"), ("EfficientNetB0", "A002"),
        ("MobileNetV2", "A103"), ("MobileNetV2", "A002"), ("MobileNetV2", "A202"),
        ("ResNet50", "A103"), ("ResNet50", "A002"), ("ResNet50", "A202"),
        ("InceptionV3", "A103"), ("InceptionV3", "A002"), ("InceptionV3", "A202"),
        ("Vision Transformer (ViT)", "A002"),
        ("all rows", "A201"),
    },
    "data/published/001_deep_cnn.csv": set(),
    "data/published/002_custom_cnn.csv": {("CNN", "A003")},
    "data/published/003_infection_report.csv": set(),
    "data/published/004_pneumonia_report.csv": {("the report", "A002"), ("the report", "A101")},
    "data/published/004_heatmap_scores.csv": {("Normal and Pneumonia", "A008")},
    "tests/course/tables/skin.csv": set(),
    "tests/course/tables/retina.md": {("the report", "A002"), ("the report", "A101")},
    "tests/course/tables/sepsis.csv": {("Gradient boosting", "A002"), ("Gradient boosting", "A012")},
}  # fmt: skip


@pytest.mark.parametrize("table", VERDICTS)
def test_the_verdict_of_every_table_that_ships(ask, table):
    code, found = ask(table)
    assert findings(found) == VERDICTS[table]
    assert code == (audit.FOUND if VERDICTS[table] else audit.CONSISTENT)
    assert found["verdict"] == ("impossible" if VERDICTS[table] else "consistent")
    for one in (one for table in found["tables"] for one in table["findings"]):
        assert one["title"] == CODES[one["code"]] and one["severity"] in SEVERITIES
        assert one["evidence"] and one["what_does_not_follow"]


def test_all_published_tables_are_listed_with_their_sources(root):
    shipped = {f"{PUBLISHED}/{path.name}" for path in (root / PUBLISHED).glob("*.csv")}
    made_up = {f"{MADE_UP}/{path.name}" for path in (root / MADE_UP).iterdir()}
    assert shipped | made_up == set(VERDICTS)
    card = (root / PUBLISHED / "README.md").read_text(encoding="utf-8")
    for table in shipped:
        assert f"]({table.rsplit('/')[-1]})" in card
        assert "# source: " in (root / table).read_text(encoding="utf-8")


def test_the_verdicts_say_the_numbers(ask):
    report = ask("data/published/004_pneumonia_report.csv")[1]
    chance = evidence(report, "the report", "A101")
    assert "4 confusion matrices" in chance and "0.535 to 0.538" in chance and "0.547 to 0.54" in chance
    assert "77.40%" in evidence(report, "the report", "A002")
    row = ask("data/published/000_kidney_backbones.csv")[1]
    always = evidence(row, "EfficientNetB0", "A102")
    assert all(number in always for number in ("0.1664", "0.4079", "0.2364", "5077 of 12446"))
    assert "0.3398" in evidence(row, "EfficientNetB0", "A004")
    vit = [
        one
        for one in row["tables"][0]["findings"]
        if one["subject"].startswith("Vision") and one["code"] == "A403"
    ]
    assert vit[0]["severity"] == "not applicable"
    f1 = evidence(ask("data/published/002_custom_cnn.csv")[1], "CNN", "A003")
    assert "0.99561" in f1 and "0.99558" in f1 and all(word in f1 for word in ("macro", "weighted", "micro"))
    effect = evidence(ask("data/published/004_heatmap_scores.csv")[1], "Normal and Pneumonia", "A008")
    assert "-5.3253" in effect and "1.3985" in effect


PLAIN = "class,precision,recall,f1,n\nNormal,0.36,0.29,0.32,234\nPneumonia,0.62,0.68,0.65,390\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN, {("the report", "A101")}),
        (PLAIN.replace("0.68", "0.98"), {("the report", "A001"), ("the report", "A005")}),
        (PLAIN + "total,,,,600\n", {("the report", "A101"), ("the report", "A011")}),
        (PLAIN + "macro avg,0.49,0.49,0.55,624\n", {("the report", "A009"), ("the report", "A101")}),
        ("model,sensitivity,accuracy\nA,45/50 (92%),0.5\n", {("A", "A010")}),
        ("model,sensitivity,specificity,accuracy\nA,0.90,0.80,0.95\nB,0.90,0.80,0.85\n", {("A", "A012")}),
        ("model,sens,spec,balanced accuracy\nA,0.90,0.80,0.88\nB,0.90,0.80,0.85\n", {("A", "A012")}),
        ("model,accuracy,n\nA,97.3%,50\nB,98%,50\n", {("A, accuracy as a share of 50 images", "A006")}),
        ("model,accuracy\nA,0.95 (0.97 to 0.99)\nB,0.95 (0.93 to 0.97)\n", {("A", "A203")}),
        ("model,accuracy,95% CI,n\nA,0.95,0.949-0.951,100\nB,0.95,0.89-0.98,100\n", {("A, accuracy as a share of 100 images", "A204")}),
        ("model,tp,fp,fn,tn,precision,recall\nA,40,10,20,30,0.80,0.67\nB,40,10,20,30,0.80,0.76\n", {("B", "A010")}),
        ("# values: whole numbers\nscale,mean,n\nA,3.45,20\nB,3.47,20\n", {("B", "A006")}),
    ],
)  # fmt: skip
def test_each_kind_of_error_is_found_and_nothing_beside_it(ask, text, expected):
    code, found = ask(text)
    assert findings(found) == expected and code == audit.FOUND


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("model,accuracy\nA,0.9\n", "an accuracy alone"),
        (
            "model,accuracy,precision,recall\nA,95.1 ± 0.3,94.0 ± 0.2,93.9 ± 0.4\n",
            "average over several runs or folds",
        ),
        ("class,n\nA,10\nB,20\n", "neither precision nor recall nor F1"),
        ("scale,mean,n\nA,3.47,20\n", "whole numbers"),
    ],
)
def test_what_cannot_be_checked_is_said_and_is_not_called_consistent(ask, text, why):
    code, found = ask(text)
    assert code == audit.NOT_READ and found["verdict"] == "not applicable" and not findings(found)
    assert why in found["tables"][0]["findings"][0]["evidence"]


def test_each_number_is_taken_with_its_own_decimals(ask):
    """0.9 may be 0.85 or 0.94: a spreadsheet that drops zeros must not make a table impossible."""
    sound = (
        "class,precision,recall,n\nA,0.9,0.82,50\nB,0.84,0.92,50\n"  # 41 of 45 and 46 of 55: 0.91 and 0.84
    )
    assert ask(sound)[0] == audit.CONSISTENT
    assert findings(ask(sound.replace("0.9,", "0.90,"))[1]) == {("the report", "A001")}


def test_images_of_each_class_and_the_averaging_can_be_told_on_the_command_line(ask, tmp_path):
    row = "model,precision,recall,f1,accuracy\nA,0.1664,0.4079,0.2364,40.79%\n"
    assert findings(ask(row)[1]) == set()
    told = ask(row, classes="Cyst=3709,Normal=5077,Stone=1377,Tumor=2283")
    assert findings(told[1]) == {("A", "A102")}
    assert ask("model,precision,recall,f1\nA,0.8,0.6,0.69\n", averaging="micro")[0] == audit.FOUND
    with pytest.raises(audit.CourseError, match="expected class=images"):
        ask(row, classes="Cyst")


def test_one_count_of_two_and_all_images_give_the_other(ask):
    counted = "model,sensitivity,specificity,accuracy,n,positives,negatives\nA,0.912,0.908,0.910,200,102,98\n"
    for missing in ("102", "98"):
        code, found = ask(counted.replace(missing, ""))
        assert code == audit.CONSISTENT and ("A", "A301") in findings(found, "consistent")


def test_averages_of_two_kinds_in_one_row_are_two_subjects(ask):
    text = "model,macro precision,macro recall,macro F1,weighted precision,weighted recall,weighted F1,accuracy\nA,0.83,0.83,0.83,0.86,0.86,0.86,0.90\n"
    found = ask(text)[1]
    assert {subject for subject, _ in findings(found)} == {"A, weighted"}
    assert {one["subject"] for one in found["tables"][0]["findings"]} == {"A, macro", "A, weighted"}


def test_our_own_results_are_consistent(root, ask):
    """Our own tables, by the same command: no number excludes another, and every one that has an interval lies in it."""
    code, found = ask("docs/results.md")
    assert findings(found) == set() and code == audit.CONSISTENT
    numbers = [one for table in found["tables"] for one in table["findings"] if one["code"] == "A306"]
    assert len(found["tables"]) >= 5 and len(numbers) >= 40
    for remark in found["passed_over"]:
        assert "'Lesson'" in remark or "'derived file'" in remark, remark


def test_a_wrong_digit_in_our_results_would_be_found(root, ask):
    text = (root / "docs/results.md").read_text(encoding="utf-8")
    (cell,) = re.findall(r"(?m)^\| balanced accuracy \| (\d+) % \(", text)
    code, found = ask(
        text.replace(f"| balanced accuracy | {cell} %", f"| balanced accuracy | {int(cell) + 5} %"),
        name="results.md",
    )
    assert code == audit.FOUND and {code for _, code in findings(found)} == {"A012"}


def test_the_official_test_images_agree_with_our_results(root, ask):
    """234 normal and 390 pneumonia images: some confusion matrix has the sensitivity, specificity and accuracy that we print."""
    lines = (root / "docs/results.md").read_text(encoding="utf-8").splitlines()
    cells = {
        line.split("|")[1].strip(): line.split("|")[-2].split("(")[0].strip()
        for line in lines
        if line.count("|") == 6
    }
    header = "model,accuracy,balanced accuracy,sensitivity,specificity,negatives,positives"
    row = ",".join(cells[name] for name in ("accuracy", "balanced accuracy", "sensitivity", "specificity"))
    code, found = ask(f"{header}\nours,{row},234,390\n")
    assert code == audit.CONSISTENT and ("ours", "A301") in findings(found, "consistent")
