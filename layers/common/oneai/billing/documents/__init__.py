"""Billing details, invoices and credit notes; `pdf` is imported only to print one."""

from oneai.billing.documents.billing_details import (
    BillingDetails,
    NewBillingDetails,
    read_billing_details,
    save_billing_details,
)
from oneai.billing.documents.invoices import Invoice, InvoicePage, find_invoice, list_invoices, print_invoice

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
