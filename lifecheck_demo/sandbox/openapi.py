"""The sandbox's description of itself (OpenAPI 3.1), made of the rules that it keeps."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from . import shapes
from .api import FORM, LARGEST_FORM
from .camera import NO_REDIRECT, OUTCOMES
from .control import ENDS, LARGEST_BODY, LONGEST_MOVE
from .control import STATUS as REFUSED
from .faults import CREDENTIALS, FAULTS, Fault, Part
from .markets import PREFIX
from .pages import origin
from .rules import LONGEST_PARAMETER

Json = dict[str, Any]

VERSION: Final = "1.0.0"
ABOUT: Final = """\
实人认证服务的沙箱：按厂商文档实现，有状态，可故意出错。未与真实服务逐一比对。

A stand-in for the vendor of the liveness service, written from its document: it keeps \
state, and goes wrong on purpose when the AppCode says so (`/control/faults`). Nobody has \
compared it with the live service yet.

The camera page's own script talks to `check/place`, `check/begin`, `check/frame` and \
`check/stop`; these are its business and not described."""
BEHIND: Final = """\
本沙箱在 init 和 result 之前有云市场网关（{market}）：须带该市场的凭证，\
参数也可放在查询串中，方法或地址错误由网关应答。以下描述的是网关之后的接口。

Before init and result stands a market's gateway ({market}): it wants that market's \
credential, takes the parameters in the query as well, and answers a wrong method or \
address itself. Described here is the API behind it."""
HTML: Final = "text/html"
LINK: Final = {
    "description": "摄像头检测的判定说明（RFC 8288） · Where it stands how a run of the "
    "camera was judged",
    "schema": {"type": "string"},
}
UTF8_HTML: Final = {HTML: {"schema": {"type": "string"}}}


def create_openapi(*, market: str = "none") -> Blueprint:
    """`/openapi.json`; before the API may stand the gateway of a *market*."""
    openapi = Blueprint("openapi", __name__)

    @openapi.get("/openapi.json")
    def description() -> ResponseReturnValue:
        return jsonify(describe(f"{origin()}{request.script_root}", market))

    return openapi


def describe(server: str, market: str = "none") -> Json:
    """All of it, as it is reached under the address *server*.

    Of a *market*'s gateway its own description says what it wants; here stands the API
    that is behind it.
    """
    about = ABOUT if market == "none" else f"{BEHIND.format(market=market)}\n\n{ABOUT}"
    return {
        "openapi": "3.1.0",
        "info": {"title": "LifeCheck sandbox", "version": VERSION, "description": about},
        "servers": [{"url": server}],
        "tags": [
            {"name": "vendor", "description": "厂商的接口 · The vendor's interfaces"},
            {"name": "pages", "description": "浏览器打开的页面 · What a browser opens"},
            {
                "name": "control",
                "description": "沙箱自己的控制 · The sandbox's own controls",
            },
        ],
        "paths": {
            "/lifecheck/v2/init": {"post": _init()},
            "/lifecheck/v2/result": {"post": _result()},
            **_pages(),
            **_controls(),
        },
        "components": {"schemas": shapes.SCHEMAS, "securitySchemes": _credentials()},
    }


# The vendor's interfaces


