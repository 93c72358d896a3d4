"""Model card and checklist: every figure is one that was saved, and what is missing is said."""

import json
import re

import pytest

from helpers import cards, results
from helpers.cards import sources
from helpers.cards.checklist import SECTIONS, STATUSES
from helpers.cards.sources import Source, fill

FIGURES = {
    "share": 0.834,
    "share_interval": [0.8, 0.861],
    "auc": 0.9524,
    "range": [0.81, 0.854],
    "less": -0.0123,
    "name": "frozen",
}
SOURCE = Source("03", FIGURES, "real", "somewhere")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "template, sentence",
    [
        ("Accuracy {share:%}.", "Accuracy 83 % (80 to 86 %)."),
        ("AUC {auc:.3f}, {name}.", "AUC 0.952, frozen."),
        ("From {range:%}.", "From 81 to 85 %."),
        ("{less:points}", "-1.2 points"),
        ({"real": "{name}", "phantom": "drawn"}, "frozen"),
        ({"phantom": "drawn"}, ""),
    ],
)
def test_figures_are_put_into_sentences(template, sentence):
    assert fill(template, SOURCE) == (sentence, [])


def test_a_sentence_without_its_figure_is_not_written():
    assert fill("{share:%} and {absent:%}", SOURCE) == ("", ["absent"])


def test_an_own_run_comes_before_the_recorded_figures(cache):
    assert cards.gather("quick", "phantom", 7)["03"].told.startswith("recorded on real images")
    (cache / "results").mkdir()
    saved = {"figures": {"test_accuracy": 0.5}}
    (cache / "results" / "03.phantom.quick.7.json").write_text(json.dumps(saved), encoding="utf-8")
    found = cards.gather("quick", "phantom", 7)
    assert found["03"].figures == saved["figures"] and found["03"].data == "phantom"
    assert found["03"].told == "your own run: phantom, profile quick, seed 7"
    assert cards.gather("quick", "phantom", 8)["03"].data == "real", "another seed is another run"
    assert found["02"].data == "real", "each lesson by itself"


def test_without_any_results_everything_is_missing(cache, monkeypatch):
    monkeypatch.setattr(results, "RECORDED", cache)
    nothing = cards.gather("quick", "phantom", 7)
    assert {source.told for source in nothing.values()} == {
        "nothing: the lesson was not run, and no figures are recorded"
    }
    card, claim = cards.model_card(nothing), cards.checklist(nothing)
    assert (
        "## Missing from the results" in card and "lesson 03: test_accuracy, test_balanced_accuracy" in card
    )
    assert " missing" in claim and "Not in the results of lesson 03: test_specificity." in claim


def test_the_recorded_figures_fill_the_card(cache):
    """If a lesson calls its figures otherwise, the card must follow."""
    recorded = cards.gather("quick", "phantom", 7)
    card, claim = cards.model_card(recorded), cards.checklist(recorded)
    assert "Missing from the results" not in card and "Not in the results" not in claim
    accuracy = recorded["03"].figures["test_accuracy"]
    assert f"Accuracy {100 * accuracy:.0f} %" in card
    assert "{" not in card + claim


@pytest.mark.parametrize("data", ["phantom", "real"])
def test_a_phantom_is_never_described_as_patients(data):
    figures = {lesson: results.recorded(lesson) for lesson in sources.LESSONS}
    given = {lesson: Source(lesson, figures[lesson], data, "a test") for lesson in sources.LESSONS}
    text = cards.model_card(given) + cards.checklist(given)
    assert ("Kermany" in text) == (data == "real")
    assert ("drawn by a program" in text) == (data == "phantom")


def test_the_checklist_has_claims_42_items_in_order():
    items = [item for section in SECTIONS.values() for item in section]
    assert [item.number for item in items] == list(range(1, 43))
    statuses = {item.status for item in items if isinstance(item.answer, str)}
    statuses |= {
        status for item in items if isinstance(item.answer, dict) for status, _ in item.answer.values()
    }
    assert statuses == set(STATUSES)


def test_the_count_on_top_is_that_of_the_rows(cache):
    claim = cards.checklist(cards.gather("quick", "phantom", 7))
    counted = re.findall(r"(\d+) ([a-z ]+)[,.]", claim.splitlines()[4])
    top = {status: int(number) for number, status in counted}
    rows = re.findall(r"(?m)^\| \d+ \| [^|]+ \| ([a-z ]+) \|", claim)
    assert sum(top.values()) == len(rows) == 42
    assert all(rows.count(status) == number for status, number in top.items())


def test_a_card_is_written_where_it_is_said_to_be(cache):
    assert cards.write("model_card.md", "# Card\n") == cache / "cards" / "model_card.md"
    assert (cache / "cards" / "model_card.md").read_text(encoding="utf-8") == "# Card\n"
    with pytest.raises(ValueError, match="Markdown file, with the ending .md"):
        cards.write("card.txt", "")
