"""Tables as people write them: numbers, separators, layouts; and what is refused, in one sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.audit import printed, reading, tables


def understood(text, name="table.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return tables.understand(reading.from_bytes(content, name)[0])


def numbers(row):
    return {role: (cell.value, cell.decimals) for role, cell in row.cells.items()}


@pytest.mark.parametrize(
    ("cell", "value", "decimals", "percent"),
    [
        ("0.54", 0.54, 2, False),
        ("0,54", 0.54, 2, False),
        ("99.57%", 99.57, 2, True),
        ("99.57 %", 99.57, 2, True),
        ("99,57\u202f%", 99.57, 2, True),  # narrow space
        ("\ufeff 0.50 ", 0.50, 2, False),
        ("\u22125.3253", -5.3253, 4, False),  # minus sign
        ("**0.929**", 0.929, 3, False),
        ("0.91*†", 0.91, 2, False),
        ("12,446", 12446, 0, False),
        ("12\u2009446", 12446, 0, False),  # thin space
        ("1.234,50", 1234.5, 2, False),
        ("1,234.50", 1234.5, 2, False),
        ("1.71e-6", 1.71e-6, 8, False),
        ("1.71 × 10⁻⁶", 1.71e-6, 8, False),
        ("1.71 x 10^-6", 1.71e-6, 8, False),
        (".05", 0.05, 2, False),
        ("p = 0.03", 0.03, 2, False),
        ("0.35751295336787564", 0.3575129534, 10, False),
        ("0.0000", 0.0, 4, False),
        ("１２", 12, 0, False),  # full width
    ],
)
def test_a_number_is_read_with_its_decimals_and_its_unit(cell, value, decimals, percent):
    found = printed.parse(cell, printed.has_decimal_comma(cell) or False)
    assert (found.value, found.decimals, found.percent) == (value, decimals, percent)
    assert found.low is found.spread is found.parts is None and not found.bound


@pytest.mark.parametrize(
    ("cell", "value", "low", "high"),
    [
        ("44 % (35 % to 52 %)", 44, 35, 52),
        ("46 % (28 to 63)", 46, 28, 63),
        ("0.95 [0.90, 0.97]", 0.95, 0.90, 0.97),
        ("0.95 (95% CI 0.90–0.97)", 0.95, 0.90, 0.97),
        ("0,95 (0,90; 0,97)", 0.95, 0.90, 0.97),
        ("-0.15 (-0.52 to +0.25)", -0.15, -0.52, 0.25),
        ("0.90-0.95", None, 0.90, 0.95),
        ("0.90 – 0.95", None, 0.90, 0.95),
        ("-0.5 - -0.2", None, -0.5, -0.2),
    ],
)
def test_an_interval_is_read_and_a_percent_sign_holds_for_all_of_it(cell, value, low, high):
    found = printed.parse(cell, printed.has_decimal_comma(cell) or False)
    assert (found.value, found.low.value, found.high.value) == (value, low, high)
    assert {found.percent, found.low.percent, found.high.percent} == {"%" in cell and "CI" not in cell}


def test_spreads_fractions_bounds_and_empty_cells():
    assert printed.parse("95.1 ± 0.3").spread.value == printed.parse("95.1 +/- 0.3").spread.value == 0.3
    assert printed.parse("45/50").parts == printed.parse("45 of 50").parts == (45, 50)
    both, other = printed.parse("96.9% (31/32)"), printed.parse("31/32 (96.9%)")
    assert (
        both.parts == other.parts == (31, 32)
        and both.value == other.value == 96.9
        and both.percent
        and other.percent
    )
    assert printed.parse("p < .001").bound == "<" and printed.parse("<0.001").value == 0.001
    assert all(printed.parse(cell) is None for cell in ("", "-", "–", "n/a", "NaN", "NR"))


@pytest.mark.parametrize(
    "cell", ["high", "0.5.6", "1e400", "45 (88%)", "0.95 (n=4)", "0.9 0.8", "=1+1", "1/0x"]
)
def test_what_is_no_number_is_not_made_one(cell):
    with pytest.raises(printed.NoNumber):
        printed.parse(cell)


@settings(deadline=None)
@given(st.text(max_size=30), st.booleans())
def test_any_text_is_a_number_or_is_not(text, comma):
    try:
        found = printed.parse(text, comma)
    except printed.NoNumber:
        return
    assert found is None or found.value is None or abs(found.value) < 1e31


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9), st.integers(0, 6), st.booleans(), st.booleans())
def test_what_was_printed_is_read_again(digits, decimals, comma, percent):
    text = f"{digits / 10**decimals:.{decimals}f}"
    written = (text.replace(".", ",") if comma else text) + (" %" if percent else "")
    found = printed.parse(written, comma)
    assert (found.value, found.decimals, found.percent) == (float(text), decimals, percent)


REPORT = """\
              precision    recall  f1-score   support

      Normal       0.36      0.29      0.32       234
   Pneumonia       0.62      0.68      0.65       390

    accuracy                           0.54       624
   macro avg       0.49      0.49      0.48       624
