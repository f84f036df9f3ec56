"""The field that a widget's document has until its chat has loaded."""

from local.web import early_field


def test_the_field_in_documents_of_widgets_is_built_from_its_source() -> None:
    assert early_field.FILE.read_text() == early_field.contents(), "run `python -m local.web.early_field`"
