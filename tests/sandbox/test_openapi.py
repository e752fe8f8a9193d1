"""The sandbox's description of itself: valid, true, and held against made-up traffic."""

import copy
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from lifecheck_demo import create_app
from lifecheck_demo.sandbox import create_sandbox
from lifecheck_demo.sandbox.faults import FAULTS, Part
from lifecheck_demo.sandbox.openapi import describe
from lifecheck_demo.settings import Settings
from tests.conftest import Clock
from tests.sandbox.test_api import BACK

TRAFFIC = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck]
)
SCENARIOS = settings(
    TRAFFIC, max_examples=120, stateful_step_count=8, phases=[Phase.generate]
)


VENDORS = ("/lifecheck/v2/init", "/lifecheck/v2/result")


class Later:
    """The sandbox, from when the tests run: they are made of its description before."""

    app: Flask

    def __call__(self, environ: Any, start: Any) -> Any:
        # The controls are for this computer.
        return self.app({"REMOTE_ADDR": "127.0.0.1", **environ}, start)


later = Later()
described = schemathesis.openapi.from_dict(describe("http://localhost"))
described.app = later


@pytest.fixture(autouse=True, scope="module")
def _now(tmp_path_factory: pytest.TempPathFactory) -> None:
    later.app = create_sandbox(data=tmp_path_factory.mktemp("described"))


def test_the_description_is_valid(wire: FlaskClient) -> None:
    """By the official schema of OpenAPI 3.1, its references and its schemas too."""
    document = wire.get("/openapi.json").get_json()

    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")


def test_everything_the_sandbox_serves_is_described(sandbox: Flask) -> None:
    """But for what the camera page's own script and style are about."""
    own = {"place", "begin", "frame", "stop", "ended", "<path:filename>", "openapi.json"}
    served = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in sandbox.url_map.iter_rules()
        if rule.rule.rpartition("/")[2] not in own
    }

    assert served == set(describe("")["paths"])


@pytest.mark.parametrize(
    ("base", "mounted"), [("http://localhost", ""), ("http://192.0.2.7:9000", "/sandbox")]
)
def test_its_server_is_where_it_was_asked_for(
    wire: FlaskClient, base: str, mounted: str
) -> None:
    """Alone, mounted, by another name: a client made of it finds the way."""
    answer = wire.get("/openapi.json", base_url=base + mounted)

    assert answer.get_json()["servers"] == [{"url": base + mounted}]


def test_its_server_in_the_demo_is_the_public_address(tmp_path: Path, clock: Clock) -> None:
    """A proxy that ends https leaves another one in the request."""
    environ = {
        "LIFECHECK_INSTANCE": str(tmp_path),
        "PUBLIC_URL": "https://demo.example.com",
        "SECRET_KEY": "x" * 32,
    }
    client = create_app(Settings.from_environment(environ), clock=clock).test_client()
    document = client.get("/sandbox/openapi.json").get_json()

    assert document["servers"] == [{"url": "https://demo.example.com/sandbox"}]


def test_the_answer_of_version_2_1_is_described_too(tmp_path: Path) -> None:
    """With the page's address beside the token."""
    document = describe("")
    wire = create_sandbox(data=tmp_path, version="2.1").test_client()
    answer = wire.post(VENDORS[0], data={"returnUrl": BACK})

    assert "url" in answer.get_json()["data"]
    assert fits(document, document["paths"][VENDORS[0]]["post"]["responses"], answer)


@pytest.mark.parametrize("path", VENDORS)
def test_its_examples_fit_its_own_shapes(path: str) -> None:
    """Of what is sent and of what is answered."""
    document = describe("")
    called = document["paths"][path]["post"]
    answers = called["responses"]["200"]["content"]["application/json"]
    for content in (described_form(document, path), answers):
        schema = {**content["schema"], "components": document["components"]}
        assert len(content["examples"]) >= 1
        for example in content["examples"].values():
            assert Draft202012Validator(schema).is_valid(example["value"]), example