def _init() -> Json:
    schema = {"type": "object", "required": ["returnUrl"], "properties": shapes.WISH}
    token = "$response.body#/data/token"  # noqa: S105
    by_token = {"parameters": {"token": token}}
    return {
        "operationId": "init",
        "tags": ["vendor"],
        "summary": "初始化，取得令牌 · Begin a check and get its token",
        "security": [{}, *({header: []} for header, _ in CREDENTIALS)],
        "requestBody": _form(
            {**schema, **shapes.LOOK_FRONT},
            encoding={
                name: {"style": "form", "explode": False} for name in ("colors", "actions")
            },
            examples={
                "silent": {"value": {"returnUrl": shapes.RETURN_URL}},
                "actions": {
                    "value": {
                        "returnUrl": shapes.RETURN_URL,
                        "actions": ["LookFront", "NodHead"],
                    }
                },
                "flash and actions": {
                    "value": {
                        "returnUrl": shapes.RETURN_URL,
                        "colors": ["#FFFFFF", "#000000"],
                        "actions": ["LookFront", "BlinkEye"],
                    }
                },
            },
        ),
        "responses": _answers(
            Part.INIT,
            ("Begun", "CommonFailure", "BareFailure"),
            {
                "result": _asks_for_result(token),
                "cameraPage": {"operationId": "cameraPage", **by_token},
                "finish": {
                    "operationId": "finishCheck",
                    **by_token,
                    "requestBody": {"outcome": "passed"},
                },
                "state": {"operationId": "readCheck", **by_token},
                "age": {
                    "operationId": "ageCheck",
                    **by_token,
                    "requestBody": {"seconds": 600},
                },
            },
        ),
    }


def _asks_for_result(token: str) -> Json:
    return {"operationId": "result", "requestBody": {"token": token}}


def _result() -> Json:
    token = {"type": "string", "minLength": 1, "maxLength": LONGEST_PARAMETER}
    return {
        "operationId": "result",
        "tags": ["vendor"],
        "summary": "查询检测结果 · Ask for a check's result",
        "description": "任意次；初始化后十分钟内有效。未知令牌得到 201。\n\n"
        "As often as you like, within ten minutes from init. An unknown token gets 201.",
        "security": [{}, *({header: []} for header, _ in CREDENTIALS)],
        "requestBody": _form(
            {"type": "object", "required": ["token"], "properties": {"token": token}},
            examples={"token": {"value": {"token": shapes.TOKEN}}},
        ),
        "responses": _answers(
            Part.RESULT,
            (
                "Passed",
                "NotYet",
                "NotPassed",
                "Failed",
                "Expired",
                "CommonFailure",
                "BareFailure",
            ),
            {},
        ),
    }


def _form(schema: Json, *, examples: Json, encoding: Json | None = None) -> Json:
    said: Json = {"schema": schema, "examples": examples}
    return {
        "required": True,
        "description": f"≤ {LARGEST_FORM} B",
        "content": {FORM: said | ({"encoding": encoding} if encoding else {})},
    }


def _answers(part: Part, shapes_of_200: Iterable[str], links: Json) -> Json:
    """By HTTP status: its own, and those that a magic credential provokes."""
    asked: dict[int, list[Fault]] = defaultdict(list)
    for fault in FAULTS.values():
        # Those of 200 are broken on purpose, or carry a code that is described anyhow.
        if fault.part is part and fault.said and fault.said.status != 200:
            asked[fault.said.status].append(fault)
    own = {
        405: "请求方式须为 POST · The method was not POST",
        413: "请求体过大 · The body is too large",
        415: f"请求格式须为 {FORM} · The body is no form",
    }
    found = {
        "200": {
            "description": "返回码在正文里 · The code is in the body",
            "content": _json(
                {"oneOf": [shapes.ref(name) for name in shapes_of_200]},
                shapes.EXAMPLES[part],
            ),
            "headers": {"Link": LINK} if part is Part.RESULT else {},
            "links": links,
        }
    }
    for status in sorted({*asked, *own}):
        found[str(status)] = _refused(own.get(status, ""), asked.get(status, []))
        if status == 405:
            found["405"]["headers"] = {"Allow": {"schema": {"type": "string"}}}
    return found


