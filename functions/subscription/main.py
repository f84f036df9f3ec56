"""The API of subscriptions, invoices and prepaid credits."""

import credit_purchase_routes
import credit_routes
import credit_use_routes
import invoice_routes
import offer_routes
import subscription_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
app = application(
    "Subscription",
    subscription_routes.router,
    invoice_routes.router,
    offer_routes.router,
    credit_routes.router,
    credit_purchase_routes.router,
    credit_use_routes.router,
)

handler = handler_of(app)
