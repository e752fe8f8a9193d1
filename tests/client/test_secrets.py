"""A credential, a token and a face's address stay where they belong."""

import html
import json
import logging
import re
import traceback
from dataclasses import asdict
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecheck_demo.client import (
    AUTH_NAMES,
    AppCodeAuth,
    CheckResult,
    CheckState,
    Exchange,
    InitRequest,
    LifecheckError,
    Photo,
    StartedCheck,
    VendorAnswered,
    auth_for,
)
from lifecheck_demo.client.exchange import came_message
from lifecheck_demo.client.masking import DOTS, Secrets, mask
from lifecheck_demo.client.models import Answer, Reply
from lifecheck_demo.client.reading import read_started

from . import hostile
from .conftest import APPCODE, TOKEN, MakeClient

REQUEST = InitRequest("https://demo.example.com/return/1")
FACE = "lifecheck-face-20240101-0123456789abcdef"


def everything_said(error: BaseException) -> str:
    """All that a log or a page could show of *error*."""
    shown = [str(error), repr(error), *map(str, vars(error).values())]
    return "\n".join([*shown, *traceback.format_exception(error)])


def echo(visit: hostile.Visit) -> None:
    """Send the whole request back, as helpful error pages do."""
    hostile.answer(visit.request, "500 Oops")(visit)


def echo_in_an_answer(visit: hostile.Visit) -> None:
    """Repeat both secrets in every field of a vendor's answer."""
    said = f"{APPCODE} {APPCODE.upper()} {TOKEN} {quote(TOKEN)}"
    body = f'{{"code": 400, "msg": "{said}", "taskNo": "{TOKEN}"}}'
    hostile.answer(body)(visit)


def echo_in_headers(visit: hostile.Visit) -> None:
    """Repeat both secrets as a gateway."""
    head = f"X-Ca-Error-Message: Invalid {APPCODE}, {TOKEN}\r\n"
    code = f"X-Ca-Error-Code: {APPCODE}\r\nX-Ca-Request-Id: {TOKEN}\r\n"
    hostile.answer("", "400 Bad Request", (head + code).encode())(visit)