weighted avg       0.52      0.54      0.53       624
"""
FRAME = """\
,precision,recall,f1-score,support
Normal,0.36,0.29,0.32,234.0
Pneumonia,0.62,0.68,0.65,390.0
accuracy,0.54,0.54,0.54,0.54
macro avg,0.49,0.49,0.48,624.0
weighted avg,0.52,0.54,0.53,624.0
"""
TURNED = """\
metric;Normal;Pneumonia;accuracy;macro avg;weighted avg
Precision;0,36;0,62;0,54;0,49;0,52
Recall;0,29;0,68;0,54;0,49;0,54
F1;0,32;0,65;0,54;0,48;0,53
Support;234;390;0,54;624;624
"""


@pytest.mark.parametrize(
    "text", [REPORT, FRAME, TURNED, FRAME.replace(",", "\t"), FRAME.replace("\n", "\r\n")]
)
def test_scikit_learns_report_is_read_however_it_was_saved(text):
    table = understood(text)
    assert table.kind == "classes" and [row.name for row in table.rows][:2] == ["Normal", "Pneumonia"]
    assert [row.kind for row in table.rows] == ["", "", "accuracy", "macro", "weighted"]
    assert numbers(table.rows[0]) == {
        "precision": (0.36, 2),
        "recall": (0.29, 2),
        "f1": (0.32, 2),
        "n": (234, table.rows[0].cells["n"].decimals),
    }
    assert table.rows[2].cells["f1"].value == 0.54 and "n" not in table.rows[2].cells


@pytest.mark.parametrize(
    ("separator", "comma"),
    [(";", True), (";", False), ("\t", True), ("\t", False), (",", False), ("|", True), ("|", False)],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separators_commas_and_encodings(separator, comma, encoding):
    rows = [
        ["Class", "Precision (%)", "Sensitivity [%]", "F1–Score", "n"],
        ["Nävus", "90.3", "81.0", "0.85", "300"],
        ["Akné", "75.9", "78.8", "0.77", "80"],
    ]
    if encoding == "cp1252":
        rows[0][3] = "F1-Score"
    if comma:
        rows[1:] = [[cell.replace(".", ",") for cell in row] for row in rows[1:]]
    table = understood("\n".join(separator.join(row) for row in rows).encode(encoding))
    assert [row.name for row in table.rows] == ["Nävus", "Akné"]
    assert numbers(table.rows[0])["precision"] == (0.903, 3) and numbers(table.rows[0])["f1"] == (0.85, 2)
    assert (
        table.units["Precision (%)"] == "per cent, 1 decimal"
        and table.units["F1–Score" if encoding != "cp1252" else "F1-Score"] == "shares, 2 decimals"
    )
    assert ("the comma is the decimal sign" in table.remarks) == comma
    assert any("Windows-1252" in remark for remark in table.remarks) == (encoding == "cp1252")


def test_markdown_excels_first_line_captions_and_comments():
    text = "# title: A table\n# source: a paper\n# a remark\nsep=;\nTable 2: results;;\nModel;Accuracy;Loss\nA;99,5 %;0,1\n;98 %;0,2\n"
    table = understood(text)
    assert table.settings["title"] == ["A table", "Table 2: results"] and table.settings["source"] == [
        "a paper"
    ]
    assert table.left_out == ["Loss"] and [row.name for row in table.rows] == ["A", "line 8"]
    table = understood("| Model | Accuracy |\n| :-- | --: |\n| A | **99.5 %** |\n")
    assert numbers(table.rows[0]) == {"accuracy": (0.995, 3)}


def test_unknown_columns_are_named_and_left_out_never_guessed():
    table = understood(
        "Model,Accuracy,Training accuracy,Average precision,Dice,Loss,\nA,0.9,1.0,0.8,0.7,0.1,\n"
    )
    assert list(table.units) == ["Accuracy"]
    assert table.left_out == ["Training accuracy", "Average precision", "Dice", "Loss"]


def test_names_in_two_words_for_one_thing_are_known():
    table = understood(
        "Model,Sensitivity (Recall),PPV/Precision,F1-Score (%),Support (n),Recall (n=10)\nA,0.9,0.8,85,10,0.1\n"
    )
    assert set(table.rows[0].cells) == {"recall", "precision", "f1", "n"} and table.left_out == [
        "Recall (n=10)"
    ]


def test_a_table_copied_from_a_pdf_has_single_spaces():
    table = understood(
        "Model Precision Recall Accuracy Loss\nVGG 16 (ours) 0.91 0.90 91.2 % 0.3\nResNet 0.92 0.93 92 % 0.2\n"
    )
    assert [row.name for row in table.rows] == ["VGG 16 (ours)", "ResNet"]
    assert numbers(table.rows[0]) == {"precision": (0.91, 2), "recall": (0.90, 2), "accuracy": (0.912, 3)}


def test_averages_may_stand_in_names_of_columns():
    table = understood("Model,Macro F1,Precision (weighted),weighted-avg recall,Acc.\nA,0.9,0.8,0.7,0.7\n")
    assert {role: value for role, (value, _) in numbers(table.rows[0]).items()} == {
        ("f1", "macro"): 0.9, ("precision", "weighted"): 0.8, ("recall", "weighted"): 0.7, "accuracy": 0.7,
    }  # fmt: skip


def test_a_two_way_table_of_one_measure_has_a_row_for_each_cell():
    table = understood("accuracy,old images,new images\nCNN,99 %,46 % (28 to 63)\nlookup,,58 %\n")
    assert [row.name for row in table.rows] == ["CNN, old images", "CNN, new images", "lookup, new images"]
    assert table.rows[1].cells["accuracy"].low.value == 0.28 and table.kind == "models"
    table = understood("# measure: any\nCohen's d,phantom,real\nraw,-1.64,+2.61\n")
    assert [row.cells["any"].value for row in table.rows] == [-1.64, 2.61]


def test_a_line_says_what_rows_are_where_their_name_does_not():
    text = "disease,precision,recall\nA,0.99,0.9\nB,0.8,0.8\n"
    assert understood("# rows: class\n" + text).kind == "classes"
    assert understood("# rows: models\n" + text).kind == "models"


def test_a_document_of_several_tables_is_read_table_by_table():
    text = "# Title\n\n<!-- rows: model -->\n| x | accuracy |\n| - | - |\n| A | 50 % |\n\ntext\n\n| a | b |\n| - | - |\n| 1 | 2 |\n| 3 | 4 |\n"
    first, second = reading.from_bytes(text.encode(), "paper.md")
    assert (first.name, second.name) == ("paper.md, table 1", "paper.md, table 2")
    assert tables.understand(first).rows[0].cells["accuracy"].value == 0.5 and first.settings == {
        "rows": ["model"]
    }
    with pytest.raises(reading.NothingKnown, match="table 2"):
        tables.understand(second)
    with pytest.raises(reading.Unreadable, match="begin with a bar"):
        reading.from_bytes(b"no table", "paper.md")


def test_two_groups_in_one_row_and_in_two():
    row = understood(
        "comparison,mean_normal,SD normal,n normal,Mean (ill),sd_ill,n_ill,t\nx,1.0,2.0,30,1.5,2.5,31,-0.85\n"
    )
    assert row.kind == "effects" and row.groups == ["normal", "ill"]
    assert row.rows[0].cells["sd", "ill"].value == 2.5
    two = understood(
        "Metric,Normal,Pneumonia\nMean,0.215205,0.242184\nStandard deviation,0.018152,0.020368\nSample size,30,30\nT-statistic,-5.3253,\n"
    )
    assert two.kind == "groups" and [row.name for row in two.rows] == ["Normal", "Pneumonia"]
    assert numbers(two.rows[0]) == {
        "mean": (0.215205, 6),
        "sd": (0.018152, 6),
        "n": (30, 0),
        "t": (-5.3253, 4),
    }


def test_several_models_reports_stand_below_each_other():
    table = understood("model,class,recall,n\nA,x,0.5,10\n,y,0.6,10\nB,x,0.7,10\n,y,0.8,10\n")
    assert [(row.model, row.name) for row in table.rows] == [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")]


def test_images_of_each_class_can_be_stated():
    assert understood("# classes: Normal=234, Ill: 390\nmodel,accuracy\nA,0.5\n").support == {
        "Normal": 234,
        "Ill": 390,
    }
    assert tables.parse_support("a=1,b=2") == {"a": 1, "b": 2}
    for text in ("a=1", "a=1,b", "a=1,b=-2", "a=1,b=0", "a=1,=2", ""):
        with pytest.raises(ValueError, match="expected"):
            tables.parse_support(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no table"),
        ("model,accuracy\n", "at least one row"),
        (b"PK\x03\x04....", "Excel workbook.*save the table as CSV"),
        (b"%PDF-1.7", "a PDF"),
        (b"model,accuracy\nA,\x00\n", "is no text"),
        (b"x" * 1_000_001, "far smaller"),
        ("a,b\n1,2\n", "no column has a name that is known; it has 'a', 'b'"),
        ("model,accuracy\nA,high\n", r"line 2, accuracy: 'high' is no number"),
        (
            "model,accuracy\nA,0.99\nB,87.3\n",
            r"'0.99' \(line 2\) looks like a share and '87.3' \(line 3\) like per cent",
        ),
        ("model,accuracy\nA,101 %\n", "is no share; expected 0 to 1"),
        ("model,accuracy\nA,-0.5\n", "is no share"),
        ("model,accuracy,n\nA,0.5,10.5\n", "expected a whole number"),
        (
            "disease,precision,recall\nA,0.99,0.9\nB,0.8,0.8\n",
            "'disease', does not tell what a row is. Call it class",
        ),
        ("model,sens,spec,recall\na,1,1,1\n", "'sens' and 'recall' mean the same"),
        ("model,accuracy\nA,0,54\n", "3 cells below 2 column names. Where numbers have decimal commas"),
        ("model;accuracy;f1\nA;0,54;0.61\n", "'0,54' .* has a decimal comma and '0.61' .* a decimal dot"),
        ("# classes: a\nmodel,accuracy\nA,0.5\n", "expected class=images"),
        ("model,recall\nA,50/45\n", "no share of a whole"),
        (
            "comparison;mean_a;sd_a;n_a;mean_b;sd_b;n_b\nx;12,446;1;30;13;1;30\n",
            "'12,446' may be 12.446 or 12446",
        ),
        (
            "model,accuracy,95% CI\nA,97.3,0.96-0.98\n",
            "accuracy is given in percent and its interval in share",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(text, told):
    with pytest.raises(reading.Unreadable, match=told) as refused:
        understood(text)
    assert "\n" not in str(refused.value) and str(refused.value).startswith("table.csv")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_are_refused(content):
    for file in (content, b"model,accuracy,n\n" + content, b"class;recall;f1\n" + content):
        try:
            understood(file)
        except reading.Unreadable as refused:
            assert "\n" not in str(refused)


def test_names_from_a_file_cannot_speak_to_the_terminal():
    table = understood("model,accuracy\n\x1b[31mA\x07\u202e,0.5\n")
    assert table.rows[0].name == "[31mA"
