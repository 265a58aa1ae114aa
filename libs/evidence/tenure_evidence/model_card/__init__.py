"""What may be said of a model at a date, by which events, in the forms that readers expect?"""

from tenure_evidence.model_card.claims import CardFacts, Claim, Section, Staleness
from tenure_evidence.model_card.cyclonedx import to_cyclonedx
from tenure_evidence.model_card.projection import Card, CardClaim, project
from tenure_evidence.model_card.render import to_html, to_hugging_face

__all__ = [
    "Card",
    "CardClaim",
    "CardFacts",
    "Claim",
    "Section",
    "Staleness",
    "project",
    "to_cyclonedx",
    "to_html",
    "to_hugging_face",
]
