"""What makes a lesson run in Colab: a badge that opens it, a first cell that fetches the course there, and parameters as
the fields of a form."""

import json
import re

from nbformat.v4 import new_code_cell, new_markdown_cell

# Colab brings its own numpy, tensorflow, IPython and so on. pip is told to leave all that is installed as it is: a
# running kernel that has one version loaded does not survive another on disk.
BOOTSTRAP = """\
# @title In Colab this cell fetches the course (about a minute). Anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    import importlib
    import re
    import subprocess
    import tomllib
    import zipfile
    from importlib import metadata
    from pathlib import Path

    from google.colab import output

    address, content = "{address}", Path("/content")

    def run(command, failed):
        try:
            subprocess.run(command, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(f"{{failed}} ({{error}})") from None

    def find():
        places = (path for depth in ("", "*/", "*/*/") for path in sorted(content.glob(f"{{depth}}helpers/paths.py")))
        return next((path.parents[1] for path in places), None)

    def installed():
        found, version = {{}}, r"[0-9]+([.!][0-9]+)*((a|b|rc|[.]post|[.]dev)[0-9]+)*([+][a-zA-Z0-9.]+)?"
        for package in metadata.distributions():  # of two of one name, the first is the one that is imported
            name = re.sub("[-_.]+", "-", package.metadata["Name"] or "").lower()
            if name and re.fullmatch(version, package.version or ""):
                found.setdefault(name, package)
        return found

    for archive in () if find() else sorted(content.glob("*.zip")):  # uploaded by hand
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as file:
                if any(name.endswith("helpers/paths.py") for name in file.namelist()):
                    file.extractall(content / archive.stem)
    if not find():
        failed = f"The course could not be fetched from {{address}}. Is there a network, and is the repository public? "
        failed += "If not, upload the course's zip (in the folder symbol on the left) and run this cell again."
        run(["git", "clone", "--quiet", "--depth", "1", address, str(content / "course")], failed)
    course, before = find(), installed()
    project = tomllib.loads((course / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["deep"]]
    if {{re.match("[a-zA-Z0-9-]+", line)[0].lower() for line in wanted}} - set(before):
        lines = [f"{{name}}=={{before[name].version}}" for name in sorted(before)]
        (content / "constraints.txt").write_text("\\n".join(lines), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(content / "constraints.txt"), *wanted]
        run(pip, "The course could not be installed beside Colab's own packages, none of which it may replace.")
        importlib.invalidate_caches()
    new = {{name: package for name, package in installed().items() if name not in before}}
    size = sum(file.size or 0 for package in new.values() for file in package.files or ()) / 1e6
    names = ", ".join(f"{{name}} {{new[name].version}}" for name in sorted(new)) or "nothing"
    print(f"The course is in {{course}}. Installed beside Colab's own packages: {{names}} ({{size:.0f}} MB).")
    if str(course) not in sys.path:
        sys.path.insert(0, str(course))
    output.enable_custom_widget_manager()"""


def badge_cell(name, address):
    """A link that opens the student notebook in Colab."""
    repository = address.removeprefix("https://github.com/")
    target = f"https://colab.research.google.com/github/{repository}/blob/main/notebooks/{name}.ipynb"
    image = "https://colab.research.google.com/assets/colab-badge.svg"
    return new_markdown_cell(f"[![Open in Colab]({image})]({target})", id="colab-badge")


def bootstrap_cell(address):
    """The cell that installs the course in Colab, and does nothing elsewhere; running it twice is
    harmless."""
    return new_code_cell(
        BOOTSTRAP.format(address=address), id="colab-bootstrap", metadata={"tags": ["setup", "hide-input"]}
    )


def as_form(source):
    """The parameters cell with Colab's marks: each line `NAME = value  # words` becomes a field of a form.

    Words that name choices, such as `"phantom" or "real"`, make a list; all other words stand above the field.
    """
    return "\n".join(_field(line) for line in source.splitlines())


def _field(line):
    found = re.fullmatch(r"(\w+) = (.+?)(?:  # (.+))?", line)
    if not found:
        return line
    name, value, words = found.groups(default="")
    choices = re.findall(r'"([^"]*)"', words)
    if choices and not re.sub(r'"[^"]*"|,|\bor\b|\s', "", words):
        return f"{name} = {value}  # @param {json.dumps(choices)}"
    kind = "string" if value.startswith('"') else "boolean" if value in ("True", "False") else "integer"
    above = f"# @markdown `{name}`: {words}\n" if words else ""
    return f'{above}{name} = {value}  # @param {{type:"{kind}"}}'
