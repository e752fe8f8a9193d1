"""The only reader of the environment: settings in, one frozen object or a sentence out."""

import ipaddress
import os
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import click
from dotenv import dotenv_values

from .brand import Brand, BrandError

ROOT = Path(__file__).resolve().parent.parent
VENDOR_H5_URL = "https://api-h5.jumdata.com/lifecheck/v2/check/index"
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.ASCII)
# What people paste with a credential: the header around it, in any market's form.
PASTED = re.compile(
    r"(authorization:|appcode[ /]|x-apig-appcode:|x-bce-signature:|bearer )", re.IGNORECASE
)
PLACEHOLDER = re.compile(
    r"[<\[{$]*(?:x+|\*+|\.+|(?:(?:your|my)[-_]?)?(?:app|secret)?[-_]?"
    r"(?:code|key|id|secret|here)(?:[-_]?here)?)[>\]}]*",
    re.IGNORECASE,
)
QUOTES = "\"'`“”‘’"
SHORTEST_CODE = 6
LONGEST_CODE = 100
MOST_PROXIES = 9
# A stand that presents in one browser starts a check every two minutes. A hall of a
# hundred guests shares one address, which may still not use up everybody's hour.
LIVE_LIMITS = {
    "LIMIT_PER_VISITOR": 30,
    "LIMIT_PER_ADDRESS": 120,
    "LIMIT_PER_HOUR": 300,
    "LIMIT_PER_DAY": 1000,
}


@dataclass(frozen=True)
class Market:
    """What one value of LIFECHECK_AUTH needs, and where its console shows that.

    `credentials` are the settings with what the console calls them.
    """

    title: str
    credentials: Mapping[str, str]
    console: str = ""


ONE_CODE = {"LIFECHECK_APPCODE": "AppCode"}
APP_PAIR = {"LIFECHECK_KEY": "AppKey", "LIFECHECK_SECRET": "AppSecret"}
SECRET_PAIR = {"LIFECHECK_KEY": "SecretId", "LIFECHECK_SECRET": "SecretKey"}
DIRECT_PAIR = {"LIFECHECK_KEY": "appId", "LIFECHECK_SECRET": "appSecret"}

ALIBABA = "the Alibaba Cloud market's console, under what you have bought (已购买的服务)"
TENCENT = "the Tencent Cloud market's console, on the page of the API you have bought"
HUAWEI = "the Huawei Cloud store's console, under what you have bought (我的云商店)"
MARKETS = {
    "appcode": Market("Alibaba Cloud market", ONE_CODE, ALIBABA),
    "aliyun-signature": Market("Alibaba Cloud market, signed", APP_PAIR, ALIBABA),
    "tencent": Market("Tencent Cloud market", SECRET_PAIR, TENCENT),
    "tencent-legacy": Market("Tencent Cloud market, old gateway", SECRET_PAIR, TENCENT),
    "huawei-appcode": Market("Huawei Cloud store", ONE_CODE, HUAWEI),
    "huawei-signature": Market("Huawei Cloud store, signed", APP_PAIR, HUAWEI),
    "baidu-appcode": Market(
        "Baidu Cloud market",
        ONE_CODE,
        "the Baidu Cloud market's console, under what you have bought",
    ),
    "jumdata": Market(
        "the vendor itself, without a market",
        DIRECT_PAIR,
        "your account with the vendor (聚美智数)",
    ),
    "none": Market("no credential", {}),
}


class SettingsError(click.ClickException):
    """A setting is missing or wrong; the message names it and says what to type.

    A command of `flask` prints it as one line and ends with 1, without a stack trace.
    """


@dataclass(frozen=True)
class Limits:
    """How many checks may be started; 0 is no limit.

    An hour by one browser (`visitor`), an hour from one client address (`address`), an
    hour and a day by all together.
    """

    visitor: int = 0
    address: int = 0
    hour: int = 0
    day: int = 0


