"""Each market's verifier alone: published examples, and every change to them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from werkzeug.datastructures import Headers

from lifecheck_demo.sandbox.markets import (
    Asked,
    Keys,
    Said,
    aliyun,
    baidu,
    huawei,
    jumdata,
    tencent,
)

Pairs = tuple[tuple[str, str], ...]
Verify = Callable[[Asked, Keys, float], Said | None]
DATE = "Mon, 19 Mar 2018 12:08:40 GMT"


def at(*moment: int) -> float:
    """A moment in UTC, in seconds since the epoch."""
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@dataclass(frozen=True)
class Example:
    """A signed request that was published or computed by others, and what signs it.

    `window` is how many seconds the clock may be off; `covered` names the headers that
    the signature covers, itself among them.
    """

    asked: Asked
    keys: Keys
    now: float
    verify: Verify
    window: int
    covered: tuple[str, ...]
    body_counts: bool = False

    def refused(self, asked: Asked | None = None, now: float | None = None) -> Said | None:
        return self.verify(asked or self.asked, self.keys, now or self.now)


# The secret of Alibaba's own example is not published: string theirs, signature computed.
ALIYUN = Example(
    Asked(
        "POST",
        "/http2test/test",
        (("param1", "test"),),
        (("username", "xiaoming"), ("password", "123456789")),
        Headers(
            {
                "Accept": "application/json; charset=utf-8",
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                "Date": "Wed, 09 May 2018 13:30:29 GMT+00:00",
                "x-ca-key": "203753385",
                "x-ca-nonce": "c9f15cbf-f4ac-4a6c-b54d-f51abf4b5b44",
                "x-ca-signature-method": "HmacSHA256",
                "x-ca-timestamp": "1525872629832",
                "x-ca-signature-headers": "x-ca-timestamp,x-ca-key,x-ca-nonce,"
                "x-ca-signature-method",
                "x-ca-signature": "jQXvwhP+14C7BmKvKOTR8Hn3zMJ8tKYWKLWOa0vD41U=",
            }
        ),
    ),
    Keys(key="203753385", secret="test-secret-key"),
    1525872629.832,
    aliyun.verify_signature,
    15 * 60,
    (
        "Accept",
        "Content-Type",
        "Date",
        "x-ca-key",
        "x-ca-nonce",
        "x-ca-signature-method",
        "x-ca-timestamp",
        "x-ca-signature-headers",
        "x-ca-signature",
    ),
)
TENCENT = Example(
    Asked(
        "POST",
        "/",
        (),
        (),
        Headers(
            {
                "Authorization": f'{{"id":"the-id","x-date":"{DATE}",'
                '"signature":"LgNqOuEl5VQB18Y3mVliBJdw2kA="}'
            }
        ),
    ),
    Keys(key="the-id", secret="test-secret-key"),
    at(2018, 3, 19, 12, 8, 40),
    tencent.verify,
    900,
    ("Authorization",),
)
TENCENT_LEGACY = Example(
    Asked(
        "POST",
        "/",
        (),
        (),
        Headers(
            {
                "X-Date": DATE,
                "X-Source": "market",
                "Authorization": 'hmac id="the-id", algorithm="hmac-sha1", '
                'headers="x-date x-source", signature="Ug4I5m9nAyqwW0iuNj9fiIEBHQE="',
            }
        ),
    ),
    TENCENT.keys,
    TENCENT.now,
    tencent.verify_legacy,
    900,
    ("Authorization", "X-Date", "X-Source"),
)
HUAWEI = Example(
    Asked(
        "GET",
        "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs/",
        (("limit", "2"), ("marker", "13551d6b-755d-4757-b956-536f674975c0")),
        (),
        Headers(
            {
                "Content-Type": "application/json",
                "Host": "service.region.example.com",
                "X-Sdk-Date": "20191115T033655Z",
                "Authorization": "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, "
                "SignedHeaders=content-type;host;x-sdk-date, Signature="
                "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
            }
        ),
    ),
    Keys(key="QTWAOYTTINDUT2QVKYUC", secret="MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"),
    at(2019, 11, 15, 3, 36, 55),
    huawei.verify_signature,
    15 * 60,
    ("Authorization", "Content-Type", "Host", "X-Sdk-Date"),
    body_counts=True,
)
BAIDU = Example(
    Asked(
        "PUT",
        "/v1/test/myfolder/readme.txt",
        (("partNumber", "9"), ("uploadId", "VXBsb2FkIElpZS5tMnRzIHVwbG9hZA")),
        (),
        Headers(
            {
                "Host": "bj.bcebos.com",
                "Content-Length": "8",
                "Content-MD5": "0a52730597fb4ffa01fc117d9e71e3a9",
                "Content-Type": "text/plain",
                "x-bce-date": "2015-04-27T08:23:49Z",
                "X-Bce-Signature": "bce-auth-v1/0b0f67dfb88244b289b72b142befad0c/"
                "2015-04-27T08:23:49Z/1800//"
                "a19e6386e990691aca1114a20357c83713f1cb4be3d74942bb4ed37469ecdacf",
            }
        ),
    ),
    Keys(key="0b0f67dfb88244b289b72b142befad0c", secret="bad522c2126a4618a8125f4b6cf6356f"),
    at(2015, 4, 27, 8, 23, 49),
    baidu.verify,
    1800,
    (
        "Host",
        "Content-Length",
        "Content-MD5",
        "Content-Type",
        "x-bce-date",
        "X-Bce-Signature",
    ),
)
JUMDATA = Example(
    Asked(
        "POST",
        "/",
        (),
        (
            ("appId", "xyzxy2121zxyz"),
            ("timestamp", "1555378976238"),
            ("sign", "6ddcdc405743c576cb6d34b17b47ed56e2b9b6670fae1fe85ed01244fd31558b"),
            ("productCode", "life_check_v2"),
        ),
        Headers(),
    ),
    Keys(key="xyzxy2121zxyz", secret="efcefcef1121cefcefc1212121"),
    1555378976.238,
    jumdata.verify,
    15 * 60,
    (),
)
EXAMPLES = {
    "aliyun": ALIYUN,
    "tencent": TENCENT,
    "tencent-legacy": TENCENT_LEGACY,
    "huawei": HUAWEI,
    "baidu": BAIDU,
    "jumdata": JUMDATA,
}
each = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)


def changed(text: str) -> Iterator[str]:
    """*text* with one character changed, left out or put in, at every place."""
    for place, letter in enumerate(text):
        for other in {"x" if letter != "x" else "y", chr(ord(letter) + 1)}:
            yield text[:place] + other + text[place + 1 :]
        yield text[:place] + text[place + 1 :]
        yield text[:place] + "q" + text[place:]


def pairs_changed(
    pairs: tuple[tuple[str, str], ...],
) -> Iterator[tuple[tuple[str, str], ...]]:
    """The same of one name or value among pairs, and with one pair left out or more."""
    for place, (name, value) in enumerate(pairs):
        before, after = pairs[:place], pairs[place + 1 :]
        yield before + after
        yield from ((*before, (name, other), *after) for other in changed(value))
        yield from ((*before, (other, value), *after) for other in changed(name))
    yield (*pairs, ("one", "more"))


def variants(example: Example) -> Iterator[Asked]:
    """Every request that differs from the example in one covered character."""
    asked = example.asked
    for name in example.covered:
        for value in changed(asked.headers[name]):
            headers = Headers(asked.headers)
            headers[name] = value
            yield replace(asked, headers=headers)
        headers = Headers(asked.headers)
        del headers[name]
        yield replace(asked, headers=headers)
    if example in (ALIYUN, HUAWEI, BAIDU):
        yield from (replace(asked, method=method) for method in changed(asked.method))
        yield from (replace(asked, path=path) for path in changed(asked.path))
        yield from (replace(asked, query=pairs) for pairs in pairs_changed(asked.query))
    if example is ALIYUN:
        yield from (replace(asked, form=pairs) for pairs in pairs_changed(asked.form))
    if example is JUMDATA:
        more = (*asked.form, ("one", "more"))
        forms = (pairs for pairs in pairs_changed(asked.form) if pairs != more)
        yield from (replace(asked, form=pairs) for pairs in forms)
    if example.body_counts:
        yield replace(asked, body=b"x")


def means_the_same(one: Asked, other: Asked) -> bool:
    """Whether two differ in nothing but a space after a comma, or Huawei's last slash."""

    def plain(asked: Asked) -> tuple[str, str]:
        told = asked.header("Authorization").replace(", ", ",")
        return told, asked.path.rstrip("/")

    rest = replace(one, path="", headers=Headers()) == replace(
        other, path="", headers=Headers()
    )
    names = {name for name, _ in (*one.headers, *other.headers)} - {"Authorization"}
    alike = all(one.headers.get(name) == other.headers.get(name) for name in names)
    return rest and alike and plain(one) == plain(other)


