"""The client of Replicate: predictions of its official models, as streams of text or as images."""

from oneai.clients.replicate.completion import complete
from oneai.clients.replicate.models import check_key

__all__ = ["check_key", "complete"]
