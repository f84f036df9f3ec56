"""Invokes the function as Lambda does, on files that a storage hands out over HTTP."""

import dataclasses
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.jobs import JobOutcome, Jobs
from local.template import Function


class Storage:
    """Hands out files at addresses of their own."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.app = Starlette(routes=[Route("/{name:path}", self._hand_out)])

    async def _hand_out(self, request: Request) -> Response:
        file = self.files.get(request.path_params["name"])
        return Response(status_code=404) if file is None else Response(file)


class Reader:
    """The function over this storage."""

    def __init__(self, jobs: Jobs, function: Function, storage: Storage, address: str) -> None:
        self.jobs, self.function, self.storage, self.address = jobs, function, storage, address

    async def invoke(self, event: dict[str, Any], **limits: int) -> JobOutcome:
        """One invocation; `limits` are the function's settings, without their prefix."""
        variables = {f"INGEST_{name.upper()}": str(value) for name, value in limits.items()}
        function = dataclasses.replace(self.function, environment={**self.function.environment, **variables})
        return await self.jobs.run(function, event)

    async def range(self, content: bytes, name: str = "file", *, position: Any = None, **limits: int) -> dict[str, Any]:
        """The answer about one range of a file."""
        self.storage.files["stored"] = content
        event = {"url": f"{self.address}/stored", "name": name, "media_type": "", "position": position}
        outcome = await self.invoke(event, **limits)
        assert outcome.status == "succeeded", outcome
        answer: dict[str, Any] = outcome.output
        return answer

    async def ranges(self, content: bytes, name: str = "file", **limits: int) -> list[dict[str, Any]]:
        """The answers about all ranges of a file, each from the position that the one before gave."""
        answers = [await self.range(content, name, **limits)]
        while (position := answers[-1]["position"]) is not None:
            answers.append(await self.range(content, name, position=position, **limits))
        return answers

    async def text(self, content: bytes, name: str = "file") -> str:
        """All text of a file that is read in one range."""
        answer = await self.range(content, name)
        assert (answer["problem"], answer["position"], answer["progress"]) == (None, None, 1.0)
        return "\n".join(piece["text"] for piece in answer["pieces"])

    async def problem(self, content: bytes, name: str = "file", **limits: int) -> str:
        """The code of what is the matter with a file."""
        answer = await self.range(content, name, **limits)
        assert answer["problem"] is not None, answer
        assert answer["problem"]["message"].endswith(".")
        assert (answer["pieces"], answer["position"]) == ([], None)
        code: str = answer["problem"]["code"]
        return code