def test_its_rules_are_the_documents(wire: FlaskClient) -> None:
    """Written out here once more, since it is made of the sandbox's own."""
    form = described_form(describe(""), "/lifecheck/v2/init")["schema"]["properties"]

    assert form["returnUrl"]["maxLength"] == 128
    assert " ".join(form["colors"]["items"]["enum"]) == (
        "#FFFFFF #FFD9E3 #D8D6FF #CFF9FF #FFCEFD #D8FFCD #FFF4CB "
        "#000000 #3B3C04 #183C03 #063C28 #063C3A #060D3C #3C0636"
    )
    assert " ".join(form["actions"]["items"]["enum"]) == (
        "LookFront LookLeft LookRight LookUp LookDown OpenMouth BlinkEye ShakeHead NodHead"
    )


def described_form(document: dict[str, Any], path: str) -> dict[str, Any]:
    """The form of a path's POST."""
    body: dict[str, Any] = document["paths"][path]["post"]["requestBody"]
    return body["content"]["application/x-www-form-urlencoded"]


@pytest.mark.parametrize(
    ("form", "fits"),
    [
        ({"returnUrl": BACK}, True),
        ({"returnUrl": "/pages/x/y", "colors": [], "actions": []}, True),
        ({"returnUrl": BACK, "colors": ["#FFFFFF"]}, True),
        ({"returnUrl": BACK, "colors": ["#FFFFFF", "#000000"]}, True),
        ({"returnUrl": BACK, "actions": ["NodHead"] * 12}, True),
        (
            {
                "returnUrl": BACK,
                "colors": ["#FFFFFF", "#000000"],
                "actions": ["NodHead", "LookFront"],
            },
            True,
        ),
        ({}, False),
        ({"returnUrl": ""}, False),
        ({"returnUrl": "//a.example"}, False),
        ({"returnUrl": "http://a..b/"}, False),
        ({"returnUrl": "http://a.example:65536/"}, False),
        ({"returnUrl": "https://a.example/" + "a" * 111}, False),
        ({"returnUrl": BACK, "colors": ["#FFFFFF", "#000000", "#FFFFFF"]}, False),
        ({"returnUrl": BACK, "colors": ["#FFFFFF", "#FFD9E3"]}, False),
        ({"returnUrl": BACK, "actions": ["NodHead"] * 13}, False),
        ({"returnUrl": BACK, "colors": ["#FFFFFF"], "actions": ["NodHead"]}, False),
    ],
)
def test_the_description_and_the_sandbox_hold_to_the_same_rules(
    wire: FlaskClient, form: dict[str, Any], fits: bool
) -> None:
    """What one takes the other takes, joined by commas as it says."""
    described_as = described_form(describe(""), "/lifecheck/v2/init")
    sent = {n: ",".join(v) if isinstance(v, list) else v for n, v in form.items()}
    code = wire.post("/lifecheck/v2/init", data=sent).get_json()["code"]

    assert described_as["encoding"]["colors"] == {"style": "form", "explode": False}
    assert Draft202012Validator(described_as["schema"]).is_valid(form) == fits
    assert (code == 200) == fits


# Broken on purpose in ways that no description should allow.
UNDESCRIBED = ("empty", "not-json", "no-code", "200-no-photo", "201-as-text")


@pytest.mark.parametrize("part", [Part.INIT, Part.RESULT])
def test_faults_answer_as_described_unless_that_is_the_fault(
    wire: FlaskClient, part: Part
) -> None:
    """Every gateway's refusal has its status, headers and shape there."""
    path = f"/lifecheck/v2/{part}"
    document = describe("")
    responses = document["paths"][path]["post"]["responses"]
    for fault in [f for f in FAULTS.values() if f.part is part and f.said]:
        sent = {"Authorization": f"APPCODE {fault.credential}"}
        data = {"returnUrl": BACK, "token": "x"}
        answer = wire.post(path, data=data, headers=sent)
        broken = fault.name.removeprefix(f"{part}-") in UNDESCRIBED
        assert fits(document, responses, answer) != broken, fault.name


