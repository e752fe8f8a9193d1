"""The same questions for the sandbox and, when asked for, for the live vendor.

`LIFECHECK_LIVE_TESTS=1` with the settings of a live vendor asks it as well. That
spends three calls, which may be billed.
"""

import os
from collections.abc import Iterator

import pytest
from flask import Flask

from lifecheck_demo.client import (
    CheckState,
    InitRequest,
    InProcess,
    LifecheckClient,
    VendorRefused,
    auth_for,
)
from lifecheck_demo.settings import Settings

BACK = "https://demo.example.com/return/contract"
ASK_LIVE = os.environ.get("LIFECHECK_LIVE_TESTS") == "1"


@pytest.fixture(name="client", params=["sandbox", "live"])
def _client(request: pytest.FixtureRequest, app: Flask) -> Iterator[LifecheckClient]:
    if request.param == "live":
        if not ASK_LIVE:
            pytest.skip("asks the live vendor only with LIFECHECK_LIVE_TESTS=1")
        settings = Settings.from_environment()
        if settings.sandboxed:
            pytest.fail("LIFECHECK_LIVE_TESTS=1 needs the settings of a live vendor")
        yield LifecheckClient(
            str(settings.init_url),
            str(settings.result_url),
            auth=auth_for(
                settings.auth,
                settings.appcode,
                key=settings.key,
                secret=settings.secret,
            ),
            in_query=settings.in_query,
        )
        return
    origin = "http://127.0.0.1/sandbox/lifecheck/v2"
    yield LifecheckClient(
        f"{origin}/init",
        f"{origin}/result",
        auth=auth_for("none"),
        transport=InProcess(app.wsgi_app),
    )


def test_init_gives_a_token_whose_result_is_not_there_yet(client: LifecheckClient) -> None:
    """Two calls: the document's token, then its 201 before anybody was checked."""
    wish = InitRequest(BACK, ("#FFFFFF", "#000000"), ("LookFront", "BlinkEye"))
    started = client.start(wish)

    result = client.result(started.token)

    assert started.answer.code == 200
    assert started.answer.task_no
    assert result.state is CheckState.NO_RESULT_YET
    assert result.face_image_url is None


def test_colours_of_one_kind_are_refused_with_400(client: LifecheckClient) -> None:
    """One call: the rule that two or more colours hold both kinds."""
    with pytest.raises(VendorRefused) as refused:
        client.start(InitRequest(BACK, ("#FFFFFF", "#FFD9E3"), ()))

    assert refused.value.msg
