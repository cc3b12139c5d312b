"""The accounts, the API key and the customers' messages that Schemathesis works with."""

import base64
import hashlib
import hmac
import json

import requests

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "the token that signs the webhooks"
PASSWORD = "a heron on the quiet weir"
TIMEOUT_S = 10


class Client:
    """A client of the API with a bearer token."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        self.headers = {"X-Forwarded-For": "192.0.2.1"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: str, path: str, body: object = None) -> requests.Response:
        target = f"{self.url}/api/v1{path}"
        response = requests.request(method, target, json=body, headers=self.headers, timeout=TIMEOUT_S)
        if not response.ok:
            raise SystemExit(f"{method} {path}: {response.status_code} {response.text}")
        return response

    def send(self, method: str, path: str, body: object = None) -> dict:
        return self.request(method, path, body).json()

    def sign_in(self, email: str, password: str) -> tuple[str, str]:
        """Returns the access token and the refresh token of a new session."""
        response = self.request("POST", "/sessions", {"email": email, "password": password})
        return response.json()["access_token"], response.cookies["smsc_refresh"]

    def token(self, email: str, password: str = PASSWORD) -> str:
        return self.sign_in(email, password)[0]


def signature(url: str, fields: dict[str, str]) -> str:
    """Returns the gateway's signature of a webhook (Twilio's "Webhooks security")."""
    text = url + "".join(f"{name}{value}" for name, value in sorted(fields.items()))
    return base64.b64encode(hmac.new(AUTH_TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def receive(url: str, number: str, team_number: str, body: str) -> None:
    """Delivers a customer's message."""
    fields = {"MessageSid": "SM" + hashlib.md5((number + body).encode()).hexdigest(), "From": number}
    fields |= {"To": team_number, "Body": body}
    target = f"{url}/api/v1/webhooks/twilio/messages"
    headers = {"X-Twilio-Signature": signature(target, fields)}
    requests.post(target, data=fields, headers=headers, timeout=TIMEOUT_S).raise_for_status()


def prepare(url: str, spare_sessions: int) -> str:
    """Creates the callers and some conversations; returns the callers as JSON, for `hooks.py`.

    Requests that sign out end one of the spare sessions.
    """
    admin = Client(url)
    admin = Client(url, admin.token("admin@example.com", "sms-chat-demo"))
    teams = [team["id"] for team in admin.send("GET", "/teams")["items"]]
    permissions = admin.send("GET", "/me")["permissions"]

    def account(name: str) -> dict:
        new = {"email": f"{name}@example.com", "display_name": name.title(), "role": "admin", "password": PASSWORD}
        return admin.send("POST", "/accounts", new | {"team_ids": teams})

    operator, ender, leaver, target = map(account, ("operator", "ender", "leaver", "target"))
    signed_in = Client(url, Client(url).token(operator["email"]))
    new_key = {"name": "Schemathesis", "permissions": permissions, "team_ids": teams}
    key, other_key = signed_in.send("POST", "/api_keys", new_key), signed_in.send("POST", "/api_keys", new_key)
    for place in range(4):
        receive(url, f"+44770090098{place}", "+447700900001", f"Hello, message {place}")
    callers = {
        "url": url,
        "account": signed_in.headers["Authorization"],
        "account_id": operator["id"],
        "other_account_id": target["id"],
        "key": f"Bearer {key['secret']}",
        "key_id": key["id"],
        "other_key_id": other_key["id"],
        "ender": f"Bearer {Client(url).token(ender['email'])}",
        "leavers": [f"Bearer {Client(url).token(leaver['email'])}" for _ in range(spare_sessions)],
        "refresh_tokens": [Client(url).sign_in(target["email"], PASSWORD)[1] for _ in range(spare_sessions)],
    }
    return json.dumps(callers)
