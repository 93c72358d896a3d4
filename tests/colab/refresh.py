"""Fetch the list of what Colab's image holds into a file of today's date: python tests/colab/refresh.py"""

import datetime
from pathlib import Path

import image
import requests

ADDRESS = "https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.txt"


def main():
    answer = requests.get(ADDRESS, timeout=60)
    answer.raise_for_status()
    found = image.parse(answer.text)
    if not {"ipython", "tensorflow", "numpy"} <= set(found):
        raise SystemExit(f"{ADDRESS} is no list of packages: {answer.text[:200]!r}")
    today = Path(__file__).parent / f"{datetime.date.today()}.txt"
    lines = [f"# {ADDRESS}", *(f"{name}=={version}" for name, version in sorted(found.items()))]
    today.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{today}: {len(found)} packages")


if __name__ == "__main__":
    main()
