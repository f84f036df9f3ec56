"""The API of documents and their collections."""

import bulk_routes
import collection_routes
import document_routes
import document_search_routes

from oneai.clients import secrets_manager
from oneai.http.fastapi_app import application, handler_of

secrets_manager.load()
# Words before ids: `/documents/bulk` is not a document.
app = application(
    "Documents", bulk_routes.router, document_search_routes.router, document_routes.router, collection_routes.router
)

handler = handler_of(app)
