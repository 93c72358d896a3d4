"""What a report on the chest X-ray classifier of lesson 03 should tell: a checklist in the manner of CLAIM.

The numbers are those of CLAIM 2020; the questions are put in our words. For a submission use the 2024 update's own text.

References
----------
J. Mongan, L. Moy, C. E. Kahn, Checklist for Artificial Intelligence in Medical Imaging (CLAIM), Radiology: Artificial
Intelligence 2 (2020) e200029. A. S. Tejani et al., CLAIM: 2024 update, Radiology: Artificial Intelligence 6 (2024) e240300.
"""

from typing import NamedTuple

from helpers.cards.sources import LESSONS, fill

STATUSES = ("reported", "in part", "missing", "to write", "not applicable")
DRAWN = ("not applicable", "The images are drawn; there was nobody.")


class Item(NamedTuple):
    """status : what holds if the figures are there. answer : template of `fill`, or {"phantom": (status, template),
    "real": (status, template)}. lesson : whose figures it needs."""

    number: int
    asked: str
    status: str
    answer: str | dict
    lesson: str = "03"


def _by_data(phantom, real):
    return {"phantom": phantom, "real": real}


SECTIONS = {
    "Title and introduction": [
        Item(
            1,
            "Does the title name the kind of AI?",
            "to write",
            "A convolutional network, by transfer learning.",
        ),
        Item(
            2,
            "Is there a structured abstract?",
            "to write",
            "Design, patients, method, figures with intervals, limits.",
        ),
        Item(3, "What for, and for whom?", "reported", "Teaching only; no use in care is intended."),
        Item(
            4,
            "Which question, fixed when?",
            "reported",
            "Does a model, with a threshold, chosen on validation patients keep its figures on test patients? The rule "
            "was written before the test set was opened.",
        ),
    ],
    "Design and data": [
        Item(
            5,
            "Prospective or retrospective?",
            "",
            _by_data(DRAWN, ("reported", "Retrospective, a public set.")),
        ),
        Item(6, "The goal?", "reported", "To develop and to explore; nothing is claimed about benefit."),
        Item(
            7,
            "Where do the data come from?",
            "",
            _by_data(
                ("reported", "Drawn by the course's program, from a seed."),
                ("reported", "Kermany et al. 2018, one centre, CC BY 4.0."),
            ),
        ),
        Item(
            8,
            "Who was eligible?",
            "",
            _by_data(
                DRAWN, ("missing", "Children of 1 to 5 years; who was X-rayed, and why, is not recorded.")
            ),
        ),
        Item(
            9,
            "How were images prepared?",
            "reported",
            "Resized, and scaled to the range that the backbone expects. In that range the validation AUC of "
            "several heads is {auc_pixels_right:.2f} after a few epochs; in two wrong ranges {auc_pixels_dark:.2f} and "
            "{auc_pixels_bright:.2f}.",
        ),
        Item(
            10,
            "Were some images chosen?",
            "reported",
            "The profile says how many; drawn by the seed, none by hand.",
        ),
        Item(
            11, "Are the classes defined?", "in part", "Two words, NORMAL and PNEUMONIA; no grade, no cause."
        ),
        Item(
            12,
            "How were persons made unknown?",
            "",
            _by_data(DRAWN, ("in part", "By the publishers; how is not told.")),
        ),
        Item(
            13,
            "What about missing data?",
            "reported",
            "A file that cannot be read stops the run, or is listed.",
        ),
        Item(
            14,
            "What is the reference standard?",
            "",
            _by_data(
                ("reported", "The drawing: an opacity was put in, or not."),
                ("in part", "The folder of the published set; a reading of the X-ray, no culture, no CT."),
            ),
        ),
        Item(15, "Why that standard?", "", _by_data(DRAWN, ("missing", "The data were taken as they are."))),
        Item(
            16,
            "Who labelled, with what training?",
            "",
            _by_data(DRAWN, ("in part", "Physicians, as the publishers tell; nobody of this course.")),
        ),
        Item(17, "With what tools?", "", _by_data(DRAWN, ("missing", "Not recorded."))),
        Item(18, "How well do readers agree?", "", _by_data(DRAWN, ("missing", "Not recorded."))),
    ],
    "Partitions": [
        Item(
            19,
            "How was the sample size chosen?",
            "missing",
            "It was not planned. What it gives: specificity {test_specificity:%}.",
        ),
        Item(
            20,
            "How were the parts dealt?",
            "",
            _by_data(
                ("reported", "Patients dealt at random by the seed."),
                (
                    "reported",
                    "The official test set; validation patients dealt from the training set by the seed.",
                ),
            ),
        ),
        Item(
            21,
            "Disjoint at which level?",
            "reported",
            "By patient; the loader refuses a patient in two parts.",
        ),
    ],
    "Model and training": [
        Item(22, "Is the model described?", "reported", "Lesson 03: layers, parameters, output."),
        Item(23, "Which software?", "reported", "The file requirements.lock names every version."),
        Item(24, "How did the weights begin?", "reported", "From elsewhere: {weights}."),
        Item(
            25,
            "How was it trained?",
            "reported",
            "Lesson 03: epochs, rate, batch, several seeds, in the open.",
        ),
        Item(
            26,
            "How was the final model chosen?",
            "reported",
            "By the mean AUC of validation patients over several trainings: {chosen}.",
        ),
        Item(27, "Are models combined?", "not applicable", "One network predicts."),
    ],
    "Evaluation": [
        Item(
            28, "Which measures?", "reported", "Accuracy, balanced accuracy, sensitivity, specificity, AUC."
        ),
        Item(29, "With what uncertainty?", "reported", "95 % intervals; whole patients are drawn anew."),
        Item(
            30,
            "How robust is it?",
            "reported",
            "Accuracy over trainings {test_accuracy_of_all_trainings:%}; the set's own shift is in the model card.",
        ),
        Item(
            31,
            "Are explanations validated?",
            "reported",
            "Against maps that know nothing: {chest_energy_grad_cam:%} of Grad-CAM's map inside the region, "
            "{chest_energy_uniform:%} of an even one; and beside shuffled networks.",
            "05",
        ),
        Item(
            32,
            "Is there external validation?",
            "missing",
            "Only a stress test on images of another kind: AUC {stress_auc:.2f}.",
        ),
    ],
    "Results": [
        Item(33, "Is the flow of cases shown?", "in part", "Numbers in lesson 03; no diagram."),
        Item(
            34,
            "Who is in each part?",
            "",
            _by_data(DRAWN, ("missing", "Age, sex and scanner are not recorded.")),
        ),
        Item(
            35,
            "Performance in all parts?",
            "in part",
            "Validation {validation_accuracy:%}, test {test_accuracy:%}; the training set is left out.",
        ),
        Item(
            36,
            "With intervals?",
            "reported",
            "Sensitivity {test_sensitivity:%}; specificity {test_specificity:%}; AUC {test_auc:.3f}.",
        ),
        Item(
            37,
            "Which cases fail?",
            "in part",
            "Specificity {validation_specificity:%} on validation patients, {test_specificity:%} on test patients. No "
            "physician has looked at the errors.",
        ),
    ],
    "Discussion and the rest": [
        Item(38, "Which limits?", "reported", "The model card and the lesson's section Limits."),
        Item(39, "What follows for practice?", "reported", "Nothing."),
        Item(40, "Is the study registered?", "missing", "No."),
        Item(41, "Where are protocol and code?", "reported", "In this repository, with the seeds."),
        Item(42, "Who paid?", "to write", "Name it, also if nobody did."),
    ],
}