def _refused(own: str, asked: Iterable[Fault]) -> Json:
    """An answer other than 200: the sandbox's *own*, or one that is *asked* for."""
    lines = [own] if own else []
    schemas = [shapes.ref("CommonFailure")] if own else []
    content: Json = {}
    headers: dict[str, Json] = {}
    for fault in asked:
        lines.append(f"`{fault.credential}`: {fault.zh} · {fault.en}")
        said = fault.said
        if said is None:
            continue
        for name in said.headers:
            headers[name] = {"schema": {"type": "string"}}
        kind = said.content_type.partition(";")[0]
        if kind == "application/json":
            shape = shapes.of_refusal(said.body)
            schemas += [shape] if shape not in schemas else []
        elif kind:
            content[kind] = {"schema": {"type": "string"}}
    if schemas:
        content |= _json(schemas[0] if len(schemas) == 1 else {"anyOf": schemas})
    answer: Json = {"description": "\n\n".join(lines)}
    if headers:
        answer["headers"] = headers
    return answer | ({"content": content} if content else {})


def _credentials() -> Json:
    """Optional, all of them: only what asks for a fault means something."""
    asks = {
        header: shape.pattern.replace(r"\s+", " ").replace(r"(\S+)", f"{PREFIX}…")
        for header, shape in CREDENTIALS
    }
    simple = {
        header: {
            "type": "apiKey",
            "in": "header",
            "name": header,
            "description": f"`{words}`：故意出错 · goes wrong on purpose",
        }
        for header, words in asks.items()
    }
    return {**simple, "ControlKey": {"type": "http", "scheme": "bearer"}}


# What a browser opens


def _pages() -> Json:
    token = _parameter("token", "query", {"type": "string"}, shapes.TOKEN)
    name = {**_parameter("name", "path", shapes.NAME, ""), "required": True}
    lang = _parameter("lang", "query", {"enum": ["zh", "en"]}, "en")
    page = {"description": "页面 · A page", "content": UTF8_HTML}
    back = {
        "description": "回到 returnUrl · Back to the returnUrl",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": UTF8_HTML,
    }
    problem = {str(status): page for status in (404, 410, 503)}
    outcome = {"type": "string", "enum": [*OUTCOMES, *NO_REDIRECT]}
    form = {
        "type": "object",
        "required": ["token", "outcome"],
        "properties": {"token": {"type": "string"}, "outcome": outcome},
    }
    jpeg = {"description": "照片 · The photo", "content": {"image/jpeg": {}}}
    svg = {"description": "图 · The plot", "content": {"image/svg+xml": {}}}

    def opened(identity: str, summary: str, parameters: list[Json], answers: Json) -> Json:
        answers = {**answers, "503": page}
        return {
            "operationId": identity,
            "tags": ["pages"],
            "summary": summary,
            "parameters": parameters,
            "responses": answers,
        }

    return {
        "/lifecheck/v2/check/index": {
            "get": opened(
                "cameraPage",
                "检测页面 · The camera page, and the outcome chooser",
                [token, lang],
                {"200": page, "303": back, **problem},
            )
        },
        "/lifecheck/v2/check/outcome": {
            "post": {
                **opened(
                    "chooseOutcome",
                    "选择结果 · End a check without a camera",
                    [lang],
                    {"200": page, "303": back, "400": page, "413": page, **problem},
                ),
                "requestBody": {"required": True, "content": {FORM: {"schema": form}}},
            }
        },
        "/lifecheck/v2/photo/{name}": {
            "get": opened(
                "photo", "人像照片 · The face photo", [name], {"200": jpeg, "404": page}
            )
        },
        "/lifecheck/v2/judged/{name}": {
            "get": opened(
                "judged",
                "这次检测是如何判定的 · How the run was judged",
                [name, lang],
                {"200": page, "404": page},
            )
        },
        "/lifecheck/v2/judged/{name}.svg": {
            "get": opened(
                "judgedPicture",
                "最能说明问题的一张图 · Its most telling plot",
                [name, lang],
                {"200": svg, "404": page},
            )
        },
    }


def _parameter(name: str, where: str, schema: Json, example: str) -> Json:
    said: Json = {"name": name, "in": where, "schema": schema}
    return said | ({"example": example} if example else {})


# The sandbox's own controls


