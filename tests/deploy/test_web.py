"""The web app's deployment: the order of uploads, remaining files, and the configuration of CloudFront."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.server import ThreadedMotoServer

from deploy import web
from local import node
from local.data_folder import REPOSITORY
from local.web.build import build
from tests.deploy.transformed import of_type, source, transform

pytestmark = pytest.mark.exhaustive

STACK, BUCKET = "oneai-sample", "oneai-sample-web"
PARAMETERS = {
    "SupabaseUrl": "https://abc.supabase.co",
    "SiteUrl": "https://app.example.com",
    "SiteName": "Sample",
    "CorsOrigins": "https://app.example.com",
    "PublicApiUrl": "",
    "SellerName": "Sample Ltd",
    "GrievanceName": "Meera Nair",
    "PrivacyVersion": "2027-04-01",
    "SellerAddress": "1 Street",
    "OperatorEmail": "help@example.com",
}
SIGN_IN = (
    '{"supabase_publishable_key":"sb_publishable_1","sign_in_providers":"google,github","passkeys":"true",'
    '"provider_keys":"true"}'
)
WEB_ONLY = (
    *("Web", "WebPolicy", "WebAccess", "WebAddresses"),
    *("WebHeaders", "WebPayHeaders", "WebSharedHeaders", "WebDistribution"),
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto in AWS's place, with a stack that says what the template's outputs and parameters say."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "sample")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    with mock_aws():
        make_bucket()
        yield


@pytest.fixture
def aws_over_http(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto as a server, for a process of its own."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "sample")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    make_bucket()
    yield
    server.stop()


def make_bucket() -> None:
    """The bucket that the template's stack has."""
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})


def make_stack(**outputs: str) -> None:
    """A CloudFormation stack with these outputs."""
    template = {
        "Parameters": {name: {"Type": "String"} for name in PARAMETERS},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()],
    )


@pytest.fixture
def stack(aws: None) -> web.DeployedStack:
    """A deployed stack with its bucket and distribution."""
    return make_web_stack()


def make_web_stack() -> web.DeployedStack:
    """A stack that was deployed with WebApp=true."""
    behavior = {"TargetOriginId": "web", "ViewerProtocolPolicy": "redirect-to-https"}
    behavior |= {"MinTTL": 1, "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}  # type: ignore[dict-item]
    origin = {"Id": "web", "DomainName": "web.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    made = boto3.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "sample",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behavior,
        }
    )
    make_stack(
        ApiUrl="https://id.execute-api.ap-south-1.amazonaws.com/api",
        FilesBucket="files",
        WebBucket=BUCKET,
        WebDistributionId=made["Distribution"]["Id"],
        WebUrl="https://app.example.com",
        WebSignIn=SIGN_IN,
    )
    return web.describe(STACK)


def build_of(folder: Path, **files: str) -> Path:
    """A build with these files; `__` in a name stands for a folder, `_dot_` for a dot."""
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / ".sources").write_text("not for the bucket")
    return folder


FIRST = {
    "200_dot_html": "app",
    "pricing_dot_html": "prices",
    "old_dot_html": "old",
    "service-worker_dot_js": "1",
    "appearance_dot_js": "a",
    "_app__immutable__one_dot_js": "one",
    "_app__immutable__same_dot_js": "same",
    "_app__version_dot_json": "{}",
}


def keys() -> set[str]:
    """What the bucket holds."""
    return {each["Key"] for each in boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]}


def tags(name: str) -> dict[str, str]:
    """The tags of an object."""
    found = boto3.client("s3").get_object_tagging(Bucket=BUCKET, Key=name)["TagSet"]
    return {each["Key"]: each["Value"] for each in found}


