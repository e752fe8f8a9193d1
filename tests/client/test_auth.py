"""Every market's credential, byte for byte as its documents and samples have it.

Where a market publishes an example without its secret, the string to sign is compared.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from requests import PreparedRequest, Request

from lifecheck_demo.client import AUTH_NAMES, NoAuth, VendorAuth, auth_for
from lifecheck_demo.client.auth import aliyun, huawei, jumdata, tencent
from lifecheck_demo.client.auth.base import hmac_base64, hmac_hex, host_of, sha256_hex
from lifecheck_demo.settings import MARKETS

SECRET = "test-secret-key"
# Mon, 19 Mar 2018 12:08:40 GMT, the date of the Tencent vectors.
MARCH = 1521461320.0
NONCE = "c9f15cbf-f4ac-4a6c-b54d-f51abf4b5b44"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


def sent(
    auth: VendorAuth,
    url: str = "https://a.example/path",
    body: str | None = "token=T&b=%E6%A3%80",
    **headers: str,
) -> PreparedRequest:
    """A POST as *auth* makes it."""
    said = {"Accept": "application/json", **headers}
    if body is not None:
        said.setdefault("Content-Type", FORM)
    return Request("POST", url, said, data=body, auth=auth).prepare()


def keyed(name: str, key: str = "KEY-1", secret: str = SECRET) -> VendorAuth:
    """The auth *name*, at the moment and with the nonce of the vectors."""
    return auth_for(name, key=key, secret=secret, clock=lambda: MARCH, nonce=lambda: NONCE)


def test_every_auth_is_a_setting_and_every_setting_an_auth() -> None:
    """What settings.py accepts is what can be made."""
    assert set(AUTH_NAMES) == set(MARKETS)
    for name in AUTH_NAMES:
        assert auth_for(name, "code", key="key", secret="secret").name == name


def test_none_sends_nothing() -> None:
    """For the sandbox, and for a proxy that adds the proof itself."""
    assert dict(sent(NoAuth()).headers) == dict(
        Request(
            "POST",
            "https://a.example/path",
            {"Accept": "application/json", "Content-Type": FORM},
            data="token=T&b=%E6%A3%80",
        )
        .prepare()
        .headers
    )


# The simple markets.


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("appcode", "Authorization", "APPCODE c0de"),
        ("huawei-appcode", "X-Apig-AppCode", "c0de"),
        ("baidu-appcode", "X-Bce-Signature", "AppCode/c0de"),
    ],
)
def test_an_appcode_travels_in_its_markets_header_alone(
    name: str, header: str, value: str
) -> None:
    """One half-width space, capitals, a slash: as the market's page has it."""
    request = sent(auth_for(name, "c0de"))
    plain = sent(NoAuth())

    assert request.headers[header] == value
    assert set(request.headers) - set(plain.headers) == {header}
    assert (request.url, request.body) == (plain.url, plain.body)


# Alibaba's signature.

OFFICIAL = """\
POST
application/json; charset=utf-8

application/x-www-form-urlencoded; charset=utf-8
Wed, 09 May 2018 13:30:29 GMT+00:00
x-ca-key:203753385
x-ca-nonce:c9f15cbf-f4ac-4a6c-b54d-f51abf4b5b44
x-ca-signature-method:HmacSHA256
x-ca-timestamp:1525872629832
/http2test/test?param1=test&password=123456789&username=xiaoming"""


def test_alibabas_string_to_sign_is_the_published_one() -> None:
    """Its signature is published without the secret; ours with a made-up one."""
    headers = {
        "Accept": "application/json; charset=utf-8",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Date": "Wed, 09 May 2018 13:30:29 GMT+00:00",
        "X-Ca-Timestamp": "1525872629832",
        "X-Ca-Key": "203753385",
        "X-Ca-Nonce": NONCE,
        "X-Ca-Signature-Method": "HmacSHA256",
        "User-Agent": "not signed",
    }
    signed = ("X-Ca-Timestamp", "x-ca-key", "X-CA-NONCE", "x-ca-signature-method")
    text = aliyun.string_to_sign(
        "post",
        "https://api.example/http2test/test?param1=test",
        headers,
        "username=xiaoming&password=123456789",
        # None of the rest may be, whoever asks for it.
        signed=(*signed, "Accept", "Date", "X-Ca-Signature", "X-Ca-Signature-Headers"),
    )

    assert text == OFFICIAL
    assert (
        hmac_base64("sha256", SECRET, text)
        == "jQXvwhP+14C7BmKvKOTR8Hn3zMJ8tKYWKLWOa0vD41U="
    )


