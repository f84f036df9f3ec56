"""Invoices and credit notes that hold in India: who is billed, what tax is in it, and the paper."""
