"""A stand-in for S3, files in a folder: the objects of one bucket, and addresses signed with AWS's Signature Version 4.

`create` makes the app that the gateway mounts at `/storage`. boto3 and browsers cannot tell the difference for what
`oneai.clients.s3` does. A signed address is good for its method, its object, its signed headers (so for one type and
one length) and until it expires by the stack's clock. There are no rights and no lifecycle: what an object may be is up
to the template's roles and rules, which only AWS has.
"""

from local.storage.app import create, settings_of

__all__ = ["create", "settings_of"]