@pytest.mark.parametrize(
    ("url", "body", "last"),
    [
        ("https://a.example/p", "", "/p"),
        ("https://a.example", "", "/"),
        ("https://a.example/p?b=2&a=1", "", "/p?a=1&b=2"),
        ("https://a.example/p?b=", "a=1", "/p?a=1&b"),
        ("https://a.example/p?a=1&a=2", "a=3&b=4", "/p?a=1&b=4"),
        (
            "https://a.example/p",
            "c=%23FFFFFF%2C%23000000&d=a+b",
            "/p?c=#FFFFFF,#000000&d=a b",
        ),
        ("https://a.example/p?q=%E6%A3%80", "", "/p?q=检"),
    ],
)
def test_alibaba_signs_query_and_form_together(url: str, body: str, last: str) -> None:
    """Sorted, unencoded, of a repeated name the first, of an empty one the name."""
    text = aliyun.string_to_sign("POST", url, {"Content-Type": FORM}, body, signed=())

    assert text.splitlines()[-1] == last


def test_alibaba_signs_a_body_that_is_no_form_by_its_md5() -> None:
    """And a form by its fields, without one; an empty body has neither."""
    auth = keyed("aliyun-signature")
    odd = sent(auth, body='{"a": 1}', **{"Content-Type": "application/json"})
    digest = base64.b64encode(hashlib.md5(b'{"a": 1}').digest()).decode()

    assert odd.headers["Content-MD5"] == digest
    assert "Content-MD5" not in sent(auth).headers
    assert "Content-MD5" not in sent(auth, body=None).headers
    text = aliyun.string_to_sign(
        "POST", "https://a.example/", odd.headers, "a=1", signed=()
    )
    assert text.split("\n")[2] == digest
    assert text.endswith("\n/")


def test_alibabas_headers() -> None:
    """Names with commas; key, nonce, method and time signed; Accept signed as sent."""
    request = sent(keyed("aliyun-signature"), "https://a.example/path?z=1")
    signed = "x-ca-key,x-ca-nonce,x-ca-signature-method,x-ca-timestamp"
    text = (
        f"POST\napplication/json\n\n{FORM}\n\n"
        f"x-ca-key:KEY-1\nx-ca-nonce:{NONCE}\nx-ca-signature-method:HmacSHA256\n"
        "x-ca-timestamp:1521461320000\n/path?b=检&token=T&z=1"
    )
    made = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()

    assert request.headers["X-Ca-Key"] == "KEY-1"
    assert request.headers["X-Ca-Nonce"] == NONCE
    assert request.headers["X-Ca-Timestamp"] == "1521461320000"
    assert request.headers["X-Ca-Signature-Method"] == "HmacSHA256"
    assert request.headers["X-Ca-Signature-Headers"] == signed
    assert request.headers["X-Ca-Signature"] == base64.b64encode(made).decode()
    assert request.body == "token=T&b=%E6%A3%80"


# Tencent's two gateways.


def test_the_new_tencent_gateway() -> None:
    """`Authorization` is a JSON object; the body is not signed."""
    request = sent(keyed("tencent", "AKID"))

    assert tencent.string_to_sign("D") == "x-date: D"
    assert request.headers["Authorization"] == (
        '{"id":"AKID","x-date":"Mon, 19 Mar 2018 12:08:40 GMT",'
        '"signature":"LgNqOuEl5VQB18Y3mVliBJdw2kA="}'
    )
    assert request.headers["request-id"] == NONCE
    assert not {"X-Date", "X-Source"} & set(request.headers)