def test_assets_are_uploaded_before_pages_and_announcements_last(
    stack: web.DeployedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    put = web._Bucket.put

    def noted(self: Any, name: str, body: bytes) -> None:
        order.append(name)
        put(self, name, body)

    monkeypatch.setattr(web._Bucket, "put", noted)
    web.deploy(stack, build_of(tmp_path, **FIRST))

    assert order == [
        "_app/immutable/one.js",
        "_app/immutable/same.js",
        "config.json",
        "appearance.js",
        "200.html",
        "old.html",
        "pricing.html",
        "_app/version.json",
        "service-worker.js",
        "deployed.json",
    ]
    assert keys() == set(order)


def test_files_have_their_type_and_cache_lifetime(stack: web.DeployedStack, tmp_path: Path) -> None:
    web.deploy(stack, build_of(tmp_path, **FIRST))

    client = boto3.client("s3")
    heads = {name: client.head_object(Bucket=BUCKET, Key=name) for name in ("200.html", "_app/immutable/one.js")}
    assert {name: (head["ContentType"], head["CacheControl"]) for name, head in heads.items()} == {
        "200.html": ("text/html; charset=utf-8", "no-cache"),
        "_app/immutable/one.js": ("text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
    }


def test_pages_contain_the_sites_own_address(stack: web.DeployedStack, tmp_path: Path) -> None:
    here = "https://this-site.invalid"
    web.deploy(stack, build_of(tmp_path, **FIRST, about_dot_html=f'<link rel="canonical" href="{here}/about" />'))

    body = boto3.client("s3").get_object(Bucket=BUCKET, Key="about.html")["Body"].read()
    assert body == b'<link rel="canonical" href="https://app.example.com/about" />'


def test_superseded_assets_are_kept_for_open_pages_and_return_with_their_build(
    stack: web.DeployedStack, tmp_path: Path
) -> None:
    first = build_of(tmp_path / "1", **FIRST)
    changed = {name: text for name, text in FIRST.items() if not name.startswith(("_app__immutable__one", "old"))}
    second = build_of(tmp_path / "2", **changed, _app__immutable__two_dot_js="two")
    web.deploy(stack, first)

    sent, superseded = web.deploy(stack, second)

    # Of the assets only the new one is sent again; the page that is gone is gone at once.
    assert (sent, superseded) == (6, 2)
    assert "old.html" not in keys()
    assert tags("_app/immutable/one.js") == {"superseded": "true"}
    assert tags("_app/immutable/same.js") == {}
    kept = boto3.client("s3").get_object(Bucket=BUCKET, Key="_app/immutable/one.js")
    assert (kept["Body"].read(), kept["CacheControl"]) == (b"one", "public, max-age=31536000, immutable")

    web.deploy(stack, first)
    assert tags("_app/immutable/one.js") == {}
    assert tags("_app/immutable/two.js") == {"superseded": "true"}


def test_the_bucket_removes_marked_assets_after_thirty_days() -> None:
    rules = source()["Resources"]["Web"]["Properties"]["LifecycleConfiguration"]["Rules"]

    (rule,) = [each for each in rules if "TagFilters" in each]
    assert (rule["TagFilters"], rule["ExpirationInDays"]) == ([{"Key": "superseded", "Value": "true"}], 30)


def test_config_json_is_built_from_the_stacks_outputs_and_parameters(stack: web.DeployedStack, tmp_path: Path) -> None:
    web.deploy(stack, build_of(tmp_path, **FIRST))

    config = json.loads(boto3.client("s3").get_object(Bucket=BUCKET, Key="config.json")["Body"].read())
    assert config == {
        "api_url": "https://id.execute-api.ap-south-1.amazonaws.com",
        "supabase_url": "https://abc.supabase.co",
        "supabase_publishable_key": "sb_publishable_1",
        "files_url": "https://files.s3.ap-south-1.amazonaws.com",
        "site_name": "Sample",
        "operator": {"name": "Sample Ltd", "address": "1 Street", "email": "help@example.com"},
        "grievance": {"name": "Meera Nair", "address": "1 Street", "email": "help@example.com"},
        "terms_version": "2026-11-23",
        "privacy_version": "2027-04-01",
        "minimum_age": 18,
        "sign_in_providers": ["google", "github"],
        "passkeys": True,
        "provider_keys": True,
    }
    declared = re.findall(r"^  (\w+)\??:", (node.WEB / "src/lib/config.ts").read_text(), re.MULTILINE)
    assert set(config) == set(declared)


@pytest.mark.exhaustive
def test_the_command_uploads_the_build_to_aws(aws_over_http: None) -> None:
    make_web_stack()
    folder = build()

    done = subprocess.run(
        ["make", "-s", "deploy-web", f"STACK={STACK}"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()} - {".sources"}
    assert done.stdout.splitlines()[-1] == f"{len(files)} files sent, 0 superseded: https://app.example.com"
    assert keys() == files | {"config.json", "deployed.json"}
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key="pricing.html")["Body"].read().decode()
    assert '<link rel="canonical" href="https://app.example.com/pricing"' in body


def test_edges_are_notified_of_changed_pages(stack: web.DeployedStack, tmp_path: Path) -> None:
    web.deploy(stack, build_of(tmp_path, **FIRST))

    listed = boto3.client("cloudfront").list_invalidations(DistributionId=stack.outputs["WebDistributionId"])
    assert listed["InvalidationList"]["Quantity"] == 1


def test_a_missing_stack_or_web_app_is_reported_in_a_sentence(aws: None, capsys: pytest.CaptureFixture[str]) -> None:
    missing = web.main([STACK])
    make_stack(ApiUrl="https://id.execute-api.ap-south-1.amazonaws.com/api")
    without = web.main([STACK])
    unnamed = web.main([""])

    lines = capsys.readouterr().err.splitlines()
    assert (missing, without, unnamed) == (1, 1, 1)
    assert "does not show the stack" in lines[0]
    assert "WebApp=true" in lines[1]
    assert "STACK=" in lines[2]


def test_settings_that_would_break_the_app_are_reported(stack: web.DeployedStack) -> None:
    elsewhere = web.DeployedStack({**stack.outputs, "WebUrl": "https://d1.cloudfront.net"}, PARAMETERS, "ap-south-1")

    assert list(stack.warnings()) == []
    assert [line.split()[0] for line in elsewhere.warnings()] == ["CorsOrigins", "SiteUrl"]


def test_no_web_app_resource_is_created_by_default() -> None:
    template = transform()

    assert template["Parameters"]["WebApp"]["Default"] == "false"
    assert {name: template["Resources"][name].get("Condition") for name in WEB_ONLY} == dict.fromkeys(
        WEB_ONLY, "HasWebApp"
    )
    outputs = ("WebUrl", "WebSignIn", "WebBucket", "WebDistributionId")
    assert {template["Outputs"][name].get("Condition") for name in outputs} == {"HasWebApp"}


def test_the_api_is_not_behind_cloudfront() -> None:
    origins = of_type("AWS::CloudFront::Distribution")["WebDistribution"]["Properties"]["DistributionConfig"]["Origins"]

    assert [origin["DomainName"] for origin in origins] == [{"Fn::GetAtt": ["Web", "RegionalDomainName"]}]