@pytest.mark.parametrize(
    "behaviour",
    [
        echo,
        echo_in_an_answer,
        echo_in_headers,
        hostile.hang,
        hostile.reset,
        hostile.half_a_body,
        hostile.not_http,
        hostile.broken_gzip,
        hostile.endless,
    ],
)
def test_no_failure_shows_a_secret(
    behaviour: hostile.Behaviour,
    make_client: MakeClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither in its words, its fields, its traceback nor the log."""
    caplog.set_level(logging.INFO, "lifecheck_demo")
    with hostile.serving(behaviour) as server:
        client = make_client(server.url)
        with pytest.raises(LifecheckError) as caught:
            client.result(TOKEN)

    said = everything_said(caught.value) + repr(client)
    said += "\n".join(str(vars(record)) for record in caplog.records)
    assert APPCODE.lower() not in said.lower()
    assert TOKEN not in said
    assert len(caplog.records) == 1


def test_an_echo_is_masked_and_not_removed(make_client: MakeClient) -> None:
    """The reader of a log still sees which token it was about."""
    with (
        hostile.serving(echo_in_an_answer) as server,
        pytest.raises(VendorAnswered) as caught,
    ):
        make_client(server.url).result(TOKEN)

    assert caught.value.msg == "•••••• •••••• tkn-…b3 tkn-…b3"


KEY = "AKID3x1mpl30fAnAcc0unt"
SECRET = "s3cr3t/0f+th4t=acc0unt"


def echo_as_a_gateway(visit: hostile.Visit) -> None:
    """Repeat the whole request in the words of a signature's refusal."""
    said = visit.request.replace(b"\r\n", b"#")[:3000]
    head = b"X-Ca-Error-Message: Invalid " + said.replace(b"\n", b"#") + b"\r\n"
    hostile.answer("", "400 Bad Request", head)(visit)


def echo_as_json(visit: hostile.Visit) -> None:
    """Repeat it as the vendor, with the address and every value once more."""
    said = visit.request.decode("latin-1")
    body = json.dumps({"code": 400, "msg": said, "taskNo": said, "data": {"x": [said]}})
    hostile.answer(body)(visit)


@pytest.mark.parametrize("in_query", [False, True], ids=["form", "query"])
@pytest.mark.parametrize(
    "behaviour",
    [
        echo,
        echo_as_a_gateway,
        echo_as_json,
        hostile.hang,
        hostile.reset,
        hostile.thousand_headers,
        hostile.not_http,
    ],
)
@pytest.mark.parametrize("name", AUTH_NAMES)
def test_no_scheme_shows_what_it_proves_itself_with(
    name: str,
    behaviour: hostile.Behaviour,
    in_query: bool,
    make_client: MakeClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither key nor secret nor signature nor token: in no error, log or wire record.

    Logs are read to the last detail here, the libraries' own included.
    """
    caplog.set_level(logging.DEBUG)
    auth = auth_for(name, APPCODE, key=KEY, secret=SECRET)
    proofs: list[str] = []
    real = auth.proof

    def proof(sent: Any) -> tuple[str, ...]:
        proofs.extend(real(sent))
        return real(sent)

    auth.proof = proof  # type: ignore[method-assign]
    told: list[Exchange] = []
    with hostile.serving(behaviour) as server:
        client = make_client(server.url, auth=auth, in_query=in_query)
        with pytest.raises(LifecheckError) as caught:
            client.result(TOKEN, tell=told.append)

    said = everything_said(caught.value) + repr(client) + repr(auth)
    said += "\n".join(str(vars(record)) for record in caplog.records)
    said += json.dumps([asdict(exchange) for exchange in told], ensure_ascii=False)
    secrets = [TOKEN, APPCODE, KEY, SECRET, *proofs]
    for secret in secrets:
        for form in (secret, quote(secret, safe=""), quote_plus(secret)):
            assert form.lower() not in said.lower()
    assert len(proofs) == (1 if name in SIGNING else 0)


SIGNING = {"aliyun-signature", "tencent", "tencent-legacy", "huawei-signature", "jumdata"}
SHOWN = {
    "appcode": ("Authorization", "APPCODE ••••••"),
    "huawei-appcode": ("X-Apig-AppCode", "••••••"),
    "baidu-appcode": ("X-Bce-Signature", "AppCode/••••••"),
    "tencent": (
        "Authorization",
        '{"id":"••••••","x-date":"Mon, 19 Mar 2018 12:08:40 GMT","signature":"••••••"}',
    ),
    "tencent-legacy": (
        "Authorization",
        'hmac id="••••••", algorithm="hmac-sha1", headers="x-date x-source", '
        'signature="••••••"',
    ),
    "huawei-signature": (
        "Authorization",
        "SDK-HMAC-SHA256 Access=••••••, SignedHeaders=host;x-sdk-date, Signature=••••••",
    ),
    "aliyun-signature": ("X-Ca-Signature", "••••••"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_wire_shows_how_a_call_proves_itself(
    name: str, make_client: MakeClient
) -> None:
    """The rules of a signature are no secret, and a preview shows what is really sent."""
    auth = auth_for(name, APPCODE, key=KEY, secret=SECRET, clock=lambda: 1521461320.0)
    told: list[Exchange] = []
    with hostile.serving(hostile.answer('{"code": 400}')) as server:
        client = make_client(server.url, auth=auth)
        with pytest.raises(LifecheckError):
            client.start(REQUEST, tell=told.append)
        preview = client.preview(REQUEST)

    assert SHOWN[name] in told[0].sent.headers
    assert SHOWN[name] in preview.headers
    assert preview.parameters == told[0].sent.parameters
    assert len(server.requests) == 1


@pytest.mark.parametrize("in_query", [False, True], ids=["form", "query"])
def test_the_vendors_own_parameters_are_shown_masked(
    in_query: bool, make_client: MakeClient
) -> None:
    """Beside the others, where they travel."""
    auth = auth_for("jumdata", key=KEY, secret=SECRET, clock=lambda: 1521461320.0)
    client = make_client("http://127.0.0.1:9/?v=2&x=", auth=auth, in_query=in_query)
    preview = client.preview(REQUEST)

    assert preview.parameters == (
        ("returnUrl", "https://demo.example.com/return/1"),
        ("appId", "••••••"),
        ("timestamp", "1521461320000"),
        ("sign", "••••••"),
        ("productCode", "life_check_v2"),
    )


def test_a_short_credential_is_not_shown_either(make_client: MakeClient) -> None:
    """One of three characters could not be found in an echo; its own header is covered."""
    preview = make_client("http://127.0.0.1:9", auth=AppCodeAuth("abc")).preview(REQUEST)

    assert ("Authorization", "••••••") in preview.headers


@pytest.mark.parametrize("behaviour", [hostile.hang, hostile.reset, hostile.endless])
def test_a_photos_address_is_not_told(
    behaviour: hostile.Behaviour,
    make_client: MakeClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever has it sees the face."""
    caplog.set_level(logging.INFO, "lifecheck_demo")
    with hostile.serving(behaviour) as server:
        client = make_client(server.url, total=2.0)
        with pytest.raises(LifecheckError) as caught:
            client.photo(f"{server.url}/{FACE}")

    said = everything_said(caught.value)
    said += "\n".join(str(vars(record)) for record in caplog.records)
    assert FACE not in said


def test_a_refused_connection_does_not_name_the_address(
    make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The words of the library's own exception do."""
    caplog.set_level(logging.INFO, "lifecheck_demo")
    with hostile.serving(hostile.hang_up) as server:
        pass
    client = make_client(f"{server.url}/?AppCode={APPCODE}&x=")
    said = "\n".join(str(vars(record)) for record in caplog.records)
    for call in (
        lambda: client.photo(f"{server.url}/{FACE}"),
        lambda: client.start(REQUEST),
    ):
        with pytest.raises(LifecheckError) as caught:
            call()
        said += everything_said(caught.value)

    assert FACE not in said
    assert APPCODE not in said


@pytest.mark.parametrize("name", AUTH_NAMES)
def test_a_refused_connection_does_not_tell_the_query(
    name: str, make_client: MakeClient
) -> None:
    """The words of the library's own exception hold the whole address."""
    auth = auth_for(name, APPCODE, key=KEY, secret=SECRET)
    with hostile.serving(hostile.hang_up) as server:
        pass
    with pytest.raises(LifecheckError) as caught:
        make_client(server.url, auth=auth, in_query=True).result(TOKEN)

    said = everything_said(caught.value)
    assert not any(secret in said for secret in (TOKEN, APPCODE, KEY, SECRET, "sign="))


def test_a_credential_in_the_address_is_not_told(
    make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The market allows `?AppCode=…`, and somebody will paste it so."""
    caplog.set_level(logging.INFO, "lifecheck_demo")
    with hostile.serving(hostile.hang_up) as server:
        origin = server.url.replace("://", f"://user:{APPCODE}@")
        client = make_client(f"{origin}/?AppCode={APPCODE}&x=")
        with pytest.raises(LifecheckError) as caught:
            client.start(REQUEST)

    said = everything_said(caught.value) + repr(client)
    said += "\n".join(str(vars(record)) for record in caplog.records)
    assert APPCODE not in said


@pytest.mark.parametrize(
    "body",
    [
        f'{{"code": 200, "data": {{"token": "{TOKEN}"',
        f'{{"code": 200, "data": {{"token": "{TOKEN}"}}',
        f'[{{"token": "{TOKEN}"}}]',
        f'{{"data": {{"key": "{TOKEN}"}}}}',
        f"token={TOKEN}",
        '{"data": {"token": "short"}}',
        '{"data": {"faceImageUrl": "https://short.example/f"}}',
    ],
)
def test_an_unreadable_answer_does_not_give_away_what_it_brought(body: str) -> None:
    """It may hold a token that we do not know yet."""
    with pytest.raises(LifecheckError) as caught:
        read_started(Reply(200, {}, body.encode()), Secrets())

    assert TOKEN not in everything_said(caught.value)
    assert "short" not in everything_said(caught.value)
    assert caught.value.excerpt


def test_no_repr_shows_a_secret() -> None:
    """What is printed by accident is harmless."""
    answer = Answer(200, "成功", "1")
    values = [
        StartedCheck(TOKEN, answer),
        CheckResult(CheckState.PASSED, answer, f"https://x.example/{FACE}"),
        Photo(FACE.encode(), "image/jpeg"),
        Reply(200, {"x": TOKEN}, FACE.encode()),
        Secrets((APPCODE,), (TOKEN,)),
        AppCodeAuth(APPCODE),
        auth_for("appcode", APPCODE),
    ]
    said = repr(values) + str(values)
    assert not any(secret in said for secret in (APPCODE, TOKEN, FACE))


@pytest.mark.parametrize("appcode", ["", "a b", "a\nb", "密码", "a\x7f"])
def test_a_credential_that_cannot_travel_is_refused_unseen(appcode: str) -> None:
    """http.client would print the header that it will not send."""
    with pytest.raises(ValueError, match="AppCode") as caught:
        AppCodeAuth(appcode)
    assert not appcode or appcode not in str(caught.value)


def test_an_unknown_auth_is_refused() -> None:
    """With the names that there are."""
    with pytest.raises(ValueError, match="appcode, huawei-appcode"):
        auth_for("jd")


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("abcdefghijkl", "abcd…kl"), ("abcdefghijk", "••••••"), ("", "••••••")],
)
def test_a_mask_never_shows_most_of_it(secret: str, shown: str) -> None:
    """A short token has no ends to spare."""
    assert mask(secret) == shown


@pytest.mark.parametrize(
    "name", ["token", "Token", "TOKEN", "faceImageUrl", "FACEIMAGEURL"]
)
def test_the_wire_masks_what_opens_a_check_however_it_is_spelt(name: str) -> None:
    """Too short to look like a secret, it is known by its name alone."""
    body = json.dumps({"code": 200, "data": {name: "short-tok"}}).encode()
    came = came_message(Reply(200, {}, body), Secrets(), is_photo=False)

    assert name in came.body
    assert "short-tok" not in came.body


@pytest.mark.parametrize("name", ["token", "faceImageUrl", "taskNo", "other"])
def test_the_wire_shows_nothing_that_no_page_can_hold(name: str) -> None:
    """Half a character at the end of a token could not be sent to a browser."""
    body = json.dumps({"code": 200, "data": {name: f"\u202e{TOKEN}\ud800"}}).encode()
    came = came_message(Reply(200, {}, body), Secrets((), (TOKEN,)), is_photo=False)

    assert came.body.encode()
    assert "\u202e" not in came.body
    assert TOKEN[-2:] in came.body


@pytest.mark.parametrize("odd", ["/", "+", "=", '"', "&", "\\", "%", "é"])
def test_an_echo_is_masked_in_every_way_of_writing_it(odd: str) -> None:
    """As it is, in an address, in a form, in a page, and in JSON."""
    secret = f"s3cr3t{odd}0f-th4t"
    forms = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
        json.dumps(secret)[1:-1],
    }
    for form in forms:
        assert Secrets((secret,)).text(f"no {form} here", 99) == f"no {DOTS} here"


# What a pattern takes for each of these letters when it looks for them in any case.
ALIKE = {"k": "kK\u212a", "s": "sSſ", "i": "iIİı", "a": "aA", "-": "-"}
LETTERS = st.sampled_from([(one, like) for one in ALIKE for like in ALIKE[one]])


@given(st.lists(LETTERS, min_size=4, max_size=6), st.text("ksKİ-ä "))
def test_an_echo_is_found_in_whatever_letters(
    letters: list[tuple[str, str]], around: str
) -> None:
    """The quick look before the pattern overlooks nothing that it would find."""
    secret, echo = ("".join(each) for each in zip(*letters, strict=True))
    shown = Secrets((secret,)).text(f"{around}{echo}{around}", 1000)

    assert not re.search(re.escape(secret), shown, re.IGNORECASE)
