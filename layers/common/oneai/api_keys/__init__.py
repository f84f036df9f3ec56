"""API keys: what programs show instead of a token, for some of what their owner may do, within limits of their own.

Its modules are imported one by one: a question asked with a token needs none of the models in `fields`.
"""