@pytest.mark.parametrize("path", VENDORS)
@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (405, {"method": "GET"}),
        (415, {"method": "POST", "json": {"token": "x"}}),
        (413, {"method": "POST", "data": {"token": "x" * 20_000}}),
    ],
)
def test_a_request_of_the_wrong_shape_is_refused_as_described(
    wire: FlaskClient, path: str, status: int, sent: dict[str, Any]
) -> None:
    """Made-up traffic is not held to this: any method may be refused."""
    document = describe("")
    answer = wire.open(path, **sent)

    assert answer.status_code == status
    assert fits(document, document["paths"][path]["post"]["responses"], answer)


def fits(document: dict[str, Any], responses: dict[str, Any], answer: Any) -> bool:
    """Whether an answer is one of those described."""
    found = responses.get(str(answer.status_code))
    if found is None:
        return False
    named = {*found.get("headers", {})}
    if not {n for n, _ in answer.headers if n.startswith("X-Ca-")} <= named:
        return False
    if answer.status_code != 200 and not answer.data:
        return "X-Ca-Request-Id" in answer.headers
    content = found.get("content", {}).get(answer.mimetype)
    if content is None or answer.mimetype != "application/json":
        return content is not None
    schema = {**content["schema"], "components": document["components"]}
    return Draft202012Validator(schema).is_valid(answer.get_json(silent=True))


@schemathesis.check
def the_vendors_code_tells(ctx: CheckContext, answer: Response, case: Case) -> None:
    """The vendor refuses in an HTTP 200: its code is taken for the status it stands for."""
    if case.path not in VENDORS:
        return
    told = copy.copy(answer)
    if answer.status_code != 200 or json.loads(answer.content)["code"] == 400:
        told.status_code = 400
    body = case.body if isinstance(case.body, dict) else {}
    # Joined by commas, these are what an empty list is.
    if [""] not in (body.get("colors"), body.get("actions")):
        negative_data_rejection(ctx, told, case)
    # What is printable, or an address in brackets, no JSON Schema can say.
    address = str(body.get("returnUrl", ""))
    if address.isprintable() and "[" not in address:
        positive_data_acceptance(ctx, told, case)


@described.parametrize()
@TRAFFIC
def test_whatever_is_sent_is_answered_as_described(case: Case) -> None:
    """Right and wrong data, made from the description, on every path."""
    excluded = [negative_data_rejection, positive_data_acceptance]
    case.call_and_validate(excluded_checks=excluded if case.path in VENDORS else [])


journeys = schemathesis.openapi.from_dict(describe("http://localhost")).include(
    operation_id=["init", "cameraPage", "finishCheck", "readCheck", "ageCheck", "result"]
)
journeys.app = later
journeys.config.generation.update(modes=[GenerationMode.POSITIVE])


class Journeys(journeys.as_state_machine()):  # type: ignore[misc]
    """Goes from answer to answer as the links say, and counts what it came through."""

    came_through: ClassVar[Counter[tuple[str, int]]] = Counter()

    def before_call(self, case: Case) -> None:
        """Let every check begin: what else may be asked for is tried above."""
        if case.path == VENDORS[0]:
            case.body = {"returnUrl": BACK}

    def validate_response(self, response: Response, case: Case, **_: Any) -> None:
        """Hold the answer to the description."""
        excluded = [negative_data_rejection, positive_data_acceptance]
        case.validate_response(response, excluded_checks=excluded)
        code = response.status_code
        if case.path in VENDORS and code == 200:
            code = json.loads(response.content)["code"]
        self.came_through[case.path, code] += 1


def test_checks_go_on_as_the_links_say() -> None:
    """From init to its page, its end, its result, and the controls of it."""
    Journeys.run(settings=SCENARIOS)

    through = Journeys.came_through
    assert {code for path, code in through if path.endswith("/result")} >= {200, 201}
    for path in (
        "/control/checks/{token}",
        "/control/checks/{token}/finish",
        "/control/checks/{token}/age",
        "/lifecheck/v2/check/index",
    ):
        assert through[path, 200], path
