"""Static files and pages on their way: named, packed, kept, asked for again."""

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lifecheck_demo import STATIC
from lifecheck_demo.assets import Assets
from lifecheck_demo.sandbox.assets import Assets as SandboxAssets
from tests.conftest import Visitor

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
ADDRESSES = re.compile(r'(?:href|src)="((?:/sandbox)?/static/[^"]+)"')
IMPORTED = re.compile(r'from "(\./[^"]+)"')
OTHER_PRINT = "0123456789ab"


@pytest.fixture(name="client")
def _client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(name="addresses")
def _addresses(visitor: Visitor) -> list[str]:
    """What the form and the sandbox's camera page ask for in their heads."""
    pages = (visitor.get("/"), visitor.get(visitor.start()))
    return [address for page in pages for address in ADDRESSES.findall(page.text)]


def test_every_file_of_a_page_is_kept_for_good(
    client: FlaskClient, addresses: list[str]
) -> None:
    """Its address changes with its content, so it never has to be asked for again."""
    assert len(addresses) == 6
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers


def test_files_are_packed_for_who_takes_it(
    client: FlaskClient, addresses: list[str]
) -> None:
    """The same content either way, and caches are told to tell the two apart."""
    sheets = [address for address in addresses if address.endswith(".css")]
    assert len(sheets) == 2
    for address in sheets:
        plain, packed = client.get(address), client.get(address, headers=GZIP)
        refused = client.get(address, headers={"Accept-Encoding": "gzip;q=0, br"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data == refused.data
        assert len(packed.data) * 4 < len(plain.data)
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
        assert plain.headers["ETag"] != packed.headers["ETag"]
        assert "Content-Encoding" not in plain.headers


def test_who_has_a_file_is_told_so(client: FlaskClient, addresses: list[str]) -> None:
    """A browser that reloads, or a cache that asks: no body, and no other file's tag."""
    for address in addresses:
        for headers in ({}, GZIP):
            tag = client.get(address, headers=headers).headers["ETag"]
            again = client.get(address, headers={**headers, "If-None-Match": f"W/{tag}"})
            other = client.get(address, headers={**headers, "If-None-Match": '"other"'})
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == tag
            assert other.status_code == 200


def test_a_head_is_an_answer_without_its_body(
    client: FlaskClient, addresses: list[str]
) -> None:
    """With the length that the body has."""
    for address in addresses:
        head, whole = client.head(address), client.get(address)
        assert head.data == b""
        assert head.headers["Content-Length"] == str(len(whole.data))


def test_an_older_print_gets_the_file_of_today_and_is_asked_again(
    client: FlaskClient, addresses: list[str]
) -> None:
    """A page that was open during an upgrade goes on; nothing wrong is kept for a year."""
    for address in addresses:
        now = client.get(address)
        for other in (OTHER_PRINT + "/", ""):
            older = client.get(re.sub(r"static/[0-9a-f]{12}/", f"static/{other}", address))
            assert older.data == now.data
            assert older.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "nothing.css",
        "{print}/nothing.css",
        "{print}/../css/demo.css",
        "{print}/{print}/css/demo.css",
        "{print}/..%2f..%2fwsgi.py",
        "css",
        "",
    ],
)
def test_what_is_no_file_is_a_page_that_says_so(
    client: FlaskClient, addresses: list[str], path: str
) -> None:
    """On both sides; and nothing outside the folders can be had."""
    for mount, address in (("/static/", addresses[0]), ("/sandbox/static/", addresses[-1])):
        told = address.removeprefix(mount).partition("/")[0]
        answer = client.get(mount + path.replace("{print}", told))
        assert answer.status_code == 404
        assert answer.mimetype == "text/html"
        assert "immutable" not in answer.headers["Cache-Control"]


def test_a_file_is_only_read(client: FlaskClient, addresses: list[str]) -> None:
    """Another method is no way to one."""
    for address in addresses:
        assert client.post(address).status_code in {400, 404, 405}


def test_modules_find_each_other_inside_their_print(
    client: FlaskClient, addresses: list[str]
) -> None:
    """Relative imports keep the print, so the whole set is kept for good."""
    scripts = [address for address in addresses if address.endswith(".js")]
    found: set[str] = set()
    while scripts:
        address = scripts.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"], address
        found.add(address)
        folder = address.rpartition("/")[0]
        wanted = {folder + name[1:] for name in IMPORTED.findall(answer.text)}
        scripts += wanted - found

    assert len(found) > 25


@pytest.mark.parametrize("kind", [Assets, SandboxAssets])
def test_the_print_follows_names_and_contents(
    tmp_path: Path, kind: type[Assets] | type[SandboxAssets]
) -> None:
    """A change in any file is a new address for all that name each other."""
    prints = []
    for name, text in (("a.js", "1"), ("a.js", "2"), ("b.js", "2")):
        for file in tmp_path.iterdir():
            file.unlink()
        (tmp_path / name).write_text(text)
        prints.append(kind(tmp_path, {}).print)

    assert len(set(prints)) == 3


def test_a_kind_of_file_that_is_not_known_is_not_served(tmp_path: Path) -> None:
    """What an editor leaves behind stays here."""
    (tmp_path / "a.css~").write_text("secret")
    assets = Assets(tmp_path, {})

    with Flask(__name__).test_request_context("/"), pytest.raises(KeyError):
        assets.url("a.css~")


def test_every_static_file_is_of_a_known_kind(app: Flask) -> None:
    """One that is not would be missing, and only a browser would notice."""
    folders = (STATIC, Path(app.root_path) / "sandbox/static")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]

    assert {path.suffix for path in files} == {".css", ".js", ".svg", ".jpg"}


def length_of(answer: TestResponse) -> int:
    """The bytes of an answer as they travelled."""
    assert answer.headers["Content-Length"] == str(len(answer.data))
    return len(answer.data)


def test_pages_are_packed_for_who_takes_it(visitor: Visitor) -> None:
    """Form, camera page and the errors' page; the words are the same."""
    for address in ("/", visitor.start(), "/nowhere"):
        plain = visitor.client.get(address)
        packed = visitor.client.get(address, headers=GZIP)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.vary
        assert "Accept-Encoding" in plain.vary
        title = re.compile(rb"<title>.*</title>")
        unpacked = gzip.decompress(packed.data)
        assert title.findall(unpacked) == title.findall(plain.data) != []
        assert length_of(packed) < length_of(plain)


def test_small_answers_and_pictures_are_left_as_they_are(visitor: Visitor) -> None:
    """They would not travel sooner."""
    result = visitor.check("passed").request.path
    redirected = f"/stage{result}"
    for address, mimetype in (
        ("/healthz", "application/json"),
        (f"{result}/photo", "image/jpeg"),
        (redirected, "text/html"),
    ):
        answer = visitor.client.get(address, headers=GZIP)
        assert answer.mimetype == mimetype
        assert "Content-Encoding" not in answer.headers


def test_the_length_of_a_packed_page_tells_little(visitor: Visitor) -> None:
    """The same page twice is hardly ever as long: a guess cannot be told by it."""
    for address in ("/", "/codes"):
        pages = [visitor.client.get(address, headers=GZIP) for _ in range(24)]
        unpacked = [gzip.decompress(page.data) for page in pages]
        # A gzip file's name: random bytes that mean nothing.
        names = [page.data[10:].partition(b"\0")[0] for page in pages]
        assert len({len(name) for name in names}) > 8
        assert max(map(len, names)) < 100
        assert len({len(page) for page in unpacked}) == 1
