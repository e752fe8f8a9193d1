"""The vendor's rules for the parameters of init; pure, and written from its document."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from .plan import BRIGHT, DARK

ACTIONS: Final = (
    "LookFront",
    "LookLeft",
    "LookRight",
    "LookUp",
    "LookDown",
    "OpenMouth",
    "BlinkEye",
    "ShakeHead",
    "NodHead",
)
LONGEST_RETURN_URL: Final = 128
# The document names no limits for the rest; these keep a request finite.
LONGEST_PARAMETER: Final = 2000
MOST_ACTIONS: Final = 12
# A host as browsers write it, since it also stands in a header: no user, no name in
# other letters than ASCII (those have an `xn--` form); a port up to 65535.
_NAME: Final = r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?"
_PORT: Final = (
    "0*(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]"
    "|6553[0-5])"
)
WEB_ADDRESS: Final = re.compile(
    rf"https?://(?:{_NAME}|\[[0-9A-Fa-f:.]+\])(?::{_PORT})?(?:[/?#][^\s\\]*)?"
)
APP_PATH: Final = re.compile(r"/(?!/)[^\s\\]*")


class Refused(ValueError):
    """A parameter breaks a rule; the message is the vendor's `msg` and names it."""


@dataclass(frozen=True)
class Wish:
    """What init was asked for, every rule kept."""

    return_url: str
    colours: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


def read_wish(form: Mapping[str, Sequence[str]]) -> Wish:
    """The parameters of init; raises `Refused`."""
    return_url = one(form, "returnUrl")
    if not return_url:
        raise Refused("参数错误：缺少 returnUrl")
    if len(return_url) > LONGEST_RETURN_URL:
        raise Refused(f"参数错误：returnUrl 长度超过 {LONGEST_RETURN_URL} 字符")
    if not return_url.isprintable() or not (
        _is_web_address(return_url) or APP_PATH.fullmatch(return_url)
    ):
        raise Refused("参数错误：returnUrl 须以 http 或 https 开头，或为小程序内部地址")
    colours = _read_colours(one(form, "colors"))
    actions = _read_actions(one(form, "actions"))
    if colours and actions and "LookFront" not in actions:
        raise Refused("参数错误：闪光和动作同时使用时，actions 必须包含 LookFront")
    return Wish(return_url, colours, actions)


def one(form: Mapping[str, Sequence[str]], name: str) -> str:
    """The single value of a parameter, empty when absent; raises `Refused`."""
    values = form.get(name, ())
    if len(values) > 1:
        raise Refused(f"参数错误：{name} 重复")
    value = values[0] if values else ""
    if len(value) > LONGEST_PARAMETER:
        raise Refused(f"参数错误：{name} 过长")
    return value


def _is_web_address(value: str) -> bool:
    """Whether a browser can be sent there."""
    if not WEB_ADDRESS.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
        # What stands in brackets has to be an address.
        in_brackets = parts.netloc.startswith("[")
        return not in_brackets or bool(ipaddress.IPv6Address(parts.hostname or ""))
    except ValueError:
        return False


def _read_colours(value: str) -> tuple[str, ...]:
    if not value:
        return ()
    colours = tuple(part.upper() for part in value.split(","))
    for colour in colours:
        if colour not in BRIGHT and colour not in DARK:
            raise Refused(f"参数错误：colors 含有不支持的颜色 {colour[:20]}")
    if len(set(colours)) < len(colours):
        raise Refused("参数错误：colors 含有重复的颜色")
    if len(colours) > 1 and not (set(colours) & set(BRIGHT) and set(colours) & set(DARK)):
        raise Refused("参数错误：colors 须同时包含亮色和暗色")
    return colours


def _read_actions(value: str) -> tuple[str, ...]:
    if not value:
        return ()
    actions = tuple(value.split(","))
    for action in actions:
        if action not in ACTIONS:
            raise Refused(f"参数错误：actions 含有不支持的动作 {action[:20]}")
    if len(actions) > MOST_ACTIONS:
        raise Refused(f"参数错误：actions 超过 {MOST_ACTIONS} 个")
    return actions
