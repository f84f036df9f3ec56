"""The headers of the app's pages: those of template.yaml's CloudFront, with this stack's addresses in them."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from local.data_folder import REPOSITORY
from local.template import document
from local.web import widget_origin

type Headers = dict[str, str]

_SECURITY = {
    "ContentSecurityPolicy": ("content-security-policy", "ContentSecurityPolicy"),
    "FrameOptions": ("x-frame-options", "FrameOption"),
    "ReferrerPolicy": ("referrer-policy", "ReferrerPolicy"),
}


class PageHeaders:
    """The headers of each address."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        resources = document(REPOSITORY / "template.yaml")["Resources"]
        values = {
            "ApiUrl": "",  # the page's own origin
            "SupabaseUrl": _origin(environment.get("SUPABASE_URL", "")),
            "FilesUrl": files_origin(environment),
            "WidgetOrigin": environment.get("WIDGET_ORIGIN", ""),
        }
        web, widget = (
            resources[name]["Properties"]["DistributionConfig"] for name in ("WebDistribution", "WidgetDistribution")
        )
        self._of_widget = _headers(resources, widget["DefaultCacheBehavior"], values)
        self._everywhere = _headers(resources, web["DefaultCacheBehavior"], values)
        self._by_path = {
            each["PathPattern"]: _headers(resources, each, values) for each in web.get("CacheBehaviors", ())
        }

    def of(self, path: str) -> Headers:
        """The headers of what is served at `path`, in lower case. The widget's files have those of its own origin."""
        if path in widget_origin.files():
            return self._of_widget
        patterns = (each for each in self._by_path if fnmatchcase(path, each))
        return self._by_path[first] if (first := next(patterns, None)) else self._everywhere


def files_origin(environment: Mapping[str, str]) -> str:
    """The origin of users' files, as browsers see it."""
    if address := environment.get("STORAGE_ENDPOINT_URL"):
        return _origin(address)
    bucket = environment.get("STORAGE_BUCKET", "")
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", "")
    return f"https://{bucket}.s3.{region}.amazonaws.com" if bucket and region else ""


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _headers(resources: dict[str, Any], behavior: dict[str, Any], values: Mapping[str, str]) -> Headers:
    policy = resources[behavior["ResponseHeadersPolicyId"]["Ref"]]["Properties"]["ResponseHeadersPolicyConfig"]
    security = policy["SecurityHeadersConfig"]
    headers = {"x-content-type-options": "nosniff"}
    if origins := policy.get("CorsConfig"):
        headers["access-control-allow-origin"] = ",".join(origins["AccessControlAllowOrigins"]["Items"])
    for key, (name, field) in _SECURITY.items():
        if key in security:
            headers[name] = _text(security[key][field], values)
    for item in policy["CustomHeadersConfig"]["Items"]:
        headers[item["Header"].lower()] = _text(item["Value"], values)
    return headers


def _text(value: Any, values: Mapping[str, str]) -> str:
    """A text of the template; what CloudFormation would put in is replaced with `values`."""
    if isinstance(value, dict):
        pattern = value["Fn::Sub"]
        text = pattern[0] if isinstance(pattern, list) else pattern
        value = re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], ""), text)
    return re.sub(r" +(?=;|$)| (?= )", "", str(value))
