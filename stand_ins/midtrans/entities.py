"""A transaction as the status API and notifications show it."""

from stand_ins.midtrans.account import Transaction, local_time
from stand_ins.midtrans.keys import Keys
from stand_ins.midtrans.methods import FOREIGN_ORDER_ID, METHODS
from stand_ins.payments.state import JsonObject

# `status_code` mirrors the transaction. In practice an expired one says 202 in notifications.
_CODES = {"pending": "201", "authorize": "201", "deny": "202", "failure": "202", "cancel": "200", "expire": "407"}


def amount_text(amount: int) -> str:
    """Rupiah as Midtrans sends them."""
    return f"{amount}.00"


def transaction_body(keys: Keys, transaction: Transaction, *, notified: bool = False) -> JsonObject:
    """The transaction, signed. Notifications name our order, the status API of some methods the transaction itself."""
    method = METHODS[transaction.method]
    foreign = not notified and transaction.method in FOREIGN_ORDER_ID
    order_id = transaction.transaction_id if foreign else transaction.order_id
    code = "201" if transaction.fraud_status == "challenge" else _CODES.get(transaction.status, "200")
    code = "202" if notified and transaction.status == "expire" else code
    gross = amount_text(transaction.amount + transaction.fee)
    body: JsonObject = {
        "transaction_time": local_time(transaction.created_at),
        "transaction_status": transaction.status,
        "transaction_id": transaction.transaction_id,
        "status_message": "midtrans payment notification" if notified else "Success, transaction is found",
        "status_code": code,
        "signature_key": keys.signature(order_id, code, gross),
        "payment_type": method.payment_type,
        "order_id": order_id,
        "merchant_id": "G000000001",
        "gross_amount": gross,
        "fraud_status": transaction.fraud_status,
        "currency": "IDR",
        ("expire_time" if method.payment_type == "qris" else "expiry_time"): local_time(transaction.expires_at),
    }
    body |= dict(method.extra) | numbers(transaction)
    if transaction.settled_at is not None:
        body["settlement_time"] = local_time(transaction.settled_at)
    if transaction.refunds:
        body |= _refunds(transaction)
    metadata = dict(transaction.metadata)
    if transaction.fee:
        metadata["extra_info"] = {
            "gross_amount_info": {
                "original_amount": str(transaction.amount),
                "gross_amount": str(transaction.amount + transaction.fee),
                "customer_imposed_payment_fee": str(transaction.fee),
            }
        }
    return body | ({"metadata": metadata} if metadata else {})


def numbers(transaction: Transaction) -> JsonObject:
    """What a payer needs at their bank."""
    method = METHODS[transaction.method]
    if method.bank == "permata":
        return {"permata_va_number": transaction.number}
    if method.bank is not None:
        return {"va_numbers": [{"bank": method.bank, "va_number": transaction.number}], "payment_amounts": []}
    return {"biller_code": "70012", "bill_key": transaction.number} if method.payment_type == "echannel" else {}


def _refunds(transaction: Transaction) -> JsonObject:
    return {
        "refund_amount": amount_text(transaction.refunded),
        "refunds": [
            {
                "refund_chargeback_id": each["id"],
                "refund_amount": amount_text(each["amount"]),
                "created_at": local_time(each["at"]),
                "reason": each["reason"],
                "refund_key": each["key"],
            }
            for each in transaction.refunds
        ],
    }
