"""Types of a document's editable fields."""

from typing import Annotated

from pydantic import AfterValidator, Field

from oneai.text import clean_lines, one_line

Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(one_line)]
CollectionName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
Description = Annotated[str, Field(max_length=2000), AfterValidator(clean_lines)]
