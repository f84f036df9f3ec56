"""Ask, stop, resume: the one function that streams. Started by `oneai/start`; any ASGI server runs it as well."""

import os

from oneai import secrets, web_stream

secrets.load()
app = web_stream.application()

if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    web_stream.preload()
