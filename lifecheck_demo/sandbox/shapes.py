"""The shapes of what the sandbox is asked and answers, as JSON Schema; data, mostly."""

import json
from collections.abc import Iterable
from typing import Any, Final

from .api import SAID
from .control import ENDS
from .faults import CODES, Part
from .plan import BRIGHT, DARK
from .rules import ACTIONS, APP_PATH, LONGEST_RETURN_URL, MOST_ACTIONS, WEB_ADDRESS

Json = dict[str, Any]

TOKEN: Final = "vVhSC3sYQ6Vx8mB1uXrTtmGzJ0bq4KdN"  # noqa: S105
PHOTO: Final = f"http://127.0.0.1:9000/sandbox/lifecheck/v2/photo/{TOKEN}"
RETURN_URL: Final = "https://demo.example.com/lifecheck/return"
TASK_NO: Final = {"type": "string", "pattern": "^[0-9]{24}$"}
# A token, or what nobody can guess in an address.
NAME: Final = {"type": "string", "minLength": 1}

# The parameters of init.
WISH: Final[Json] = {
    "returnUrl": {
        "description": "检测完成后的返回地址，或小程序内部地址 · Where the browser returns "
        "to, or a path inside a mini-program. Printable characters only.",
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_RETURN_URL,
        "anyOf": [
            {"pattern": f"^(?:{shape.pattern})$"} for shape in (WEB_ADDRESS, APP_PATH)
        ],
        "examples": [RETURN_URL, "/pages/x/y"],
    },
    "colors": {
        "description": "闪光颜色，用逗号分隔；两个以上须同时包含亮色和暗色 · Colours, "
        f"joined by commas; of several, one bright ({' '.join(BRIGHT)}) and one dark "
        f"({' '.join(DARK)}) at least. None or empty: no flash.",
        "type": "array",
        "items": {"type": "string", "enum": [*BRIGHT, *DARK]},
        "uniqueItems": True,
        "anyOf": [
            {"maxItems": 1},
            {"allOf": [{"contains": {"enum": [*tone]}} for tone in (BRIGHT, DARK)]},
        ],
    },
    "actions": {
        "description": "动作，按顺序用逗号分隔 · Actions in their order, joined by commas. "
        "None or empty: no action.",
        "type": "array",
        "items": {"type": "string", "enum": [*ACTIONS]},
        "maxItems": MOST_ACTIONS,
    },
}
# Colours together with actions.
LOOK_FRONT: Final[Json] = {
    "if": {
        "required": ["colors", "actions"],
        "properties": {"colors": {"minItems": 1}, "actions": {"minItems": 1}},
    },
    "then": {"properties": {"actions": {"contains": {"const": "LookFront"}}}},
}


def ref(name: str) -> Json:
    """A shape by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Json, optional: Iterable[str] = ()) -> Json:
    """An object of exactly these, in which only the *optional* ones may be missing."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in set(optional)],
        "properties": properties,
        "additionalProperties": False,
    }


def _envelope(
    code: int, msg: str, data: Json | None = None, optional: Iterable[str] = ()
) -> Json:
    return _object(
        {
            "code": {"const": code},
            "msg": {"const": msg},
            "taskNo": TASK_NO,
            **({"data": _object(data, optional)} if data else {}),
        }
    )


def _or_null(shape: Json) -> Json:
    return {"anyOf": [shape, {"type": "null"}]}


def refusal(names: Iterable[str]) -> Json:
    """What a control that says no answers, for one of these reasons."""
    text = {"type": "string"}
    return _object(
        {
            "error": {"enum": [*names]},
            "zh": text,
            "en": text,
            "outcomes": {"type": "array", "items": text},
            "names": {"type": "array", "items": text},
            "outcome": text,
            "redirect": _or_null(text),
        },
        ("outcomes", "names", "outcome", "redirect"),
    )


def of_refusal(body: str) -> Json:
    """The shape of a refusal in JSON: its names, all of them there."""
    said: Json = json.loads(body)
    ours = {SAID[code]: name for name, code in ANSWERS.items()}
    if said.get("msg") in ours:
        return ref(ours[said["msg"]])
    return _object({name: {"type": _type_of(value)} for name, value in said.items()})


def _type_of(value: object) -> str:
    kinds = {bool: "boolean", int: "integer", str: "string", dict: "object", list: "array"}
    return kinds.get(type(value), "null")


