"""A stand-in for S3, files in a folder: the objects of one bucket, and addresses signed with AWS's Signature Version 4.

`create` makes the app that the gateway mounts at `/storage`. For everything that `oneai.clients.s3` does, boto3
and browsers work as with S3. A signed address is valid for its method, its object, its signed headers (so for one type
and one length) and until it expires by the stack's clock. There are no rights and no lifecycle: those are the
template's roles and rules, which only AWS enforces.
"""

from stand_ins.storage.app import BUCKET, create, settings_of

__all__ = ["BUCKET", "create", "settings_of"]
