"""A host is public unless it could lead into a private network."""

import pytest

from oneai import files


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "example.com:8443",
        "example.com.",
        "EXAMPLE.com",
        "my_bucket.s3.ap-south-1.amazonaws.com",
        "xn--bcher-kva.example",
        "localhost.example.com",
        "1.example.com",
        "notnip.io",
        "intern.example",
        "168.63.129.17",
        "8.8.8.8",
        "[2606:4700:4700::1111]",
    ],
)
def test_a_host_reachable_by_anyone_is_public(host: str) -> None:
    assert files.is_public(f"https://{host}/cat.png?size=large#eyes")


@pytest.mark.parametrize(
    "host",
    [
        *("", "localhost", "printer", "10.0.0.8", "127.1", "2130706433", "0x7f.1", "0300.0250.1.1", "256.1.1.1"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8"),
        # NAT64, IPv4 as IPv6 in five ways, multicast, site-local, link-local with a zone.
        *("[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[::169.254.169.254]", "[::ffff:169.254.169.254]"),
        *("[2002:a9fe:a9fe::]", "[2001:0:a9fe:a9fe::]", "[ff02::1]", "[ff0e::1]", "[fec0::1]", "[fe80::1%25eth0]"),
        *("[2606:4700::1111%25eth0]", "[2606:4700::1111", "2606:4700::1111"),
        *("kubernetes.default.svc", "kubernetes.default", "vault.service.consul.", "router.localdomain", "x.internal"),
        *("127.0.0.1%00.example.com", "169.254.169.254%2f.example.com", "%6cocalhost.example.com"),
        *("exa$mple.com", "-example.com", "example..com", "example.com-", ".example.com", "user@example.com"),
        *("168.63.129.16", "metadata.azure.com", "x.metadata.azure.com", "metadata.tencentyun.com", "x.intern"),
        *("fritz.box", "nas.fritz.box", "127.0.0.1.nip.io", "10-0-0-1.sslip.io", "localtest.me", "a.localtest.me."),
        *("example.com:port", "example.com:99999", "b\u00fccher.example", "example.com\\@127.0.0.1", "\t.example.com"),
    ],
)
def test_a_host_in_a_private_network_or_with_an_odd_spelling_is_not_public(host: str) -> None:
    assert not files.is_public(f"https://{host}/cat.png")


@pytest.mark.parametrize("url", ["http://example.com/", "//example.com/", "ftp://example.com/", "https:x.com", ""])
def test_only_https_is_public(url: str) -> None:
    assert not files.is_public(url)
