"""What a lesson states in fixed sentences must hold in the executed solution, and with other seeds."""

from course.series import run
from course.series.claims import claims

OTHER_SEEDS = (11, 23)  # of lessons 04 to 06, whose claims rest on trainings; of the others the first will do


def failing(notebook):
    """The sentences that did not hold; a notebook that states nothing is an error."""
    return [sentence for sentence, holds in claims(notebook).items() if not holds]


def failing_with(seed, lesson, root, folder):
    """The sentences that do not hold with another seed, in the quick profile."""
    (outcome,) = run.run(root, [lesson], parameters={"SEED": seed}, output=folder)
    return failing(outcome.notebook)
