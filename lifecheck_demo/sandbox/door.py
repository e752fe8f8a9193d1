"""A market's gateway before the vendor's API: who is let in, and what the others hear."""

import hashlib
from collections.abc import Callable
from random import Random
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from .api import FORM, LARGEST_FORM, as_said
from .checks import CheckBook
from .faults import named
from .markets import STATES, Asked, Gateway, Keys, Said

STATE_NAMES: Final = frozenset(name for name, _, _ in STATES)


class Door:
    """One market's gateway, with the keys that are right."""

    def __init__(
        self,
        gateway: Gateway,
        keys: Keys,
        book: CheckBook,
        *,
        clock: Callable[[], float],
        random: Random,
    ) -> None:
        self._gateway = gateway
        self._keys = keys
        self._book = book
        self._clock = clock
        self._random = random

    def guard(self, api: Blueprint) -> None:
        """Stand before every address of *api*."""
        api.before_request(self._admit)

    def wrong_address(self) -> Response:
        """What a program hears at an address, or with a method, that is not there."""
        return self._refuse("wrong-url")

    def _admit(self) -> Response | None:
        """None to go on with `g.credential`, the AppCode or key id, or the refusal."""
        if request.method != "POST":
            return self.wrong_address()
        request.max_content_length = LARGEST_FORM
        try:
            asked = self._asked()
        except RequestEntityTooLarge:
            return self._refuse("too-large")
        said = self._said_to(asked)
        if said:
            return as_said(said)
        g.credential = self._gateway.credential(asked)
        return None

    def _said_to(self, asked: Asked) -> Said | None:
        """What is said in place of the vendor's answer, if anything is.

        Only who is right has a nonce remembered: nobody can spend another's.
        """
        said = self._gateway.verify(asked, self._keys, self._clock())
        if said:
            return said
        credential, nonce = self._gateway.credential(asked), self._gateway.nonce(asked)
        # A digest is as short for a nonce of any length.
        digest = hashlib.sha256(f"{credential}\n{nonce}".encode()).hexdigest()
        if nonce and not self._book.is_first(digest, self._gateway.remembered):
            return self._gateway.say("replayed", asked.request_id)
        state = named(credential)
        if state in STATE_NAMES:
            return self._gateway.say(state, asked.request_id)
        return None

    def _refuse(self, kind: str) -> Response:
        return as_said(self._gateway.say(kind, self._request_id()))

    def _asked(self) -> Asked:
        body = request.get_data()
        form = request.form if request.mimetype == FORM else None
        return Asked(
            method=request.method,
            path=request.root_path.rstrip("/") + request.path,
            query=tuple(request.args.items(multi=True)),
            form=tuple(form.items(multi=True)) if form else (),
            headers=request.headers,
            body=body,
            request_id=self._request_id(),
        )

    def _request_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))
