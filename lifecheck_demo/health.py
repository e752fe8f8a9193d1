"""Says whether this server can serve, without asking the vendor."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from .settings import Settings
from .store import Store, StoreUnavailable


def create_health(settings: Settings, store: Store) -> Blueprint:
    """`GET /healthz`: 200 while pages can be served and checks kept, else 503."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> ResponseReturnValue:
        vendor = "sandbox" if settings.sandboxed else "live"
        try:
            # Written, since a store that is full or locked can still be read.
            store.put("health", {}, 60)
        except StoreUnavailable as error:
            trouble = {"status": "trouble", "vendor": vendor, "store": str(error)}
            return jsonify(trouble), 503
        return jsonify({"status": "ok", "vendor": vendor, "store": "ok"})

    return health
