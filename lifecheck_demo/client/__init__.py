"""The vendor as we speak to it; everything that other modules may use is named here."""

from .auth import AUTH_NAMES, AppCodeAuth, NoAuth, VendorAuth, auth_for
from .client import LifecheckClient
from .errors import (
    Crowded,
    GatewayKind,
    GatewayRefused,
    LifecheckError,
    PhotoRefused,
    SwitchedOff,
    TooManyCalls,
    Unintelligible,
    UnknownAnswer,
    Unreachable,
    VendorAnswered,
    VendorRefused,
    VendorTrouble,
)
from .exchange import Exchange, Message
from .in_process import InProcess
from .masking import DOTS, mask
from .models import Answer, CheckResult, CheckState, InitRequest, Photo, StartedCheck
from .places import MOST_AT_ONCE
from .probe import Probe, Trouble, probe

__all__ = [
    "AUTH_NAMES",
    "DOTS",
    "MOST_AT_ONCE",
    "Answer",
    "AppCodeAuth",
    "CheckResult",
    "CheckState",
    "Crowded",
    "Exchange",
    "GatewayKind",
    "GatewayRefused",
    "InProcess",
    "InitRequest",
    "LifecheckClient",
    "LifecheckError",
    "Message",
    "NoAuth",
    "Photo",
    "PhotoRefused",
    "Probe",
    "StartedCheck",
    "SwitchedOff",
    "TooManyCalls",
    "Trouble",
    "Unintelligible",
    "UnknownAnswer",
    "Unreachable",
    "VendorAnswered",
    "VendorAuth",
    "VendorRefused",
    "VendorTrouble",
    "auth_for",
    "mask",
    "probe",
]