@each
def test_the_example_is_accepted(example: Example) -> None:
    """Signed by others, byte for byte."""
    assert example.refused() is None


def test_the_string_that_alibaba_publishes_is_the_one_signed() -> None:
    """Its line order, its headers, its parameters of query and form together."""
    assert aliyun.string_to_sign(ALIYUN.asked) == (
        "POST\n"
        "application/json; charset=utf-8\n"
        "\n"
        "application/x-www-form-urlencoded; charset=utf-8\n"
        "Wed, 09 May 2018 13:30:29 GMT+00:00\n"
        "x-ca-key:203753385\n"
        "x-ca-nonce:c9f15cbf-f4ac-4a6c-b54d-f51abf4b5b44\n"
        "x-ca-signature-method:HmacSHA256\n"
        "x-ca-timestamp:1525872629832\n"
        "/http2test/test?param1=test&password=123456789&username=xiaoming"
    )


@each
def test_one_changed_character_is_refused(example: Example) -> None:
    """Anywhere that the signature covers, itself included."""
    tried = [a for a in variants(example) if not means_the_same(a, example.asked)]
    passed = [asked for asked in tried if example.refused(asked) is None]

    assert len(tried) > 100
    assert not passed


@each
def test_every_changed_character_of_the_secret_is_refused(example: Example) -> None:
    """The secret signs, the whole of it."""
    for secret in changed(example.keys.secret):
        keys = replace(example.keys, secret=secret)
        assert example.verify(example.asked, keys, example.now) is not None, secret