# The names of the answers to a result query.
ANSWERS: Final = {"NotYet": 201, "NotPassed": 202, "Failed": 203, "Expired": 301}
_CHECK: Final = {
    "token": {"type": "string"},
    "state": {"enum": ["open", "finished", "expired"]},
    "outcome": _or_null({"enum": [*ENDS]}),
    "code": {
        "enum": [*SAID],
        "description": "此刻查询会得到的返回码 · What a result query would get now",
    },
    "queries": {
        "type": "integer",
        "minimum": 0,
        "description": "result 被查询的次数 · How often its result was asked for",
    },
    "age_seconds": {"type": "number"},
    "seconds_left": {"type": "integer", "minimum": 0},
    "return_url": {"type": "string"},
    "colors": {"type": "array", "items": {"type": "string"}},
    "actions": {"type": "array", "items": {"type": "string"}},
    "fault": _or_null({"type": "string"}),
    "redirect": _or_null({"type": "string"}),
}


def _example(code: int, msg: str, **data: str) -> Json:
    said: Json = {"code": code, "msg": msg, "taskNo": "043439882226367117195632"}
    return {"value": said | ({"data": data} if data else {})}


# What the vendor's interfaces answer, by code.
EXAMPLES: Final = {
    Part.INIT: {
        "200": _example(200, "成功", token=TOKEN),
        "400": _example(400, "参数错误：缺少 returnUrl"),
    },
    Part.RESULT: {
        "200": _example(200, SAID[200], faceImageUrl=PHOTO),
        **{str(code): _example(code, SAID[code]) for code in ANSWERS.values()},
    },
}
_COUNT: Final = {"type": "integer", "minimum": 0}
_CALLS: Final = _object(
    {
        "calls": _COUNT,
        "answers": {
            "type": "array",
            "items": _object(
                {
                    "status": {"type": "integer"},
                    "code": _or_null({"type": "integer"}),
                    "calls": _COUNT,
                }
            ),
        },
    }
)
SCHEMAS: Final[Json] = {
    "Begun": _envelope(
        200,
        "成功",
        {
            "token": {"type": "string", "minLength": 20},
            "url": {
                "type": "string",
                "format": "uri",
                "description": "检测页面地址，仅 V2.1 · The camera page, of V2.1 only",
            },
        },
        ("url",),
    ),
    "BareFailure": {
        **_object(
            {
                "code": {"type": "integer", "not": {"const": 200}},
                "msg": {"type": "string", "minLength": 1},
            }
        ),
        "description": "只有 code 和 msg，由测试凭证触发 · Without taskNo, as the vendor’s "
        "direct edition refuses; provoked by a magic credential",
    },
    "CommonFailure": {
        **_object(
            {
                "code": {"enum": [code for code, *_ in CODES]},
                "msg": {"type": "string", "minLength": 1},
                "taskNo": TASK_NO,
            }
        ),
        "description": "公共返回码；除 400 外都由测试凭证触发 · The common codes; "
        "all but 400 are provoked by a magic credential (500 also where the state cannot "
        "be written)",
    },
    "Passed": _envelope(
        200, SAID[200], {"faceImageUrl": {"type": "string", "format": "uri"}}
    ),
    **{name: _envelope(code, SAID[code]) for name, code in ANSWERS.items()},
    "Check": _object(_CHECK),
    "Checks": _object({"checks": {"type": "array", "items": ref("Check")}}),
    "Aged": {
        "oneOf": [
            ref("Check"),
            _object({"token": {"type": "string"}, "state": {"const": "forgotten"}}),
        ]
    },
    "Ended": _object(
        {
            "token": {"type": "string"},
            "outcome": {"enum": [*ENDS]},
            "redirect": _or_null({"type": "string"}),
        }
    ),
    "Meter": _object({"init": _CALLS, "result": _CALLS}),
    "Clock": _object(
        {
            "now": {"type": "string", "format": "date-time"},
            "moved_seconds": {"type": "number", "minimum": 0},
        }
    ),
    "Reset": _object({"reset": {"const": True}}),
    "Faults": {
        "type": "array",
        "items": _object(
            {
                "credential": {"type": "string"},
                "part": {"enum": [*Part]},
                "zh": {"type": "string"},
                "en": {"type": "string"},
            }
        ),
    },
}
