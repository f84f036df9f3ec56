"""What most Python functions behind an API are made of, with one route."""

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/health")
async def hello() -> dict[str, str]:
    """Answers."""
    return {"hello": "world"}


handler = Mangum(app, lifespan="off")