@dataclass(frozen=True)
class Settings:
    """Everything the app was told from outside.

    `init_url` and `result_url` are both set (a live vendor) or both None (the
    sandbox). `in_query` says where parameters travel; `h5_hosts` are further hosts to
    which a visitor may be led for the camera. `access_code` is empty where the demo is
    open, and `trusted_proxies` is how many proxies stand before it and name the caller.
    Secrets are left out of the repr.
    """

    init_url: str | None
    result_url: str | None
    h5_url: str
    auth: str
    appcode: str = field(repr=False)
    key: str = field(repr=False)
    secret: str = field(repr=False)
    in_query: bool
    h5_hosts: tuple[str, ...]
    secret_key: str = field(repr=False)
    public_url: str | None
    instance: Path
    brand: Brand = field(default_factory=Brand)
    sandbox_control_key: str = field(default="", repr=False)
    sandbox_places: int | None = None
    limits: Limits = field(default_factory=Limits)
    trusted_proxies: int = 0
    access_code: str = field(default="", repr=False)
    # It may hold a password. Empty: the state is kept in the instance folder.
    state_url: str = field(default="", repr=False)

    @property
    def sandboxed(self) -> bool:
        """Whether no vendor is configured, so that the app runs on its own sandbox."""
        return self.init_url is None

    @property
    def https(self) -> bool:
        """Whether browsers reach the demo by https, so that cookies must stay there."""
        return bool(self.public_url) and str(self.public_url).startswith("https:")

    @property
    def local(self) -> bool:
        """Whether browsers reach the demo on this computer only, and through no proxy."""
        return self.public_url is None or is_loopback(self.public_url)

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        root: Path = ROOT,
    ) -> "Settings":
        """Read the environment, and `.env` beside wsgi.py beneath it.

        Raises `SettingsError` with a sentence that says what to type.
        """
        if environ is None:
            from_file = dotenv_values(root / ".env", encoding="utf-8")
            environ = {**{k: v or "" for k, v in from_file.items()}, **os.environ}

        def text(name: str, default: str = "") -> str:
            return environ.get(name, "").strip() or default

        init_url = text("LIFECHECK_INIT_URL") or None
        result_url = text("LIFECHECK_RESULT_URL") or None
        if (init_url is None) != (result_url is None):
            missing = "LIFECHECK_RESULT_URL" if init_url else "LIFECHECK_INIT_URL"
            raise SettingsError(
                f"{missing} is missing: set both addresses that the cloud market "
                "shows, or neither to use the sandbox."
            )
        for name in ("LIFECHECK_INIT_URL", "LIFECHECK_RESULT_URL", "LIFECHECK_H5_URL"):
            if text(name):
                _demand_safe_address(name, text(name))

        auth = text("LIFECHECK_AUTH", "appcode")
        if auth not in MARKETS:
            raise SettingsError(
                f"LIFECHECK_AUTH={auth} is unknown: set it to one of {', '.join(MARKETS)}."
            )
        params = text("LIFECHECK_PARAMS", "form")
        if params not in {"form", "query"}:
            raise SettingsError(
                f"LIFECHECK_PARAMS={params} is unknown: set it to form (as the vendor's "
                "document says) or to query (as some listings on the Huawei store want)."
            )
        credentials = {
            "LIFECHECK_APPCODE": text("LIFECHECK_APPCODE"),
            "LIFECHECK_KEY": text("LIFECHECK_KEY"),
            "LIFECHECK_SECRET": text("LIFECHECK_SECRET"),
        }
        for name, value in credentials.items():
            _demand_credential(name, value, MARKETS[auth])
        if init_url:
            _demand_all_of(MARKETS[auth], auth, credentials)

        public_url = _origin(text("PUBLIC_URL")) if text("PUBLIC_URL") else None
        state_url = text("STATE_URL")
        if state_url:
            _demand_redis(state_url)
        try:
            brand = Brand.told(text("BRAND_NAME"), text("BRAND_LOGO"), text("BRAND_ACCENT"))
        except BrandError as error:
            raise SettingsError(str(error)) from error
        instance = Path(text("LIFECHECK_INSTANCE", str(root / "instance")))
        secret_key = text("SECRET_KEY")
        if not secret_key and public_url and not is_loopback(public_url):
            raise SettingsError(
                "SECRET_KEY is missing, and PUBLIC_URL is not this computer: set it to "
                "the output of  python -c 'import secrets; print(secrets.token_hex())'"
            )
        if not secret_key and state_url and not is_loopback(state_url):
            raise SettingsError(
                "SECRET_KEY is missing, and STATE_URL shares the checks among machines: "
                "set it, on all of them the same, to the output of  "
                "python -c 'import secrets; print(secrets.token_hex())'"
            )
        control_key = text("SANDBOX_CONTROL_KEY")
        if control_key and not re.fullmatch("[!-~]{16,}", control_key):
            raise SettingsError(
                "SANDBOX_CONTROL_KEY needs at least 16 ASCII characters without spaces: "
                "set it to the output of  python -c 'import secrets; "
                "print(secrets.token_urlsafe())', or leave it unset."
            )
        usual = LIVE_LIMITS if init_url else dict.fromkeys(LIVE_LIMITS, 0)
        limits = Limits(
            _limit("LIMIT_PER_VISITOR", text("LIMIT_PER_VISITOR"), usual),
            _limit("LIMIT_PER_ADDRESS", text("LIMIT_PER_ADDRESS"), usual),
            _limit("LIMIT_PER_HOUR", text("LIMIT_PER_HOUR"), usual),
            _limit("LIMIT_PER_DAY", text("LIMIT_PER_DAY"), usual),
        )
        places = text("SANDBOX_PLACES")
        if places and not re.fullmatch("[1-9][0-9]{0,2}", places):
            raise SettingsError(
                f"SANDBOX_PLACES={places} is no number from 1 to 999: set it to how many "
                "may be before the sandbox's camera at once, or leave it unset to have "
                "it follow the cores of this machine."
            )
        return cls(
            init_url=init_url,
            result_url=result_url,
            h5_url=text("LIFECHECK_H5_URL", VENDOR_H5_URL),
            auth=auth,
            appcode=credentials["LIFECHECK_APPCODE"],
            key=credentials["LIFECHECK_KEY"],
            secret=credentials["LIFECHECK_SECRET"],
            in_query=params == "query",
            h5_hosts=_hosts(text("LIFECHECK_H5_HOSTS")),
            secret_key=secret_key or _kept_secret(instance),
            public_url=public_url,
            instance=instance,
            brand=brand,
            sandbox_control_key=control_key,
            sandbox_places=int(places) if places else None,
            limits=limits,
            trusted_proxies=_proxies(text("TRUSTED_PROXIES", "0")),
            access_code=_access_code(text("DEMO_ACCESS_CODE")),
            state_url=state_url,
        )