def test_the_old_tencent_gateway() -> None:
    """Two headers, and their names in the third."""
    request = sent(keyed("tencent-legacy", "AKID"))

    assert tencent.legacy_string_to_sign("D") == "x-date: D\nx-source: market"
    assert request.headers["X-Date"] == "Mon, 19 Mar 2018 12:08:40 GMT"
    assert request.headers["X-Source"] == "market"
    assert request.headers["Authorization"] == (
        'hmac id="AKID", algorithm="hmac-sha1", headers="x-date x-source", '
        'signature="Ug4I5m9nAyqwW0iuNj9fiIEBHQE="'
    )


# Huawei's signature.

VPCS = "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs"
HUAWEI_QUERY = "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0"
HUAWEI_SECRET = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"


def test_huaweis_published_example_from_end_to_end() -> None:
    """Canonical request, its hash, the signature."""
    signed = {
        "Host": "service.region.example.com",
        "Content-Type": " application/json ",
        "X-Sdk-Date": "20191115T033655Z",
    }
    url = f"https://service.region.example.com{VPCS}?{HUAWEI_QUERY}"
    canonical = huawei.canonical_request("get", url, signed)
    text = huawei.string_to_sign(canonical, "20191115T033655Z")

    assert canonical.split("\n") == [
        "GET",
        f"{VPCS}/",
        HUAWEI_QUERY,
        "content-type:application/json",
        "host:service.region.example.com",
        "x-sdk-date:20191115T033655Z",
        "",
        "content-type;host;x-sdk-date",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]
    assert sha256_hex(canonical.encode()) == (
        "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
    )
    assert text.startswith("SDK-HMAC-SHA256\n20191115T033655Z\n")
    assert hmac_hex("sha256", HUAWEI_SECRET, text) == (
        "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"
    )


def test_huaweis_headers() -> None:
    """`Access=`, no comma after the algorithm, host and time signed and sent."""
    moment = datetime(2019, 11, 15, 3, 36, 55, tzinfo=UTC).timestamp()
    auth = auth_for(
        "huawei-signature",
        key="QTWAOYTTINDUT2QVKYUC",
        secret=HUAWEI_SECRET,
        clock=lambda: moment,
    )
    url = f"https://service.region.example.com:443{VPCS}?{HUAWEI_QUERY}"
    request = sent(auth, url, body="token=T")
    canonical = (
        f"POST\n{VPCS}/\n{HUAWEI_QUERY}\nhost:service.region.example.com\n"
        "x-sdk-date:20191115T033655Z\n\nhost;x-sdk-date\n"
        + hashlib.sha256(b"token=T").hexdigest()
    )
    text = (
        "SDK-HMAC-SHA256\n20191115T033655Z\n"
        + hashlib.sha256(canonical.encode()).hexdigest()
    )
    made = hmac.new(HUAWEI_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()

    assert request.headers["X-Sdk-Date"] == "20191115T033655Z"
    assert request.headers["Host"] == "service.region.example.com"
    assert request.headers["Authorization"] == (
        "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=host;x-sdk-date, "
        f"Signature={made}"
    )


@pytest.mark.parametrize(
    ("url", "path", "query"),
    [
        ("https://a.example", "/", ""),
        ("https://a.example/a", "/a/", ""),
        ("https://a.example/a/", "/a/", ""),
        ("https://a.example/a%20b/~c*", "/a%20b/~c%2A/", ""),
        ("https://a.example/a?b=2&a=x%20y&a=&c", "/a/", "a=&a=x%20y&b=2&c="),
        ("https://a.example/a?q=a+b%2Fc~", "/a/", "q=a%20b%2Fc~"),
    ],
)
def test_huawei_encodes_the_path_and_sorts_the_query(
    url: str, path: str, query: str
) -> None:
    """Each part, and a slash at the end."""
    assert huawei.canonical_request("POST", url, {}).split("\n")[1:3] == [path, query]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example/x", "a.example"),
        ("https://a.example:443/x", "a.example"),
        ("http://a.example:80/x", "a.example"),
        ("https://a.example:8443/x", "a.example:8443"),
        ("http://user:pass@127.0.0.1:9000/x", "127.0.0.1:9000"),
        ("http://[::1]:80/x", "[::1]"),
    ],
)
def test_the_host_is_signed_as_it_is_sent(url: str, host: str) -> None:
    """A port only where it is not the usual one."""
    assert host_of(url) == host


