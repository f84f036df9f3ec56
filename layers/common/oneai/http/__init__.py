"""HTTP: the FastAPI apps behind API Gateway, the streaming function, function URLs, and what their responses share."""
