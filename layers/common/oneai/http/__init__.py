"""HTTP: the FastAPI apps behind API Gateway, the streaming function, function URLs, and their common headers."""
