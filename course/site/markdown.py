"""Markdown as HTML: nbconvert's renderer, with formulas as MathML, which browsers show without a library."""

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath


class _Renderer(IPythonRenderer):
    def block_math(self, body):
        return f'<div class="formula">{convert(body.strip(), display="block")}</div>'

    def inline_math(self, body):
        return convert(body.strip())

    def latex_environment(self, name, body):
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")


def html(source):
    """HTML of a Markdown text; headings have no anchors yet."""
    return MarkdownWithMath(renderer=_Renderer(escape=False, exclude_anchor_links=True)).render(source)
