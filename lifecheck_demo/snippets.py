"""Complete programs in six languages for what the form says; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .settings import MARKETS

FOLDER: Final = Path(__file__).resolve().parent.parent / "templates" / "snippets"
# Where the programs' own return handler answers.
RETURN_PORT: Final = 8080
RETURN_URL: Final = f"http://127.0.0.1:{RETURN_PORT}/lifecheck/return"
PARTS: Final = ("init", "result", "handler")
DEFAULT: Final = "python"
# Whose requests are signed as a whole, by a function of its own in each program.
SIGNED: Final = frozenset(
    {"aliyun-signature", "tencent", "tencent-legacy", "huawei-signature"}
)


@dataclass(frozen=True)
class Language:
    """A language that programs are written in.

    `files` are named as the commands name them, one for each part that it has.
    `is_tested` where the project's tests can count on its runtime. `needs` is what has
    to be installed first for the programs without and with a handler.
    """

    name: str
    title: str
    files: tuple[str, ...]
    command: str
    is_tested: bool = True
    needs: tuple[str, str] = ("", "")
    handler_command: str = ""


LANGUAGES: Final = {
    language.name: language
    for language in (
        Language("curl", "curl", ("init.sh", "result.sh"), "sh"),
        Language(
            "python",
            "Python",
            ("init.py", "result.py", "return.py"),
            "python",
            needs=("pip install requests", "pip install flask requests"),
        ),
        Language("node", "Node.js", ("init.mjs", "result.mjs", "return.mjs"), "node"),
        # Before Java 18 a source file is read in the computer's own encoding.
        Language(
            "java",
            "Java",
            ("Init.java", "Result.java", "Return.java"),
            "java -Dfile.encoding=UTF-8",
        ),
        Language("go", "Go", ("init.go", "result.go", "return.go"), "go run", False),
        Language(
            "php",
            "PHP",
            ("init.php", "result.php", "return.php"),
            "php",
            False,
            handler_command="php -S 127.0.0.1:{port}",
        ),
    )
}


@dataclass(frozen=True)
class Service:
    """What the programs speak to; `auth` is a LIFECHECK_AUTH, never a credential.

    `in_query` says that parameters travel in the address.
    """

    init_url: str
    result_url: str
    h5_url: str
    auth: str
    in_query: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """The environment variables that hold the credential."""
        return tuple(MARKETS[self.auth].credentials)


@dataclass(frozen=True)
class Program:
    """One file to copy; empty text where a language has no such part.

    `needs` is what has to be installed for it first, `command` what runs it.
    """

    part: str
    file: str = ""
    text: str = ""
    needs: str = ""
    command: str = ""


def programs(
    language: Language,
    service: Service,
    parameters: Mapping[str, str],
    *,
    say: Callable[..., str],
    handler_url: str = RETURN_URL,
) -> tuple[Program, ...]:
    """The programs for init, result and the return handler.

    *parameters* are those of init; a returnUrl other than *handler_url* leads into a
    mini-program. *say* translates the comments.
    """
    handler = urlsplit(handler_url)
    port = handler.port or RETURN_PORT

    def write(part: str, file: str) -> Program:
        command = language.command
        if part == "handler" and language.handler_command:
            command = language.handler_command.format(port=port)
        command = f"{command} {file}{' TOKEN' if part == 'result' else ''}"
        needs = language.needs[part == "handler"]
        heading = TEMPLATES.get_template("heading.txt").render(
            _=say, needs=needs, command=command, secrets=service.secrets
        )
        text = TEMPLATES.get_template(f"{language.name}.{part}.txt").render(
            _=say,
            heading=heading.splitlines(),
            part=part,
            init_url=without_secrets(service.init_url),
            result_url=without_secrets(service.result_url),
            h5_url=service.h5_url,
            parameters=parameters,
            auth=service.auth,
            secrets=service.secrets,
            signed=service.auth in SIGNED,
            in_query=service.in_query,
            in_app=parameters["returnUrl"] != handler_url,
            path=handler.path,
            port=port,
        )
        return Program(part, file, text, needs, command)

    found = [write(part, file) for part, file in zip(PARTS, language.files, strict=False)]
    return (*found, *(Program(part) for part in PARTS[len(found) :]))


def without_secrets(url: str) -> str:
    """*url* without its user and the values of its query: a key may stand in either."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    names = [(name, "...") for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(names), ""))


# A text in the quotes of each language. What does not show is written as an escape, so
# that no program reads otherwise than it runs.


def in_python(text: str) -> str:
    """A Python string."""
    return _quoted(text, {}, lambda c: f"\\U{ord(c):08x}")


def in_javascript(text: str) -> str:
    """A JavaScript string."""
    return _quoted(text, {}, lambda c: f"\\u{{{ord(c):x}}}")


def in_java(text: str) -> str:
    r"""A Java string, in ASCII.

    The compiler reads `\u000a` as a line break before it knows of strings: what is below
    128 is written in octal.
    """

    def escape(c: str) -> str:
        if ord(c) < 128:
            return f"\\{ord(c):03o}"
        units = c.encode("utf-16-be").hex()
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

    return _quoted(text, {}, escape, shows=lambda c: c.isascii() and c.isprintable())


def in_go(text: str) -> str:
    """A Go string."""
    return _quoted(text, {}, lambda c: f"\\U{ord(c):08x}")


def in_php(text: str) -> str:
    """A PHP string; a dollar sign would begin a variable."""
    return _quoted(text, {"$": "\\$"}, lambda c: f"\\u{{{ord(c):x}}}")


def in_shell(text: str) -> str:
    """A word for the shell, which knows no escape: what does not show is left out.

    A terminal would act on it while the command is being pasted.
    """
    shown = text
    if not text.isprintable():
        shown = "".join(c for c in text if c.isprintable() or c == "\n")
    return "'" + shown.replace("'", "'\\''") + "'"


def _quoted(
    text: str,
    special: Mapping[str, str],
    escape: Callable[[str], str],
    shows: Callable[[str], bool] = str.isprintable,
) -> str:
    special = {"\\": "\\\\", '"': '\\"', **special}
    written = (special.get(c) or (c if shows(c) else escape(c)) for c in text)
    return f'"{"".join(written)}"'


TEMPLATES: Final = Environment(
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  # programs, which the page escapes as a whole
)
TEMPLATES.filters.update(
    sh=in_shell,
    py=in_python,
    js=in_javascript,
    java=in_java,
    go=in_go,
    php=in_php,
    constant=lambda name: name.removeprefix("LIFECHECK_"),
    host=lambda url: urlsplit(url).netloc,
    path=lambda url: urlsplit(url).path or "/",
    own_query=lambda url: dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
    encoded=lambda text: quote(text, safe="~"),
)
