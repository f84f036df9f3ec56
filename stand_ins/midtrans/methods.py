"""The payment methods of the stand-in: how a payer pays with each, and for how long its money can go back."""

from dataclasses import dataclass
from datetime import timedelta

HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True)
class Method:
    """A method of Snap's page. `payment_type` is the Core API's. `bank`: of a virtual account. `refunded_within`: for
    how long a refund is possible, None: never. `expires_after`: seconds, unless the page says otherwise."""

    name: str
    payment_type: str
    expires_after: int
    bank: str | None = None
    refunded_within: timedelta | None = None
    partially: bool = True
    extra: tuple[tuple[str, str], ...] = ()


METHODS: dict[str, Method] = {
    "qris_off_us": Method(
        *("QRIS (another wallet or bank)", "qris", HOUR // 4),
        refunded_within=timedelta(days=7),
        partially=False,
        extra=(("acquirer", "gopay"), ("transaction_type", "off-us"), ("issuer", "dana")),
    ),
    "qris_on_us": Method(
        *("QRIS (GoPay)", "qris", HOUR // 4),
        refunded_within=timedelta(days=45),
        extra=(("acquirer", "gopay"), ("transaction_type", "on-us"), ("issuer", "gopay")),
    ),
    "gopay": Method("GoPay", "gopay", HOUR // 4, refunded_within=timedelta(days=45)),
    "shopeepay": Method("ShopeePay", "shopeepay", HOUR // 4, refunded_within=timedelta(days=365)),
    "dana": Method("DANA", "dana", HOUR // 4, refunded_within=timedelta(days=45)),
    "ovo": Method("OVO", "ovo", 60, refunded_within=timedelta(days=7)),
    "bca_va": Method("BCA virtual account", "bank_transfer", DAY, bank="bca"),
    "bni_va": Method("BNI virtual account", "bank_transfer", DAY, bank="bni"),
    "bri_va": Method("BRI virtual account", "bank_transfer", DAY, bank="bri"),
    "bsi_va": Method("BSI virtual account", "bank_transfer", DAY, bank="bsi"),
    "permata_va": Method("Permata virtual account", "bank_transfer", DAY, bank="permata"),
    "echannel": Method("Mandiri bill", "echannel", DAY),
    "credit_card": Method("Card", "credit_card", HOUR // 6, refunded_within=timedelta(days=180)),
}
# Those whose transaction names its own id as its order in the status API.
FOREIGN_ORDER_ID = ("dana", "bsi_va")
