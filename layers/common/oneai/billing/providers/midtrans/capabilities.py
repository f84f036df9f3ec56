"""What Midtrans allows, and when it acts. The days of refunds are those of its documentation (refund-transaction)."""

from datetime import timedelta

from oneai.billing.providers.capabilities import Capabilities, RefundTerms

CAPABILITIES = Capabilities(
    name="Midtrans",
    # Wallets, QRIS and virtual accounts cannot be debited again.
    renewal="prepaid",
    checkout="redirect",
    currencies=frozenset({"IDR"}),
    methods=("qris", "e_wallet", "virtual_account", "card"),
    # A virtual account or a QRIS code is paid in the payer's own app.
    paid_later=True,
    minimum_refund=1,
    refunds={
        "credit_card": RefundTerms(timedelta(days=180)),
        "gopay": RefundTerms(timedelta(days=45)),
        "shopeepay": RefundTerms(timedelta(days=365)),
        "dana": RefundTerms(timedelta(days=45)),
        "ovo": RefundTerms(timedelta(days=7), in_part=False),
        # A payer of another wallet or bank than the acquirer's.
        "qris": RefundTerms(timedelta(days=7), in_part=False),
        "qris_gopay": RefundTerms(timedelta(days=45)),
        "qris_shopee": RefundTerms(timedelta(days=365)),
        "kredivo": RefundTerms(timedelta(days=14)),
        "akulaku": RefundTerms(timedelta(days=14)),
    },
    # Virtual accounts, Mandiri's bills and counters.
    other_refunds=RefundTerms(timedelta()),
)
