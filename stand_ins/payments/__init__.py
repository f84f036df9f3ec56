"""What the stand-ins for payment providers share: a simulator by the stack's clock, webhooks, faults, and pages.

Each provider has an engine: a state machine without clock, network or file.
"""
