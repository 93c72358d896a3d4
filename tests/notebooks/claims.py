"""What a lesson states in fixed sentences must hold in the executed solution, and with other seeds."""

import nbformat

from course.series import run
from helpers.results import CLAIMS_MIME

OTHER_SEEDS = (11, 23)  # of lessons 04 to 06, whose claims rest on trainings; of the others the first will do


def claims(notebook):
    """Sentence -> whether it held, of all tables of claims in an executed notebook."""
    outputs = [output for cell in nbformat.read(notebook, 4).cells for output in cell.get("outputs", [])]
    return {
        sentence: holds
        for output in outputs
        for sentence, holds in output.get("data", {}).get(CLAIMS_MIME, {}).items()
    }


def failing(notebook):
    """The sentences that did not hold; a notebook that states nothing is an error."""
    stated = claims(notebook)
    assert stated, f"{notebook}: states nothing; see `results.claims`"
    return [sentence for sentence, holds in stated.items() if not holds]


def failing_with(seed, lesson, root, folder):
    """The sentences that do not hold with another seed, in the quick profile."""
    (outcome,) = run.run(root, [lesson], parameters={"SEED": seed}, output=folder)
    return failing(outcome.notebook)
