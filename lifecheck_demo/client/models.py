"""What is asked of the vendor and what it answers, as small frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class InitRequest:
    """What a check should ask of the visitor, and where it sends them afterwards."""

    return_url: str
    colours: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    def parameters(self) -> dict[str, str]:
        """The parameters as they travel, under the vendor's names.

        Empty ones are left out: the document gives an empty value no meaning.
        """
        wire = {
            "returnUrl": self.return_url,
            "colors": ",".join(self.colours),
            "actions": ",".join(self.actions),
        }
        return {name: value for name, value in wire.items() if value}


@dataclass(frozen=True)
class Answer:
    """The part that every answer of the vendor has.

    `msg` and `task_no` are bounded, free of control characters, and masked where they
    repeat what must stay secret; either may be empty, since errors come without them.
    """

    code: int
    msg: str = ""
    task_no: str = ""


@dataclass(frozen=True)
class Envelope:
    """An answer with what it carries: `data`, and the fields beside it."""

    answer: Answer
    data: Mapping[str, object] = field(repr=False)
    beside: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True)
class StartedCheck:
    """A check that the vendor has begun; whoever holds the token can carry it on.

    `page_url` is the camera page as a newer version of the vendor (2.1) names it, and
    empty where init brings a token alone. It is the vendor's word: whoever leads a
    visitor there has to know the host.
    """

    token: str = field(repr=False)
    answer: Answer
    page_url: str = field(default="", repr=False)


class CheckState(StrEnum):
    """What a result answer says of a check."""

    PASSED = "passed"
    PASSED_WITHOUT_PHOTO = "passed-without-photo"
    NOT_PASSED = "not-passed"
    COULD_NOT_FINISH = "could-not-finish"
    NO_RESULT_YET = "no-result-yet"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Explanation:
    """A page that tells how a result came about, and a picture of it (or "")."""

    page: str = field(repr=False)
    picture: str = field(default="", repr=False)


@dataclass(frozen=True)
class CheckResult:
    """How a check stands; whoever has the photo's address sees the face.

    `explanation` comes from sandboxes only.
    """

    state: CheckState
    answer: Answer
    face_image_url: str | None = field(default=None, repr=False)
    explanation: Explanation | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Photo:
    """A face photo; the content type is what the bytes are, not what was declared."""

    data: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True)
class Reply:
    """An HTTP answer before anybody has understood it; header names in lower case.

    `came_at` is when, in seconds since the epoch on our own clock.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    came_at: float = 0.0
