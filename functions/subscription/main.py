"""What a person pays for: plans, subscriptions, and the invoices of what was paid."""

import invoicing
import operations
import plans

from oneai import secrets
from oneai.web import application, handler

secrets.load()
app = application("Subscription", plans.router, operations.router, invoicing.router)

handler = handler(app)
