"""Who a visitor says they are, in the form before their first message. The website has not verified it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from oneai.fields import Fields
from oneai.text import clean_lines, one_line
from oneai.workspaces.fields import fold_address

VisitorName = Annotated[str, Field(max_length=100), AfterValidator(one_line)]
VisitorAddress = Annotated[str, Field(min_length=3, max_length=254), AfterValidator(fold_address)]
CONSENT_CHARACTERS = 500


class Introduction(Fields):
    """What a visitor filled into the form before the first message. What is absent was not asked for, or left out."""

    name: VisitorName | None = Field(default=None, description="Their name.")
    email: VisitorAddress | None = Field(default=None, description="Their address.")
    consent: Annotated[str, Field(max_length=CONSENT_CHARACTERS), AfterValidator(clean_lines)] | None = Field(
        default=None,
        description="The text that they agreed to, as the form showed it. Stored if the chatbot has asked for it.",
    )
