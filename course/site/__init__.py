"""The course as static pages: `python -m course site` writes build/site, to read from disk or to publish."""


def add_commands(commands):
    """Add this room's commands to the command line."""
    site = commands.add_parser(
        "site",
        help="write the course as web pages to build/site (from the committed notebooks; runs no lesson)",
    )
    site.add_argument(
        "--lite",
        action="store_true",
        help="also build JupyterLite: the exercises in the browser, nothing installed",
    )
    site.set_defaults(do=_site)


def _site(root, options):
    from course.site import build

    build.build(root, lite=options.lite)
