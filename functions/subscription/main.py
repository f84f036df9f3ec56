"""What a person pays for: subscriptions, and the invoices of what was paid."""

import invoicing
import operations

from oneai import secrets
from oneai.web import application, handler_of

secrets.load()
app = application("Subscription", operations.router, invoicing.router)

handler = handler_of(app)
