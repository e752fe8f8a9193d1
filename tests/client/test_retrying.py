"""What is tried again, how often, after which pauses, and within which time."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from lifecheck_demo.client import (
    AUTH_NAMES,
    CheckState,
    Exchange,
    GatewayRefused,
    InitRequest,
    InProcess,
    LifecheckClient,
    LifecheckError,
    TooManyCalls,
    Unreachable,
    VendorTrouble,
    auth_for,
)
from lifecheck_demo.client.retrying import pause_before_another

from . import hostile
from .conftest import TOKEN, MakeClient

REQUEST = InitRequest("https://demo.example.com/return/1")
STARTED = hostile.answer(f'{{"code": 200, "data": {{"token": "{TOKEN}"}}}}')
PASSED = hostile.answer('{"code": 202, "msg": "未通过"}')


def code(number: int) -> hostile.Behaviour:
    """The vendor's answer with a code."""
    return hostile.answer(f'{{"code": {number}, "msg": "m"}}')


def gateway(status: str, headers: str) -> hostile.Behaviour:
    """A gateway's answer without a body."""
    return hostile.answer("", status, headers.replace("\n", "\r\n").encode())


HTML_502 = hostile.answer("<html>Bad Gateway</html>", "502 Bad Gateway")

# Each is the beginning of a service's bad day that may be over in a moment.
WORTH_IT = {
    "reset": hostile.reset,
    "hang up": hostile.hang_up,
    "half a body": hostile.half_a_body,
    "html 502": HTML_502,
    "bare 503": hostile.answer("", "503 Service Unavailable"),
    "bare 429": hostile.answer("", "429 Too Many Requests"),
    "aliyun throttled": gateway("429 Too Many", "X-Ca-Error-Code: T429ID\n"),
    "aliyun throttled of old": gateway(
        "403 Forbidden", "X-Ca-Error-Message: Throttled by USER Flow Control\n"
    ),
    "aliyun 504": gateway("504 Timeout", "X-Ca-Error-Code: D504TO\n"),
    "huawei throttled": hostile.answer('{"error_code": "APIG.0308"}', "429 Too Many"),
    "huawei 502": hostile.answer('{"error_code": "APIG.0202"}', "502 Bad Gateway"),
    "baidu throttled": hostile.answer('{"code": "OverRateLimit"}', "429 Too Many"),
    **{f"vendor {number}": code(number) for number in (500, 502, 606, 609, 610)},
}

# Asking again would only be refused, and perhaps charged, once more.
NOT_WORTH_IT = {
    **{f"vendor {number}": code(number) for number in (400, 604, 999, 701)},
    "bad key": gateway("400 Bad", "X-Ca-Error-Code: A400AC\n"),
    "bad signature": gateway("403 Forbidden", "X-Ca-Error-Code: A403IS\n"),
    "not bought": gateway("403 Forbidden", "X-Ca-Error-Code: I403AA\n"),
    "used up": gateway("403 Forbidden", "X-Ca-Error-Code: B403MQ\n"),
    "expired": gateway("403 Forbidden", "X-Ca-Error-Code: B403ME\n"),
    "the seller's arrears": gateway("403 Forbidden", "X-Ca-Error-Code: B403MO\n"),
    "wrong url": gateway("404 Not Found", "X-Ca-Error-Code: I404NF\n"),
    "huawei used up": hostile.answer('{"error_code": "APIGW.0501"}', "405 Not Allowed"),
    "tencent bad key": hostile.answer("HMAC apikey is invalid for API.", "401 No"),
    "html 200": hostile.answer("<html>"),
    "html 404": hostile.answer("<html>", "404 Not Found"),
    "redirect": hostile.answer("", "302 Found", b"Location: /x\r\n"),
    "skew without a date": gateway("400 Bad", "X-Ca-Error-Message: Timestamp Expired\n"),
}