def _controls() -> Json:
    token = {
        **_parameter("token", "path", shapes.NAME, shapes.TOKEN),
        "required": True,
    }
    outcome = {"type": "string", "enum": [*ENDS]}
    seconds = {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": LONGEST_MOVE,
        "examples": [600],
    }
    ended = ("unknown", "finished", "expired", "bad-outcome")
    return {
        "/control/checks": {
            "get": _control("listChecks", "最近的检测 · The latest checks", "Checks")
        },
        "/control/checks/{token}": {
            "parameters": [token],
            "get": _control(
                "readCheck", "检测的状态 · A check's state", "Check", ("unknown",)
            ),
        },
        "/control/checks/{token}/finish": {
            "parameters": [token],
            "post": _control(
                "finishCheck",
                "结束检测 · End a check, as the camera page would",
                "Ended",
                ended,
                {"outcome": outcome},
                links={"result": _asks_for_result("$response.body#/token")},
            ),
        },
        "/control/checks/{token}/age": {
            "parameters": [token],
            "post": _control(
                "ageCheck",
                "让一次检测变旧 · Let time pass for one check",
                "Aged",
                ("unknown", "bad-seconds"),
                {"seconds": seconds},
            ),
        },
        "/control/meter": {
            "get": _control(
                "readMeter",
                "init 和 result 的调用次数 · How often init and result were called",
                "Meter",
            )
        },
        "/control/clock": {
            "get": _control("readClock", "沙箱的时间 · The sandbox's time", "Clock"),
            "post": _control(
                "moveClock",
                "让时间前进 · Let time pass for every check",
                "Clock",
                ("bad-seconds",),
                {"seconds": seconds},
            ),
        },
        "/control/reset": {
            "post": _control("reset", "清空一切 · Take everything away", "Reset", (), {})
        },
        "/control/faults": {
            "get": {
                "operationId": "faultsPage",
                "tags": ["control"],
                "summary": "故意出错的凭证 · Credentials that make it go wrong",
                "responses": {
                    "200": {"description": "页面 · A page", "content": UTF8_HTML}
                },
            }
        },
        "/control/faults.json": {
            "get": {
                "operationId": "listFaults",
                "tags": ["control"],
                "summary": "同上，供程序读取 · The same, for programs",
                "responses": {
                    "200": {
                        "description": "全部 · All of them",
                        "content": _json(shapes.ref("Faults")),
                    }
                },
            }
        },
    }


def _control(
    identity: str,
    summary: str,
    shape: str,
    refusals: Iterable[str] = (),
    body: Mapping[str, Json] | None = None,
    *,
    links: Json | None = None,
) -> Json:
    """A control: read, or pressed with a *body* of these names, all of them needed."""
    names = ["wrong-key", "key-needed", "closed", "other-site", "unavailable", *refusals]
    if "unknown" in names:
        names.append("not-here")
    described: Json = {
        "operationId": identity,
        "tags": ["control"],
        "summary": summary,
        "security": [{}, {"ControlKey": []}],
    }
    if body is not None:
        names += ["not-json", "bad-json", "bad-name", "too-big"]
        schema = {
            "type": "object",
            "required": [*body],
            "properties": dict(body),
            "additionalProperties": False,
        }
        described["requestBody"] = {
            "required": True,
            "description": f"≤ {LARGEST_BODY} B",
            "content": _json(schema),
        }
    answers = {
        "200": {
            "description": "好 · Done",
            "content": _json(shapes.ref(shape)),
            "links": links or {},
        }
    }
    for status in sorted({REFUSED[name] for name in names}):
        these = [name for name in names if REFUSED[name] == status]
        answers[str(status)] = {
            "description": ", ".join(f"`{name}`" for name in these),
            "content": _json(shapes.refusal(these)),
        }
    return {**described, "responses": answers}


def _json(schema: Json, examples: Json | None = None) -> Json:
    said = {"schema": schema, **({"examples": examples} if examples else {})}
    return {"application/json": said}