def is_loopback(address: str) -> bool:
    """Whether an origin or a bare host[:port] can only mean this computer."""
    host = _host(address)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(address: str) -> str:
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


def _parts_of(address: str) -> SplitResult | None:
    """A web address taken apart; None where a part of it cannot be."""
    try:
        parts = urlsplit(address)
        # Read once: a port out of its range is noticed here, and nowhere later.
        _ = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    odd = not host or any(c.isspace() for c in host)
    return None if odd or parts.scheme not in {"http", "https"} else parts


def _demand_safe_address(name: str, address: str) -> None:
    parts = _parts_of(address)
    if parts is None or not parts.hostname:
        raise SettingsError(
            f"{name} is not a web address: paste the whole address that the market "
            "shows, beginning with https://."
        )
    if parts.scheme == "http" and not _is_private(parts.hostname):
        raise SettingsError(
            f"{name} begins with http://, so the credential would travel readable: "
            "write https:// instead."
        )


def _demand_credential(name: str, value: str, market: Market) -> None:
    """Say what is wrong with a credential that no console shows so; never the value."""
    where = f"copy it again from {market.console}" if market.console else "copy it again"
    if value and value.strip(QUOTES) != value:
        raise SettingsError(f"{name} stands in quotes: {where}, and write it without them.")
    if PASTED.match(value):
        raise SettingsError(
            f"{name} begins with a piece of a header, like 'APPCODE ': write only what "
            "comes after it; the rest is added."
        )
    if any(c.isspace() for c in value):
        raise SettingsError(
            f"{name} holds a space or a line break, which no credential does: {where}."
        )
    if value and not (value.isascii() and value.isprintable()):
        raise SettingsError(
            f"{name} holds a character that no credential has: {where}, without quotes, "
            "line breaks or the placeholder of an example."
        )
    if PLACEHOLDER.fullmatch(value):
        raise SettingsError(f"{name} is still a placeholder: {where}.")


def _demand_all_of(market: Market, auth: str, credentials: Mapping[str, str]) -> None:
    """Name the first credential that *market* needs and that is missing."""
    for name, called in market.credentials.items():
        if credentials[name]:
            continue
        given = [other for other, value in credentials.items() if value]
        others = [
            other
            for other, needs in MARKETS.items()
            if other != auth and needs.credentials and given == list(needs.credentials)
        ]
        advice = f"copy the {called} from {market.console}"
        if others:
            advice += f", or set LIFECHECK_AUTH to the market of {' and '.join(given)}: "
            advice += f"one of {', '.join(others)}"
        else:
            advice += ", or set LIFECHECK_AUTH=none"
        raise SettingsError(
            f"{name} is missing, which LIFECHECK_AUTH={auth} ({market.title}) needs: "
            f"{advice}."
        )


