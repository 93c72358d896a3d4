"""JupyterLab as students get it: the lessons and their table of contents, no instructor's panels, no news.

settings/ is read by JupyterLab before the user's own settings, which are left alone; docs/hub.md gives it to a class.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from course import project

SETTINGS = Path(__file__).resolve().parent / "settings"
WORKSPACE = "default"  # the one that JupyterLab opens by itself
TABLE_OF_CONTENTS = "@jupyterlab/toc:plugin"
AS_ROOT = (
    "You are root, which JupyterLab by itself refuses; the course passes --allow-root, as one does in a container. To\n"
    "reach it from outside the container: python -m course lab --ip 0.0.0.0 --no-browser, with its port published.\n"
    "On a machine of your own, use your own account instead."
)


def add_commands(commands):
    """Add this room's commands to the command line."""
    text = "open JupyterLab on the student notebooks; further arguments go to it, such as: --no-browser --port 8890"
    commands.add_parser("lab", help=text).set_defaults(do=lab)


def lab(root, options):
    """Start JupyterLab with this checkout's helpers in its kernels."""
    from course import kernels

    workspaces = root / "build" / "lab"
    prepare(root, workspaces)
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={root}",
        f"--LabApp.workspaces_dir={workspaces}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print(AS_ROOT, flush=True)
        command.append("--allow-root")
    command, variables = [*command, *options.further], environment(kernels.environment(root))
    if os.name == "nt":
        return subprocess.call(command, env=variables)
    os.execve(
        sys.executable, command, variables
    )  # in this process's place, so that who stops it stops the server


def environment(variables):
    """These environment variables, and the course's settings before all others of Jupyter."""
    paths = [str(SETTINGS), *filter(None, [variables.get("JUPYTER_CONFIG_PATH")])]
    return variables | {"JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}


def prepare(root, workspaces):
    """Write what JupyterLab shows at first: lesson 01 and its table of contents. What is there already stays."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    manager = WorkspacesManager(str(workspaces))
    if not manager.load(WORKSPACE)["data"]:
        first = project.lessons(root)[0].student.relative_to(root).as_posix()
        manager.save(WORKSPACE, json.dumps(_workspace(first)))


def _workspace(notebook):
    """JupyterLab's own description of a window: one notebook, the table of contents open beside it."""
    tab = f"notebook:{notebook}"
    shown = {"type": "tab-area", "currentIndex": 0, "widgets": [tab]}
    layout = {
        "main": {"dock": shown, "current": tab},
        "left": {
            "collapsed": False,
            "visible": True,
            "current": TABLE_OF_CONTENTS,
            "widgets": ["filebrowser", "running-sessions", TABLE_OF_CONTENTS],
        },
        "relativeSizes": [0.2, 0.8, 0],
    }
    return {
        "metadata": {"id": WORKSPACE},
        "data": {
            "layout-restorer:data": layout,
            tab: {"data": {"path": notebook, "factory": "Notebook"}},
            "file-browser-filebrowser:cwd": {"path": notebook.rpartition("/")[0]},
        },
    }
