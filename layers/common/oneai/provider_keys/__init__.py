"""Keys for model providers that belong to a workspace: how they are stored, managed and tested.

Their plain text is never stored. docs/decisions/provider-keys.md has the reasons.
"""
