"""What a person pays for: subscriptions, and the invoices of what was paid."""

import invoicing
import operations

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application("Subscription", operations.router, invoicing.router)

handler = handler_of(app)
