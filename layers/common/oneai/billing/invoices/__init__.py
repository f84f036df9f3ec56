"""Billing details, invoices and credit notes; `pdf` is imported only to print one."""

from oneai.billing.invoices.billing_details import (
    BillingDetails,
    NewBillingDetails,
    read_billing_details,
    save_billing_details,
)
from oneai.billing.invoices.invoice import Invoice
from oneai.billing.invoices.issued import InvoicePage, find_invoice, list_invoices, print_invoice

__all__ = [
    "BillingDetails",
    "Invoice",
    "InvoicePage",
    "NewBillingDetails",
    "find_invoice",
    "list_invoices",
    "print_invoice",
    "read_billing_details",
    "save_billing_details",
]
