"""The bucket that people's files are in."""

from typing import Any

from tests.deploy.transformed import of_type

BUCKET = of_type("AWS::S3::Bucket")["Files"]
PROPERTIES = BUCKET["Properties"]


def test_files_are_encrypted_and_not_public() -> None:
    (rule,) = PROPERTIES["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(PROPERTIES["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(PROPERTIES["PublicAccessBlockConfiguration"]) == 4
    assert PROPERTIES["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_files_are_unreachable_without_tls() -> None:
    policy = of_type("AWS::S3::BucketPolicy")["FilesOverTlsOnly"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}
    assert statement["Resource"] == [{"Fn::GetAtt": ["Files", "Arn"]}, {"Fn::Sub": "${Files.Arn}/*"}]


def test_uploads_and_exports_expire_and_files_of_messages_do_not() -> None:
    rules: list[dict[str, Any]] = PROPERTIES["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule} == {
        "uploads/": 2,
        "exports/": 8,
    }
    assert [rule for rule in rules if "AbortIncompleteMultipartUpload" in rule]


def test_pages_of_our_origins_may_upload_and_download() -> None:
    (rule,) = PROPERTIES["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == {"Fn::Split": [",", {"Ref": "CorsOrigins"}]}
    assert rule["AllowedMethods"] == ["GET", "PUT"]
    assert rule["AllowedHeaders"] == ["Content-Type", "If-None-Match"]


def test_files_survive_the_stack_and_deleted_ones_have_no_other_version() -> None:
    assert BUCKET["DeletionPolicy"] == BUCKET["UpdateReplacePolicy"] == "Retain"
    assert "VersioningConfiguration" not in PROPERTIES
