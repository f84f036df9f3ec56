"""A stand-in for AWS KMS: one symmetric key, and the two requests that `oneai.clients.kms_data_keys` sends.

It checks no signature. Unlike moto it refuses a disabled key, as AWS does.
"""

from stand_ins.kms.app import DISABLED, KEY_ARN, create, settings_of

__all__ = ["DISABLED", "KEY_ARN", "create", "settings_of"]
