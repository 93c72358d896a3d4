"""A model card for the chest X-ray classifier of lesson 03.

References
----------
M. Mitchell et al., Model cards for model reporting, Proc. FAT* (2019) 220-229.
"""

from helpers.cards.sources import LESSONS, fill

TITLE = "# Model card: chest X-ray, normal or pneumonia"
PHANTOM_ONLY = "Phantoms are drawings: these figures illustrate a method and say nothing of patients."

# heading -> lines (lesson, template); lesson "" for what needs no figures
SECTIONS = {
    "Model": [
        ("03", "MobileNetV2 (alpha 0.35), {weights}; the recipe chosen on validation patients: {chosen}."),
        (
            "03",
            "An image is called pneumonia when its probability reaches {threshold:.2f}, chosen on validation patients.",
        ),
    ],
    "Intended use": [
        (
            "",
            "Teaching. It is no medical device, was not tested in care, and no decision about a person may rest on it.",
        ),
    ],
    "Data": [
        (
            "03",
            {
                "phantom": "X-ray phantoms drawn by a program, patients dealt into training, validation and test. "
                + PHANTOM_ONLY,
                "real": "X-rays of children of 1 to 5 years from one centre (Kermany et al. 2018, CC BY 4.0): the official "
                "test set, and training images from which validation patients were dealt. No patient is in two parts.",
            },
        ),
    ],
    "Performance on test patients": [
        ("03", "Accuracy {test_accuracy:%}; balanced accuracy {test_balanced_accuracy:%}."),
        ("03", "Sensitivity {test_sensitivity:%}; specificity {test_specificity:%}."),
        ("03", "AUC {test_auc:.3f}."),
        (
            "03",
            "Baseline, logistic regression on thumbnails without any network: accuracy {thumbnails_test_accuracy:%}.",
        ),
        ("03", "Accuracy over several trainings of the same recipe: {test_accuracy_of_all_trainings:%}."),
        (
            "03",
            "Of images called pneumonia, so many would be right where 5 % are ill: "
            "{positive_predictive_value_at_5_percent:%}; where 20 % are: {positive_predictive_value_at_20_percent:%}.",
        ),
    ],
    "Where it fails": [
        (
            "03",
            "Specificity on validation patients is {validation_specificity:%}, on test patients {test_specificity:%}.",
        ),
        (
            "03",
            "A classifier tells normal test images from normal training images with AUC "
            "{features_test_told_from_training_normal:.2f}; 0.5 would mean that they are alike.",
        ),
        ("03", "On a stress test with images of another kind its AUC is {stress_auc:.2f}."),
    ],
    "What its heatmaps are worth": [
        (
            "05",
            {
                "phantom": "Of a chest network's Grad-CAM map {chest_energy_grad_cam:%} lies inside the opacity, of an even "
                "map {chest_energy_uniform:%}.",
                "real": "Of a chest network's Grad-CAM map {chest_energy_grad_cam:%} lies inside the lungs, of an even map "
                "{chest_energy_uniform:%}.",
            },
        ),
        (
            "06",
            "The mean of a map follows the logit (correlation {correlation_with_the_logit:.2f}): it is no measure of "
            "where the network looks.",
        ),
    ],
    "The same course on other images": [
        (
            "02",
            "Kidney CT, slices split at random: accuracy {cnn_slice_split:%}; that figure counts known patients.",
        ),
        ("02", "The same network, new patients only: accuracy {cnn_group_split:%}."),
        (
            "04",
            "Severity of an infection, nothing done about imbalance: recall of the rare class {no_remedy_recall:%}.",
        ),
    ],
    "Not known": [
        ("", "Age, sex, scanner and ward of each patient: performance in subgroups cannot be given."),
        ("", "How often two readers agree on these labels: nothing can be compared with a physician."),
        ("", "Performance in another hospital on the same question: there is no external validation."),
    ],
}


def model_card(sources):
    """The card as Markdown.

    sources : dict of `gather`. Lines whose figures are missing are listed at the end by name.
    """
    text = [TITLE, "", "Written from saved results. Figures in brackets are 95 % intervals by patient.", ""]
    text += ["| lesson | figures from |", "| --- | --- |"]
    text += [f"| {lesson} | {sources[lesson].told} |" for lesson in LESSONS]
    absent = []
    for heading, lines in SECTIONS.items():
        text += ["", f"## {heading}", ""]
        for lesson, template in lines:
            sentence, missing = fill(template, sources[lesson]) if lesson else (template, [])
            text += [f"- {sentence}"] if sentence else []
            absent += [f"- lesson {lesson}: {', '.join(missing)}"] if missing else []
    if absent:
        text += ["", "## Missing from the results", "", *dict.fromkeys(absent)]
    return "\n".join(text) + "\n"