class Patient:
    """A clock and a sleep that belong together: whoever waits lets time pass."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def in_turn(*behaviours: hostile.Behaviour) -> hostile.Behaviour:
    """One behaviour after the other, the last for ever."""
    turn: Iterator[hostile.Behaviour] = itertools.chain(
        behaviours[:-1], itertools.repeat(behaviours[-1])
    )
    return lambda visit: next(turn)(visit)


def patient(make_client: MakeClient, url: str, **options: Any) -> LifecheckClient:
    """A client with eight seconds, of which pauses take none really."""
    clock = Patient()
    timing = {"total": 8.0, "read": 2.0, "clock": clock, "sleep": clock.sleep}
    return make_client(url, **{**timing, "random": lambda: 0.5, **options})


@pytest.mark.parametrize("failure", WORTH_IT)
def test_a_passing_failure_is_not_seen(make_client: MakeClient, failure: str) -> None:
    """The second init brings the token, the third result query the answer."""
    bad = WORTH_IT[failure]
    with hostile.serving(in_turn(bad, STARTED)) as server:
        assert patient(make_client, server.url).start(REQUEST).token == TOKEN
        assert len(server.requests) == 2
    with hostile.serving(in_turn(bad, bad, PASSED)) as server:
        result = patient(make_client, server.url).result(TOKEN)
        assert result.state is CheckState.NOT_PASSED
        assert len(server.requests) == 3


@pytest.mark.parametrize("failure", WORTH_IT)
def test_the_number_of_attempts_has_a_cap(make_client: MakeClient, failure: str) -> None:
    """Init twice, the result three times, and then the failure as it is."""
    with hostile.serving(WORTH_IT[failure]) as server:
        client = patient(make_client, server.url)
        with pytest.raises(LifecheckError) as at_start:
            client.start(REQUEST)
        assert len(server.requests) == 2
        with pytest.raises(LifecheckError) as at_result:
            client.result(TOKEN)
        assert len(server.requests) == 5
    assert type(at_start.value) is type(at_result.value)


@pytest.mark.parametrize("failure", NOT_WORTH_IT)
def test_what_would_be_refused_again_is_asked_once(
    make_client: MakeClient, failure: str
) -> None:
    """Keys, packages, addresses, and whatever nobody understands."""
    with hostile.serving(NOT_WORTH_IT[failure]) as server:
        client = patient(make_client, server.url)
        for call in (lambda: client.start(REQUEST), lambda: client.result(TOKEN)):
            with pytest.raises(LifecheckError):
                call()
    assert len(server.requests) == 2


@pytest.mark.parametrize("number", [200, 201, 202, 203, 301])
def test_the_vendors_word_on_a_check_is_never_asked_for_twice(
    make_client: MakeClient, number: int
) -> None:
    """201 has a schedule of its own, where the visitor sees it."""
    with hostile.serving(code(number)) as server:
        patient(make_client, server.url).result(TOKEN)
    assert len(server.requests) == 1


def test_a_photo_is_fetched_once(make_client: MakeClient) -> None:
    """The page shows its absence, and loading the page again asks again."""
    for behaviour in (hostile.answer("", "503 Unavailable"), hostile.reset):
        with hostile.serving(behaviour) as server, pytest.raises(LifecheckError):
            patient(make_client, server.url).photo(f"{server.url}/photo/1")
        assert len(server.requests) == 1


def test_every_attempt_is_told_by_itself(make_client: MakeClient) -> None:
    """With its number, its status and its failure."""
    told: list[Exchange] = []
    with hostile.serving(in_turn(HTML_502, hostile.reset, PASSED)) as server:
        client = patient(make_client, server.url)
        client.result(TOKEN, tell=told.append)

    assert [(e.attempt, e.status, e.failure) for e in told] == [
        (1, 502, "Unintelligible"),
        (2, None, "Unreachable"),
        (3, 200, ""),
    ]
    assert [e.for_log()["attempt"] for e in told] == [1, 2, 3]


# The pauses.


def test_pauses_grow_and_are_drawn() -> None:
    """Between half of the longest and the longest, so that callers do not meet."""

    def pauses(chance: float) -> list[float]:
        return [pause_before_another(n, None, lambda: chance) for n in (1, 2, 3)]

    assert pauses(0.0) == [0.2, 0.4, 0.8]
    assert pauses(1.0) == [0.4, 0.8, 1.6]


def test_a_pause_has_a_cap() -> None:
    """However many attempts there were."""
    assert pause_before_another(50, None, lambda: 1.0) == 2.0


@pytest.mark.parametrize("header", ["Retry-After: 3", "Retry-After: {date}"])
@pytest.mark.parametrize("status", ["429 Too Many", "200 OK"])
def test_the_wait_that_is_asked_for_is_waited(
    make_client: MakeClient, header: str, status: str
) -> None:
    """In seconds or as a date; by a 429 as by the vendor's 609."""
    said = header.format(date="Mon, 19 Mar 2018 12:08:43 GMT")
    headers = f"{said}\r\nDate: Mon, 19 Mar 2018 12:08:40 GMT\r\n".encode()
    busy = hostile.answer('{"code": 609}' if "200" in status else "", status, headers)
    clock = Patient()
    with hostile.serving(in_turn(busy, PASSED)) as server:
        client = patient(make_client, server.url, clock=clock, sleep=clock.sleep)
        assert client.result(TOKEN).state is CheckState.NOT_PASSED

    assert clock.slept == [3.0]


