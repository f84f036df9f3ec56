"""API keys, which programs use instead of a token. A key permits a part of what its owner may do, with its own limits.

Import the modules one by one: a question with an access token does not need the models in `fields`.
"""