@each
@pytest.mark.parametrize("sign", [1, -1])
def test_the_clock_may_be_off_by_the_window_and_no_second_more(
    example: Example, sign: int
) -> None:
    """In either direction."""
    edge = example.now + sign * example.window

    assert example.refused(now=edge) is None
    assert example.refused(now=edge + sign) is not None


def test_a_signature_of_baidu_has_an_age_of_its_own() -> None:
    """It says for how many seconds it is good."""
    short = EXAMPLES["baidu"].asked
    told = short.headers["X-Bce-Signature"].replace("/1800/", "/10/")
    headers = Headers(short.headers)
    headers["X-Bce-Signature"] = told
    late = replace(short, headers=headers)

    assert "SignatureMismatch" in str(BAIDU.refused(late, BAIDU.now + 10))
    assert "SignatureTimestampExpired" in str(BAIDU.refused(late, BAIDU.now + 11))


def test_a_header_that_has_to_be_signed_is_missed() -> None:
    """A signature that leaves it out is no good, even if it were right."""
    for example, old, new in (
        (HUAWEI, "content-type;host;x-sdk-date", "content-type;host"),
        (TENCENT_LEGACY, "x-date x-source", "x-source"),
        (BAIDU, "/1800//", "/1800/content-type/"),
    ):
        name = example.covered[-1] if example is BAIDU else "Authorization"
        headers = Headers(example.asked.headers)
        headers[name] = headers[name].replace(old, new)
        said = example.refused(replace(example.asked, headers=headers))
        assert said
        assert any(
            word in said.body
            for word in ("x-sdk-date must be", "a valid date or", "SignatureFormatInvalid")
        )


@pytest.mark.parametrize(
    "told",
    [
        "[" * 20_000,
        '{"id": 5, "x-date": "x", "signature": "y"}',
        '["id"]',
        "null",
        "{}",
        "\xff\xfe",
        "hmac",
        'hmac id="a"b"',
        "SDK-HMAC-SHA256 Access=",
        "APPCODE",
        "APPCODE  two-spaces",
        "appcode the-id",
        "Bearer x",
    ],
)
def test_an_odd_credential_is_refused_and_breaks_nothing(told: str) -> None:
    """Whatever stands in a header."""
    headers = Headers({"Authorization": told, "X-Bce-Signature": told})
    asked = Asked("POST", "/", (), (), headers)
    for verify in (
        aliyun.verify_appcode,
        aliyun.verify_signature,
        tencent.verify,
        tencent.verify_legacy,
        huawei.verify_appcode,
        huawei.verify_signature,
        baidu.verify,
        jumdata.verify,
    ):
        assert verify(asked, Keys(), 0.0) is not None


def test_keys_do_not_print_themselves() -> None:
    """They end up in a log one day."""
    assert "demo" not in repr(Keys())