@pytest.mark.parametrize("seconds", [4, 8, 60])
def test_a_long_wait_is_left_to_the_visitor(make_client: MakeClient, seconds: int) -> None:
    """No second attempt, no pause: the page counts the seconds down at once."""
    busy = hostile.answer("", "429 Too", f"Retry-After: {seconds}\r\n".encode())
    clock = Patient()
    with hostile.serving(busy) as server:
        client = patient(make_client, server.url, clock=clock, sleep=clock.sleep)
        with pytest.raises(TooManyCalls) as caught:
            client.result(TOKEN)

    assert caught.value.retry_after == seconds
    assert (len(server.requests), clock.slept) == (1, [])


# The deadline.


def test_one_deadline_covers_attempts_and_pauses(make_client: MakeClient) -> None:
    """A visitor waits eight seconds at most, however the time was spent."""
    clock = Patient()

    def slow(visit: hostile.Visit) -> None:
        clock.now += 5.0
        HTML_502(visit)

    with hostile.serving(slow) as server:
        client = patient(make_client, server.url, clock=clock, sleep=clock.sleep)
        with pytest.raises(LifecheckError):
            client.result(TOKEN)

    # 5 s, a pause of 0.3 s, and 2.7 s for the second attempt, which takes 5 too.
    assert len(server.requests) == 2
    assert clock.slept == [pytest.approx(0.3)]


def test_a_second_attempt_gets_only_the_time_that_is_left(
    make_client: MakeClient,
) -> None:
    """Measured really: two silent attempts end when one long one would."""
    with hostile.serving(hostile.hang) as server:
        client = make_client(
            server.url, total=3.0, read=1.6, sleep=lambda s: None, random=lambda: 0.0
        )
        told: list[Exchange] = []
        with pytest.raises(Unreachable):
            client.result(TOKEN, tell=told.append)

    spent = [e.milliseconds for e in told]
    assert len(spent) == 2
    assert spent[1] < 1550
    assert sum(spent) < 3200


def test_an_answer_that_trickles_is_cut_while_another_attempt_is_possible(
    make_client: MakeClient,
) -> None:
    """Its bytes come in time one by one; the whole of it has the time of one step."""
    for trickle in (hostile.drip_body, hostile.drip_headers):
        with hostile.serving(in_turn(trickle, PASSED)) as server:
            client = make_client(
                server.url, total=30.0, read=0.3, sleep=lambda s: None, random=lambda: 0.0
            )
            assert client.result(TOKEN).state is CheckState.NOT_PASSED
        assert len(server.requests) == 2


def test_the_last_attempt_has_all_the_time_that_is_left(make_client: MakeClient) -> None:
    """A slow answer is better than none; the same where no other attempt is wanted."""

    def slow(visit: hostile.Visit) -> None:
        body = b'{"code": 202, "msg": "m"}'
        head = f"Content-Length: {len(body)}\r\n\r\n".encode()
        visit.send(b"HTTP/1.1 200 OK\r\n" + hostile.JSON + head)
        visit.drip(body, pause=0.02)

    for total, once in ((1.25, False), (30.0, True)):
        with hostile.serving(slow) as server:
            client = make_client(server.url, total=total, read=0.3)
            found = client.result(TOKEN, once=once)
            assert found.state is CheckState.NOT_PASSED
        assert len(server.requests) == 1


def test_an_app_in_this_process_is_told_how_long_it_may_take() -> None:
    """It cannot be stopped, so each attempt gets what is left of the whole."""
    clock, patience = Patient(), []

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        patience.append(environ["in_process.patience"])
        clock.now += 5.0
        start("503 Unavailable", [])
        return [b""]

    client = LifecheckClient(
        "http://127.0.0.1/init",
        "http://127.0.0.1/result",
        auth=auth_for("none"),
        transport=InProcess(app),
        clock=clock,
        sleep=clock.sleep,
        random=lambda: 0.5,
    )
    with pytest.raises(LifecheckError):
        client.result(TOKEN)

    assert patience == [5.0, pytest.approx(2.7)]


def test_no_attempt_is_begun_that_could_not_end(make_client: MakeClient) -> None:
    """With less than a second left nobody would wait for its answer."""
    for total, attempts in ((1.29, 1), (1.31, 2)):
        clock = Patient()
        with hostile.serving(HTML_502) as server:
            client = patient(
                make_client, server.url, total=total, clock=clock, sleep=clock.sleep
            )
            with pytest.raises(LifecheckError):
                client.result(TOKEN)
        assert len(server.requests) == attempts