def checklist(sources):
    """The checklist as Markdown: number, question, status, answer.

    sources : dict of `gather`. An item whose figures the results do not hold is "missing", and says which.
    """
    rows, count = [], dict.fromkeys(STATUSES, 0)
    for heading, items in SECTIONS.items():
        rows += [
            "",
            f"## {heading}",
            "",
            "| CLAIM 2020 | asked | status | answer |",
            "| --- | --- | --- | --- |",
        ]
        for item in items:
            status, answer = _answered(item, sources[item.lesson])
            count[status] += 1
            rows.append(f"| {item.number} | {item.asked} | {status} | {answer} |")
    told = [f"lesson {lesson}: {sources[lesson].told}" for lesson in LESSONS if lesson in ("03", "05")]
    top = [
        "# Reporting checklist: chest X-ray, normal or pneumonia",
        "",
        "; ".join(told).capitalize() + ".",
        "",
    ]
    top.append(", ".join(f"{number} {status}" for status, number in count.items()) + ".")
    return "\n".join([*top, *rows]) + "\n"


def _answered(item, source):
    """Status and text of an item."""
    status, template = item.status, item.answer
    if isinstance(template, dict):
        status, template = template.get(source.data, ("missing", "There are no results."))
    text, absent = fill(template, source)
    return (
        ("missing", f"Not in the results of lesson {item.lesson}: {', '.join(absent)}.")
        if absent
        else (status, text)
    )
