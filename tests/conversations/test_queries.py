"""The meaning of a query, parsed in linear time."""

import pytest

from oneai.conversations import search_query


@pytest.mark.parametrize("part", ["“", "“a ", '"', '"a ', "a“"])
def test_a_query_of_quotation_marks_is_parsed_in_linear_time(part: str) -> None:
    # In quadratic time this takes a quarter of an hour, which the time limit ends.
    assert len(search_query.parse(part * 400_000)) <= search_query.MAX_WORDS


def test_quotations_are_parsed_as_phrases() -> None:
    def texts(q: str) -> list[tuple[str, ...]]:
        return [term.words for term in search_query.parse(q)]

    assert texts("“new york” rain") == [("new", "york"), ("rain",)]
    assert texts("“new “york city” rain") == [("new",), ("york", "city"), ("rain",)]
    assert texts("rain rain “new york” “new york”") == [("rain",), ("new", "york")]
