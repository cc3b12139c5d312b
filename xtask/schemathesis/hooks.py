"""Schemathesis's hooks: the callers, the signatures of webhooks, and what counts as a failure."""

import itertools
import json
import os

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.generation.meta import StatefulPhaseData
from schemathesis.openapi.checks import RejectedPositiveData

import world

CALLERS = json.loads(os.environ["SMS_CHAT_CALLERS"])
# API keys cannot use these: an account's own settings, drafts, presence and assignments, and new teams.
ONLY_ACCOUNTS = (
    "/me",
    "/sessions",
    "/drafts",
    "/draft",
    "/ad_hoc_draft",
    "/presence",
    "/queue",
    "/queue/next",
    "/assignment",
    "/conversations",
    "/teams",
)
# Properties and parameters that contain ids.
IDS = (
    "account_id",
    "closure_reason_id",
    "file_id",
    "id",
    "mentions",
    "tag",
    "tag_ids",
    "team_id",
    "team_ids",
    "template_id",
)
# Numbers of the requests, for keys that are used once.
REQUESTS = itertools.count()
# The greatest length of a key.
MAX_KEY = 255


@schemathesis.auth(refresh_interval=None)
class Callers:
    """Sends each request as an API key, or as an account where the operation needs one."""

    def get(self, case, context):
        path = case.path.removeprefix("/api/v1")
        if (case.method, path) == ("DELETE", "/me/sessions"):
            return CALLERS["ender"]
        if (case.method, path) == ("DELETE", "/me/sessions/{id}"):
            return CALLERS["leavers"][0]
        if (case.method, path) == ("DELETE", "/sessions/current") and len(CALLERS["leavers"]) > 1:
            return CALLERS["leavers"].pop()
        is_own = path.endswith(ONLY_ACCOUNTS) or path.startswith(("/me", "/sessions"))
        return CALLERS["account"] if is_own else CALLERS["key"]

    def set(self, case, data, context):
        if case.operation.definition.raw.get("security"):
            case.headers["Authorization"] = data


@schemathesis.hook
def map_body(context, body):
    """Uploads only the file: other parts have names that no HTTP library can write into a header."""
    uploads = ("/daily_files", "/campaigns")
    is_upload = context.operation is not None and context.operation.path.endswith(uploads)
    return {"file": body["file"]} if is_upload and isinstance(body, dict) and "file" in body else body


def is_id(value, number):
    """Whether a value in a path is this id. It can also be a text, or a number with a decimal point."""
    try:
        return float(value) == number
    except (TypeError, ValueError):
        return False


def protect_callers(case):
    """Keeps Schemathesis from revoking its own key and from disabling or changing its own account."""
    given = case.path_parameters
    if "/api_keys/{id}" in case.path and is_id(given.get("id"), CALLERS["key_id"]):
        given["id"] = CALLERS["other_key_id"]
    for name in ("id", "account_id"):
        if ("/accounts/" in case.path or name == "account_id") and is_id(given.get(name), CALLERS["account_id"]):
            given[name] = CALLERS["other_account_id"]


def existing(name, value):
    """Replaces each generated id with one of those that the demo data has."""
    if isinstance(value, dict):
        return {inner: existing(inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        return [existing(name, item) for item in value]
    is_id = name in IDS and isinstance(value, (int, float)) and not isinstance(value, bool)
    return 1 + int(value) % 3 if is_id else value


@schemathesis.hook
def before_call(context, case, kwargs):
    """Completes what a schema cannot express, so that valid requests reach the server's work."""
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    is_stateful = case.meta is not None and isinstance(case.meta.phase.data, StatefulPhaseData)
    # Stateful tests use the ids of earlier responses.
    if is_positive and not is_stateful:
        case.path_parameters = existing("", case.path_parameters)
        case.query = existing("", case.query)
        case.body = existing("", case.body)
    protect_callers(case)
    if not is_positive:
        return
    if "Idempotency-Key" in case.headers:
        suffix = f"-{next(REQUESTS)}"
        case.headers["Idempotency-Key"] = case.headers["Idempotency-Key"][: MAX_KEY - len(suffix)] + suffix
    # A generated version is not that of the resource.
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    # Cursors are opaque. Only those of an earlier response, in stateful tests, are valid.
    if not is_stateful:
        case.query.pop("cursor", None)
    if case.path.endswith("/sessions/refresh") and CALLERS["refresh_tokens"]:
        case.cookies["smsc_refresh"] = CALLERS["refresh_tokens"].pop()
    if "/webhooks/" in case.path and isinstance(case.body, dict):
        fields = {name: str(value) for name, value in case.body.items()}
        case.headers["X-Twilio-Signature"] = world.signature(f"{CALLERS['url']}{case.path}", fields)


# The document states lengths, ranges and types, so a value within them must not be refused for one of these.
BROKEN_BOUNDS = ("invalid_type", "out_of_range", "too_long", "too_short")
# Codes that also have reasons which a schema cannot express, and the fields that the document states completely.
STATED = {
    "invalid": ("key", "tab", "undo_seconds", "Idempotency-Key"),
    "required": ("permissions",),
}


def is_stated(error: dict, body: object) -> bool:
    """Whether the document states what the error is about, so that the schema excludes the value."""
    if error["code"] in BROKEN_BOUNDS:
        return True
    if error["field"] == "email" and isinstance(body, dict):
        # Addresses are normalised first. What that makes of other characters cannot be stated in a pattern.
        email = str(body.get("email"))
        return error["code"] == "invalid" and email.isascii() and email.isprintable()
    return error["field"] in STATED.get(error["code"], ())


def refused_for_its_meaning(problem: dict, body: object) -> bool:
    """Whether a value that matches its schema was refused for something that a schema cannot express.

    Examples: an id that does not exist, a time in the past, a password that is easy to guess, a cursor of another list.
    """
    errors = problem.get("errors", [])
    faults = [error["code"] for error in errors]
    if any(is_stated(error, body) for error in errors) or (problem["code"], errors) == ("validation_failed", []):
        return False
    # A query with an error in a field was read; the field has a value that is refused.
    is_readable_query = problem["code"] == "invalid_query" and faults not in ([], ["required"])
    return problem["code"] == "invalid_cursor" or is_readable_query or problem["status"] in (410, 422)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    # A malformed tag of If-Match matches no version.
    if isinstance(failure, AcceptedNegativeData) and response.status_code == 412:
        return False
    if not isinstance(failure, RejectedPositiveData):
        return True
    return not refused_for_its_meaning(json.loads(response.content), case.body)


if os.environ.get("SMS_CHAT_BREAK"):

    @schemathesis.hook
    def after_call(context, case, response):
        """Falsifies a response, to prove that a wrong response fails the run."""
        if response.status_code == 200 and os.environ["SMS_CHAT_BREAK"] == "status":
            response.status_code = 299
        if response.status_code == 200 and os.environ["SMS_CHAT_BREAK"] == "body":
            response.content = response.content.replace(b'"permissions"', b'"rights"')
