"""A model card and a reporting checklist, as Markdown, from the results that the lessons saved."""

from helpers.cards.checklist import checklist
from helpers.cards.model_card import model_card
from helpers.cards.sources import Source, gather
from helpers.cards.writing import write

__all__ = ["Source", "checklist", "gather", "model_card", "write"]