# A wrong clock.

SKEWS = {
    "tencent": hostile.answer(
        '{"message": "签名时间已超时"}',
        "403 No",
        b"Date: Mon, 19 Mar 2018 12:08:40 GMT\r\n",
    ),
    "tencent-legacy": hostile.answer(
        '{"message": "HMAC signature cannot be verified, the x-date header is out of '
        'date for HMAC"}',
        "401 No",
        b"Date: Mon, 19 Mar 2018 12:08:40 GMT\r\n",
    ),
    "huawei-signature": hostile.answer(
        '{"error_code": "APIG.0303", "error_msg": "Incorrect app authentication '
        'information: signature expired, signature time:1"}',
        "401 No",
        b"Date: Mon, 19 Mar 2018 12:08:40 GMT\r\n",
    ),
    "aliyun-signature": gateway(
        "400 Bad",
        "X-Ca-Error-Message: Timestamp Expired\nDate: Mon, 19 Mar 2018 12:08:40 GMT\n",
    ),
}
TIMES = {
    "tencent": b"Mon, 19 Mar 2018 12:08:40 GMT",
    "tencent-legacy": b"X-Date: Mon, 19 Mar 2018 12:08:40 GMT",
    "huawei-signature": b"X-Sdk-Date: 20180319T120840Z",
    "aliyun-signature": b"X-Ca-Timestamp: 1521461320000",
}


@pytest.mark.parametrize("name", SKEWS)
def test_a_wrong_clock_is_helped_by_the_gateways_own(
    make_client: MakeClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Signed once more with its Date, without a pause; and told in the log."""
    auth = auth_for(name, key="KEY-1", secret="secret", clock=lambda: 1.0)
    clock = Patient()
    with hostile.serving(in_turn(SKEWS[name], STARTED)) as server:
        timing: dict[str, Any] = {"clock": clock, "sleep": clock.sleep}
        client = patient(make_client, server.url, auth=auth, wall=lambda: 1.0, **timing)
        assert client.start(REQUEST).token == TOKEN

    first, second = server.requests
    assert TIMES[name] in second
    assert TIMES[name] not in first
    assert clock.slept == [0.0]
    (told,) = (r for r in caplog.records if "clock differs" in r.message)
    assert vars(told)["seconds"] == 1521461319


@pytest.mark.parametrize("name", SKEWS)
def test_a_clock_is_put_right_once_and_then_named(
    make_client: MakeClient, name: str
) -> None:
    """Two attempts in all, of either call."""
    auth = auth_for(name, key="KEY-1", secret="secret", clock=lambda: 1.0)
    with hostile.serving(SKEWS[name]) as server:
        client = patient(make_client, server.url, auth=auth)
        for call in (lambda: client.start(REQUEST), lambda: client.result(TOKEN)):
            with pytest.raises(GatewayRefused) as caught:
                call()
            assert (caught.value.kind, caught.value.scheme) == ("clock-skew", name)
    assert len(server.requests) == 4


def test_a_clock_put_right_and_a_failure_do_not_add_up(make_client: MakeClient) -> None:
    """Init is asked twice at most, for whatever reasons."""
    auth = auth_for("tencent", key="KEY-1", secret="secret", clock=lambda: 1.0)
    first, second = SKEWS["tencent"], code(500)
    with hostile.serving(in_turn(first, second)) as server, pytest.raises(VendorTrouble):
        patient(make_client, server.url, auth=auth).start(REQUEST)
    assert len(server.requests) == 2
    with hostile.serving(in_turn(second, first)) as server, pytest.raises(GatewayRefused):
        patient(make_client, server.url, auth=auth).start(REQUEST)
    assert len(server.requests) == 2


def test_a_code_is_not_signed_anew(make_client: MakeClient) -> None:
    """A gateway that speaks of time to an AppCode would do so again."""
    skew = SKEWS["aliyun-signature"]
    with hostile.serving(skew) as server, pytest.raises(GatewayRefused):
        patient(make_client, server.url).start(REQUEST)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", AUTH_NAMES)
def test_a_refusal_names_the_scheme_it_was_made_with(
    make_client: MakeClient, name: str
) -> None:
    """So that the page can name the settings of that market."""
    auth = auth_for(name, "code", key="key", secret="secret")
    refusal = gateway("403 No", "X-Ca-Error-Code: I403AA\n")
    with hostile.serving(refusal) as server, pytest.raises(GatewayRefused) as caught:
        patient(make_client, server.url, auth=auth).start(REQUEST)
    assert caught.value.scheme == name
