"""What the names of folders say: an official part of a data set, or that a folder is no class."""

import re

# Names as they are met in public sets; `datasets` of Hugging Face sorts the same words the same way.
NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "validate", "valid", "val", "dev", "development", "tuning"),
    "test": ("test", "testing", "eval", "evaluation", "holdout", "heldout"),
}
PARTS = {name: part for part, names in NAMES.items() for name in names}
FILLERS = {"set", "data", "dataset", "split", "images", "imgs", "part", "fold", ""}
PORTION = re.compile(
    r"(.*[\W_])?(part|fold|batch|chunk|shard|image|img|folder|dir|data|dataset|split|dis[ck]|cd|dvd|vol|volume|archive|"
    r"site|cent(er|re)|hospital|patient|pat|subject|subj|person|case|exam|visit|session)s?[\W_]*\d+"
)
UNLABELLED = {"pred", "predict", "prediction", "predictions", "inference", "unlabeled", "unlabelled"}


def part_of(name):
    """The official part that a folder's or file's name stands for, or "".

    >>> part_of("Train"), part_of("01_val-set"), part_of("hold-out"), part_of("Testset"), part_of("Tumor")
    ('train', 'validation', 'test', 'test', '')
    """
    text = re.sub(r"(hold|held)[\W_]+out", "holdout", name.casefold())
    words = {re.sub(r"(set|data)$", "", word) for word in re.split(r"[\W_\d]+", text)} - FILLERS
    return PARTS.get(words.pop(), "") if len(words) == 1 else ""


def parts_of(names):
    """The official part, or "", that each of several folders side by side stands for.

    As `part_of`; and where names differ in nothing but the word of a part, that word says it.

    >>> parts_of(["stage_2_train_images", "stage_2_test_images"])
    {'stage_2_train_images': 'train', 'stage_2_test_images': 'test'}
    >>> parts_of(["test_positive", "test_negative"])
    {'test_positive': '', 'test_negative': ''}
    """
    found, alike = {name: part_of(name) for name in names}, {}
    for name in found:
        words = re.split(r"[\W_\d]+", name.casefold())
        parts = [PARTS[word] for word in words if word in PARTS]
        if len(parts) == 1:
            rest = frozenset(set(words) - FILLERS - PARTS.keys())
            alike.setdefault(rest, {})[name] = parts[0]
    for named in alike.values():
        if len(set(named.values())) > 1:
            found |= named
    return found


def is_portion(name):
    """Whether a folder is one of several that hold whatever comes, such as a patient or a part of a download.

    >>> [is_portion(name) for name in ("HAM10000_images_part_2", "fold3", "patient_07", "grade_2", "Tumor", "7")]
    [True, True, True, False, False, False]
    """
    return bool(PORTION.fullmatch(name.casefold()))


def is_unlabelled(name):
    """Whether a folder's name says that what it holds has no label.

    >>> is_unlabelled("seg_pred"), is_unlabelled("Unlabeled"), is_unlabelled("Normal")
    (True, True, False)
    """
    return bool(set(re.split(r"[\W_\d]+", name.casefold())) & UNLABELLED)
