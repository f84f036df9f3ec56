"""Where a chatbot is shown: the pages at the widget's origin."""

from dataclasses import dataclass

from oneai import settings


@dataclass(frozen=True)
class AddressSettings:
    """`widget_origin` is the origin of the widget's script, its frames and the public pages; `site_url` the product's
    address, which stands in for it."""

    widget_origin: str = ""
    site_url: str = ""


def widget_origin() -> str:
    """The origin of the widget, without a slash at the end."""
    configured = settings.read(AddressSettings)
    return (configured.widget_origin or configured.site_url).rstrip("/")


def url_of_test_page(public_id: str) -> str:
    """The website of ours with nothing but the chatbot's widget, which every published chatbot has."""
    return f"{widget_origin()}/widget-test.html?chatbot={public_id}"
