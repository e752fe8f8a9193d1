"""Init and result as the vendor answers them: the wire, and nothing behind it."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from flask import Blueprint, Response, g, jsonify, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from . import faults
from .checks import Check, CheckBook
from .faults import Fault, Part
from .markets import PREFIX, Said
from .pages import origin
from .rules import Refused, one, read_wish
from .wire import gone_wrong

FORM: Final = "application/x-www-form-urlencoded"
LARGEST_FORM: Final = 16 * 1024
EVERY_METHOD: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# As the document has them; `msg` of 200 and 203 differ between init and result there.
SAID: Final = {
    200: "实人认证通过",
    201: "未查询到检测结果",
    202: "实人认证未通过",
    203: "检测失败",
    301: "token已过期",
}
# Where the sandbox lists its faults, from its own root.
TABLE: Final = "/control/faults"
JUDGED: Final = frozenset({200, 202, 203})


def create_api(book: CheckBook, *, random: Random, version: str = "2") -> Blueprint:
    """`init` and `result`, under the vendor's own paths; *version* is "2" or "2.1"."""
    api = Blueprint("api", __name__, url_prefix="/lifecheck/v2")

    @api.route("/init", methods=EVERY_METHOD, provide_automatic_options=False)
    def init() -> Response:
        wrong = wrong_shape()
        if wrong:
            return wrong
        try:
            fault = wanted_fault()
            wish = read_wish(parameters())
        except Refused as error:
            return envelope(400, str(error), random)
        if fault and fault.part is Part.INIT and fault.said:
            return as_said(fault.said)
        spoken = fault.version if fault and fault.version else version
        token = book.start(wish, fault.name if fault else "", spoken)
        if fault and fault.outcome == "expire":
            book.expire(token)
        elif fault and fault.outcome:
            book.finish(token, fault.outcome)
        data = {"token": token}
        if spoken == "2.1":
            page = url_for("camera.index", token=token)
            data["url"] = f"{origin()}{page}"
        answer = envelope(200, "成功", random, data, besides(fault, Part.INIT))
        return on_its_way(answer, fault, Part.INIT)

    @api.route("/result", methods=EVERY_METHOD, provide_automatic_options=False)
    def result() -> Response:
        wrong = wrong_shape()
        if wrong:
            return wrong
        try:
            fault = wanted_fault()
            token = one(parameters(), "token")
        except Refused as error:
            return envelope(400, str(error), random)
        if not token:
            return envelope(400, "参数错误：缺少 token", random)
        check = book.count_query(token)
        if fault and fault.part is Part.RESULT and fault.said:
            return as_said(fault.said)
        if fault and check and check.queries <= fault.early:
            return envelope(201, SAID[201], random)
        # The document knows no code for a token it never gave out.
        code = 201 if check is None else book.code_of(check)
        data = {"faceImageUrl": photo_address(check)} if code == 200 and check else None
        more = besides(fault, Part.RESULT) if code == 200 else {}
        answer = envelope(code, SAID[code], random, data, more)
        if check and code in JUDGED:
            name_report(check, answer)
        return on_its_way(answer, fault, Part.RESULT)

    def wanted_fault() -> Fault | None:
        """The fault that the credential asks for; raises `Refused` for an unknown one."""
        behind = "credential" in g
        name = faults.named(g.credential) if behind else faults.chosen(request.headers)
        fault = None if name is None else faults.find(name)
        if name is not None and fault is None:
            table = f"{request.script_root}{TABLE}"
            raise Refused(f"未知的沙箱测试凭证 {PREFIX}{name[:40]}，清单见 {table}")
        if fault and fault.part is Part.ACCOUNT:
            raise Refused(f"{fault.credential} 只在选择了云市场（--market）时有效")
        return fault

    def parameters() -> dict[str, list[str]]:
        """The form; behind a market's gateway those of the query as well.

        The document knows of a form only. Markets let callers put parameters into the
        query, and hand them on.
        """
        sent = request.values if "credential" in g else request.form
        found = dict(sent.lists())
        if not found and request.args:
            raise Refused("参数错误：参数须放在请求体的表单中，不能放在查询串中")
        return found

    def wrong_shape() -> Response | None:
        """The refusal of a request that is not a small form sent by POST, if it is not."""
        if request.method != "POST":
            answer = envelope(400, "参数错误：请求方式须为 POST", random)
            answer.status_code = 405
            answer.headers["Allow"] = "POST"
            return answer
        # An empty form is sent without a type; what it lacks is told further on. With
        # its parameters in the query, a market's caller may name any.
        typeless = not request.mimetype or "credential" in g
        empty = typeless and not request.content_length
        if request.mimetype != FORM and not empty:
            answer = envelope(400, f"参数错误：请求格式须为 {FORM}", random)
            answer.status_code = 415
            return answer
        request.max_content_length = LARGEST_FORM
        try:
            _ = request.form
        except RequestEntityTooLarge:
            answer = envelope(400, "参数错误：请求体过大", random)
            answer.status_code = 413
            return answer
        return None

    def photo_address(check: Check) -> str:
        path = url_for("camera.photo", name=book.photo_name(check.token))
        return f"{origin_of(check)}{path}"

    def name_report(check: Check, answer: Response) -> None:
        """Say where it stands how the camera's run was judged, as RFC 8288 has it.

        The document knows nothing of this: hence a header, which harms no client.
        """
        name = book.report_name(check.token)
        if not name:
            return
        kinds = (("page", "text/html"), ("picture", "image/svg+xml"))
        answer.headers["Link"] = ", ".join(
            f"<{origin_of(check)}{url_for(f'judged.{view}', name=name)}>; "
            f'rel="describedby"; type="{kind}"'
            for view, kind in kinds
        )

    def origin_of(check: Check) -> str:
        """Where the browser has opened the camera page."""
        return check.origin or origin()

    return api


def besides(fault: Fault | None, part: Part) -> Mapping[str, object]:
    """What stands besides in a true answer of *part*, on purpose."""
    return fault.besides if fault and fault.part is part else {}


def as_said(said: Said) -> Response:
    """An answer that does not come from the vendor at all."""
    answer = Response(said.body, said.status, said.headers)
    answer.headers.pop("Content-Type", None)
    if said.content_type:
        answer.headers["Content-Type"] = said.content_type
    return answer


def on_its_way(answer: Response, fault: Fault | None, part: Part) -> Response:
    """*answer*, with what goes wrong after it has left."""
    if fault and fault.wire and fault.part is part:
        return gone_wrong(answer, fault.wire, request.environ)
    return answer


def envelope(
    code: int,
    msg: str,
    random: Random,
    data: dict[str, Any] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """The vendor's answer: code, msg, a fresh taskNo of 24 digits, and data if any."""
    task_no = f"{random.randrange(10**24):024d}"
    answer: dict[str, Any] = {"code": code, "msg": msg, "taskNo": task_no}
    if data is not None:
        answer["data"] = data
    return jsonify(answer | dict(more or {}))
