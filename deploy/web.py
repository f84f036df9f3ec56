"""`make deploy-web STAGE=production`: puts the built web app into the bucket behind CloudFront.

Assets are uploaded first and pages last, so that a page never names a missing file. Assets of the previous build are
kept for thirty days, for pages that are still open. The bucket removes the files that are marked here.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.web.build import NotBuilt, build
from local.web.files import ASSETS, cache_control, content_type, with_origin
from oneai.accounts.consents import ConsentSettings

CONFIG = "config.json"
# For a stack that was deployed before these were parameters.
CONSENTS = ConsentSettings()
# The files of the last deployment, stored in the bucket so that the next one knows what it supersedes.
_DEPLOYED = "deployed.json"
# They announce the new version to open pages, so they are uploaded last.
_ANNOUNCEMENTS = {"service-worker.js", "_app/version.json"}


class CannotDeploy(Exception):
    """The stack is not ready for the web app; the text states what to do."""


@dataclass(frozen=True)
class DeployedStack:
    """The outputs and parameters of the CloudFormation stack."""

    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    region: str

    @property
    def config(self) -> dict[str, Any]:
        """`/config.json`, whose shape is in `web/src/lib/config.ts`."""
        api_url = self.parameters.get("PublicApiUrl") or self.outputs["ApiUrl"]
        sign_in = json.loads(self.outputs["WebSignIn"])
        return {
            "api_url": api_url.removesuffix("/api"),
            "supabase_url": self.parameters["SupabaseUrl"],
            "supabase_publishable_key": sign_in["supabase_publishable_key"],
            "files_url": f"https://{self.outputs['FilesBucket']}.s3.{self.region}.amazonaws.com",
            "site_name": self.parameters.get("SiteName", ""),
            "operator": {
                "name": self.parameters.get("SellerName", ""),
                "address": self.parameters.get("SellerAddress", ""),
                "email": self.parameters.get("OperatorEmail", ""),
            },
            "grievance": {
                "name": self.parameters.get("GrievanceName") or self.parameters.get("SellerName", ""),
                "address": self.parameters.get("GrievanceAddress") or self.parameters.get("SellerAddress", ""),
                "email": self.parameters.get("GrievanceEmail") or self.parameters.get("OperatorEmail", ""),
            },
            "terms_version": self.parameters.get("TermsVersion") or CONSENTS.terms_version,
            "privacy_version": self.parameters.get("PrivacyVersion") or CONSENTS.privacy_version,
            "minimum_age": int(self.parameters.get("MinimumAge") or CONSENTS.minimum_age),
            "sign_in_providers": [name for name in sign_in["sign_in_providers"].split(",") if name],
            "passkeys": sign_in.get("passkeys") == "true",
            "provider_keys": sign_in.get("provider_keys") == "true",
        }

    def warnings(self) -> Iterable[str]:
        """Problems that would break the app at this address."""
        here = self.outputs["WebUrl"]
        if here not in self.parameters.get("CorsOrigins", "").split(","):
            yield f"CorsOrigins lacks {here}: pages there cannot call the API."
        if urlsplit(self.parameters.get("SiteUrl", "")).netloc != urlsplit(here).netloc:
            yield f"SiteUrl is not {here}: links in mails and shares lead elsewhere."
        if not self.config["supabase_publishable_key"]:
            yield "SupabasePublishableKey is empty: users cannot sign in."


def describe(name: str) -> DeployedStack:
    """Reads the stack from CloudFormation. Raises CannotDeploy."""
    client = boto3.client("cloudformation")
    try:
        (found,) = client.describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise CannotDeploy(f"CloudFormation does not show the stack {name}: {error}") from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", ())}
    if "WebBucket" not in outputs:
        raise CannotDeploy(f"{name} has no bucket for the web app: deploy it with WebApp=true first.")
    return DeployedStack(outputs, parameters, client.meta.region_name)


def deploy(stack: DeployedStack, folder: Path) -> tuple[int, int]:
    """Uploads the build in `folder`. Returns the number of uploaded files and of superseded ones."""
    bucket = _Bucket(stack.outputs["WebBucket"])
    names = sorted(_names(folder), key=_turn)
    before = bucket.deployed()
    # An asset of the same name has the same content.
    sent = [name for name in names if not (name.startswith(ASSETS) and name in before)]
    config = json.dumps(stack.config).encode()
    config_sent = False
    for name in sent:
        if not config_sent and not name.startswith(ASSETS):
            bucket.put(CONFIG, config)
            config_sent = True
        bucket.put(name, with_origin(name, (folder / name).read_bytes(), stack.outputs["WebUrl"]))
    superseded = sorted(before - set(names))
    for name in superseded:
        bucket.supersede(name)
    bucket.put(_DEPLOYED, json.dumps(names).encode())
    _invalidate(stack.outputs["WebDistributionId"])
    return len(sent), len(superseded)


def _names(folder: Path) -> Iterable[str]:
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.startswith("."):
            yield file.relative_to(folder).as_posix()


def _turn(name: str) -> tuple[int, str]:
    """Its position in the order of uploads."""
    if name.startswith(ASSETS):
        return 0, name
    if name in _ANNOUNCEMENTS:
        return 3, name
    return (2 if name.endswith(".html") else 1), name


class _Bucket:
    def __init__(self, name: str) -> None:
        self._name = name
        self._client = boto3.client("s3")

    def deployed(self) -> set[str]:
        """The file names of the last deployment; empty before the first."""
        try:
            body = self._client.get_object(Bucket=self._name, Key=_DEPLOYED)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return set()
        return set(json.loads(body))

    def put(self, name: str, body: bytes) -> None:
        """Uploads a file and removes its mark as superseded."""
        self._client.put_object(
            Bucket=self._name, Key=name, Body=body, ContentType=content_type(name), CacheControl=cache_control(name)
        )

    def supersede(self, name: str) -> None:
        """Supersedes a file: an asset is kept for thirty days from its copy, and a page is deleted at once."""
        if not name.startswith(ASSETS):
            self._client.delete_object(Bucket=self._name, Key=name)
            return
        self._client.copy_object(
            Bucket=self._name,
            Key=name,
            CopySource={"Bucket": self._name, "Key": name},
            ContentType=content_type(name),
            CacheControl=cache_control(name),
            # S3 copies a file onto itself only if its metadata changes.
            Metadata={"superseded-at": datetime.now(UTC).isoformat(timespec="seconds")},
            MetadataDirective="REPLACE",
            Tagging="superseded=true",
            TaggingDirective="REPLACE",
        )


def _invalidate(distribution: str) -> None:
    """Makes the edges reload pages. One path with a wildcard counts as one of the thousand free ones a month."""
    paths = {"Quantity": 1, "Items": ["/*"]}
    batch = {"Paths": paths, "CallerReference": datetime.now(UTC).isoformat()}
    boto3.client("cloudfront").create_invalidation(DistributionId=distribution, InvalidationBatch=batch)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 after printing why it cannot be deployed."""
    parser = argparse.ArgumentParser(prog="make deploy-web", description=__doc__)
    parser.add_argument("stack", help="the CloudFormation stack's name, such as oneai-production")
    name = parser.parse_args(arguments).stack
    try:
        if not name:
            raise CannotDeploy("Say which stage: make deploy-web STAGE=production, or STACK=oneai-production")
        stack = describe(name)
        sent, superseded = deploy(stack, build())
    except (CannotDeploy, NotBuilt) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{sent} files sent, {superseded} superseded: {stack.outputs['WebUrl']}")
    for warning in stack.warnings():
        print(warning, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
