"""A typical Python function behind an API, with one route."""

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/health")
async def hello() -> dict[str, str]:
    """Answers the only route."""
    return {"hello": "world"}


handler = Mangum(app, lifespan="off")