def _limit(name: str, said: str, usual: Mapping[str, int]) -> int:
    """How many; 0 for no limit, and what is usual where nothing was said."""
    if not said:
        return usual[name]
    if said.lower() == "off":
        return 0
    number = _whole(said)
    if number is None:
        raise SettingsError(
            f"{name}={said} is no whole number: write how many checks may be started, "
            f"like {LIVE_LIMITS[name]}, or off for no limit."
        )
    return number


def _proxies(said: str) -> int:
    number = _whole(said)
    if number is None or number > MOST_PROXIES:
        raise SettingsError(
            f"TRUSTED_PROXIES={said} is no number of proxies: write how many stand "
            f"between the internet and this demo (0 to {MOST_PROXIES}), such as 1 for "
            "one nginx."
        )
    return number


def _whole(said: str) -> int | None:
    """A number of at most nine ASCII digits; None for anything else."""
    return int(said) if re.fullmatch("[0-9]{1,9}", said) else None


def _access_code(said: str) -> str:
    """As it is compared: in one form, whichever keyboard it was typed on."""
    code = plain_code(said)
    if code and not (SHORTEST_CODE <= len(code) <= LONGEST_CODE and code.isprintable()):
        raise SettingsError(
            f"DEMO_ACCESS_CODE needs {SHORTEST_CODE} to {LONGEST_CODE} characters that "
            "can be typed: choose a longer code, such as three words, or leave it unset "
            "to keep the demo open."
        )
    return code


def plain_code(said: str) -> str:
    """A code without blanks around it, its full-width characters made plain."""
    return unicodedata.normalize("NFKC", said).strip()


def _hosts(text: str) -> tuple[str, ...]:
    """Host names alone, in lower case, from a list with commas."""
    hosts = tuple(host.strip().lower() for host in text.split(",") if host.strip())
    for host in hosts:
        if not HOST.fullmatch(host):
            raise SettingsError(
                f"LIFECHECK_H5_HOSTS holds {host!r}, which is no host name: write names "
                "alone, separated by commas, like h5.example.com,m.example.com."
            )
    return hosts


def _is_private(host: str) -> bool:
    # A name without a dot is a container or a machine of one's own network.
    if "." not in host and ":" not in host:
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def _origin(address: str) -> str:
    parts = _parts_of(address)
    if (
        parts is None
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise SettingsError(
            "PUBLIC_URL must be an origin alone, like https://demo.example.com "
            "(no path, no query)."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _demand_redis(address: str) -> None:
    """Say what is wrong with the address of a Redis; never a part of it: a password."""
    try:
        parts = urlsplit(address)
        fit = parts.scheme in {"redis", "rediss"} and bool(parts.hostname)
        # Read once: a port out of its range is noticed here.
        fit = fit and parts.port != 0
    except ValueError:
        fit = False
        parts = urlsplit("")
    odd = parts.query or parts.fragment or any(c.isspace() for c in address)
    if not fit or odd or not re.fullmatch(r"(/\d{0,4})?", parts.path, re.ASCII):
        raise SettingsError(
            "STATE_URL is not the address of a Redis: write redis://host:6379/0, with a "
            "password redis://:password@host:6379/0 (rediss:// where it speaks TLS; signs "
            "in the password as %40 for @), or leave it unset to keep short-lived state "
            "in the instance folder."
        )


def _kept_secret(instance: Path) -> str:
    """The key in the instance folder, made on first use and readable by its owner only."""
    path = instance / "secret_key"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        fresh = instance / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        # A link appears whole or not at all, so that of several workers one wins.
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(
            f"No key could be kept in {instance} ({error.strerror}): make that folder "
            "writable, or set SECRET_KEY."
        ) from error


def announcement(settings: Settings, address: str) -> str:
    """What is said on start: where the demo is, what it speaks to, what to know of it."""
    vendor = "the built-in sandbox: no account is needed"
    if not settings.sandboxed:
        vendor = f"the live service at {_host(str(settings.init_url))}"
    said = (settings.brand.advice, f"LifeCheck Demo: {address}  (on {vendor})")
    return "\n".join(line for line in said if line)
