"""What a payment provider allows is a capability: code outside of its folder does not ask for its name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from local.data_folder import REPOSITORY
from oneai.billing import providers

NAMES = "|".join(providers.names())
# The name itself, or in a query: `payment_provider = 'stripe'`.
NAMED = re.compile(f"({NAMES})|.*'({NAMES})'.*", re.DOTALL)
LAYER = REPOSITORY / "layers" / "common" / "oneai"
OWN = re.compile(f"(billing/providers|clients)/({NAMES})(/|[.]py)")
ALLOWED = {
    # The result of Razorpay's script, whose fields have its names in our API.
    ("billing/subscriptions/checkout.py", "razorpay"),
    ("billing/subscriptions/confirm.py", "oneai.billing.providers.razorpay"),
    # Whose prices are shown before any provider is set up.
    ("billing/providers/choice.py", "razorpay"),
}


def test_no_code_asks_for_a_payment_providers_name() -> None:
    places = {_place(path): path for path in (*LAYER.rglob("*.py"), *(REPOSITORY / "functions").rglob("*.py"))}
    others = {place: path.read_text() for place, path in places.items() if not OWN.match(place)}

    assert {(place, name) for place, source in others.items() for name in named(source)} == ALLOWED


def test_no_schema_asks_for_a_payment_providers_name() -> None:
    schemas = [*(REPOSITORY / "supabase" / "schemas").rglob("*.sql")]

    assert schemas
    assert [path.name for path in schemas if re.search(f"'({NAMES})'", path.read_text())] == []


def test_names_are_found_in_comparisons_queries_and_imports() -> None:
    assert list(named('if payment_provider == "stripe": pass')) == ["stripe"]
    assert list(named("query = \"where payment_provider = 'midtrans'\"")) == ["where payment_provider = 'midtrans'"]
    assert list(named("from oneai.billing.providers import razorpay")) == ["oneai.billing.providers.razorpay"]
    assert list(named("import oneai.billing.providers.stripe.values")) == ["oneai.billing.providers.stripe.values"]
    assert list(named("match provider:\n    case 'stripe': pass")) == ["stripe"]
    assert list(named('"""Stripe and `stripe` in words."""\nx: str = "as at razorpay"')) == []


def _place(path: Path) -> str:
    return str(path.relative_to(LAYER if path.is_relative_to(LAYER) else REPOSITORY))


def named(source: str) -> Iterator[str]:
    """Names of payment providers that a program compares, queries or imports."""
    if not re.search(NAMES, source):
        return
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(str(text)) if NAMED.fullmatch(text):
                yield text
            case ast.ImportFrom(module=str(module)):
                imported = (f"{module}.{each.name}" for each in node.names)
                yield from (each for each in imported if _is_of_a_provider(each))
            case ast.Import():
                yield from (each.name for each in node.names if _is_of_a_provider(each.name))


def _is_of_a_provider(module: str) -> bool:
    return re.match(rf"oneai\.(billing\.providers|clients)\.({NAMES})\b", module) is not None