# The vendor itself.


def test_the_vendors_own_sign_is_the_published_example() -> None:
    """Small letters, as public clients send them."""
    text = jumdata.string_to_sign(
        "xyzxy2121zxyz", "efcefcef1121cefcefc1212121", "1555378976238"
    )

    assert sha256_hex(text.encode()) == (
        "6ddcdc405743c576cb6d34b17b47ed56e2b9b6670fae1fe85ed01244fd31558b"
    )


def test_the_vendors_own_parameters_travel_with_the_others() -> None:
    """In the form where there is one, else in the query; no header says who calls."""
    auth = auth_for(
        "jumdata",
        key="xyzxy2121zxyz",
        secret="efcefcef1121cefcefc1212121",
        clock=lambda: 1555378976.2381,
    )
    own = [
        ("appId", "xyzxy2121zxyz"),
        ("timestamp", "1555378976238"),
        ("sign", "6ddcdc405743c576cb6d34b17b47ed56e2b9b6670fae1fe85ed01244fd31558b"),
        ("productCode", "life_check_v2"),
    ]
    form = sent(auth)
    query = sent(auth, "https://a.example/path?token=T", body=None)

    assert parse_qsl(str(form.body)) == [("token", "T"), ("b", "检"), *own]
    assert form.headers["Content-Length"] == str(len(str(form.body)))
    assert urlsplit(str(form.url)).query == ""
    assert parse_qsl(urlsplit(str(query.url)).query) == [("token", "T"), *own]
    assert not query.body
    assert not {"Authorization"} & set(form.headers)


# What all of them have in common.

KEYED = ("aliyun-signature", "tencent", "tencent-legacy", "huawei-signature", "jumdata")


@pytest.mark.parametrize("name", KEYED)
def test_every_request_is_signed_anew(name: str) -> None:
    """A second attempt has another time, and with it another signature."""
    moments: Iterable[float] = iter((MARCH, MARCH + 1, MARCH + 2, MARCH + 3))
    nonces = iter("abcd")
    auth = auth_for(
        name,
        key="k",
        secret="s",
        clock=lambda: next(moments),  # type: ignore[call-overload]
        nonce=lambda: next(nonces),
    )
    proofs = {auth.proof(sent(auth)) for _ in range(2)}

    assert len(proofs) == 2


@pytest.mark.parametrize("name", KEYED)
def test_a_clock_can_be_put_right(name: str) -> None:
    """The same key at the gateway's time is what a right clock would have signed."""
    slow = auth_for(name, key="k", secret="s", clock=lambda: 5.0, nonce=lambda: NONCE)
    right = auth_for(name, key="k", secret="s", clock=lambda: MARCH, nonce=lambda: NONCE)
    corrected = slow.at(MARCH)

    assert corrected
    assert corrected.proof(sent(corrected)) == right.proof(sent(right))
    assert slow.proof(sent(slow)) != right.proof(sent(right))


@pytest.mark.parametrize("name", ["appcode", "huawei-appcode", "baidu-appcode", "none"])
def test_a_code_knows_no_time(name: str) -> None:
    """There is nothing to sign again."""
    assert auth_for(name, "code").at(MARCH) is None


@pytest.mark.parametrize("name", KEYED)
def test_the_proof_is_what_the_request_carries(name: str) -> None:
    """So that an answer that echoes it is masked."""
    auth = keyed(name)
    request = sent(auth)
    said = json.dumps([*map(str, request.headers.values()), request.body, request.url])

    (proof,) = auth.proof(request)
    assert len(proof) >= 28
    assert proof in said
    assert set(auth.credentials) == {"KEY-1", SECRET}


@pytest.mark.parametrize("make", [lambda v: auth_for("tencent", key=v, secret="s")])
@pytest.mark.parametrize("value", ["", "a b", "a\nb", "密钥", "a\x7f"])
def test_a_key_that_cannot_travel_is_refused_unseen(
    make: Callable[[str], VendorAuth], value: str
) -> None:
    """http.client would print the header that it will not send."""
    with pytest.raises(ValueError, match="key of an account") as caught:
        make(value)
    assert not value or value not in str(caught.value)
