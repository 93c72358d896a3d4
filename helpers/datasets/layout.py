"""What the names of folders say: the official part of a data set that its files belong to."""

import re

# Names as they are met in public sets; `datasets` of Hugging Face sorts the same words the same way.
NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "validate", "valid", "val", "dev", "development", "tuning"),
    "test": ("test", "testing", "eval", "evaluation", "holdout", "heldout"),
}
PARTS = {name: part for part, names in NAMES.items() for name in names}
FILLERS = {"set", "data", "dataset", "split", "images", "imgs", "part", "fold", ""}


def part_of(name):
    """The official part that a folder's or file's name stands for, or "".

    >>> part_of("Train"), part_of("01_val-set"), part_of("hold-out"), part_of("Testset"), part_of("Tumor")
    ('train', 'validation', 'test', 'test', '')
    """
    text = re.sub(r"(hold|held)[\W_]+out", "holdout", name.casefold())
    words = {re.sub(r"(set|data)$", "", word) for word in re.split(r"[\W_\d]+", text)} - FILLERS
    return PARTS.get(words.pop(), "") if len(words) == 1 else ""
