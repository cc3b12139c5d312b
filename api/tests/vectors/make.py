"""Makes signatures.json: signatures by Twilio's own Python library, and which ones it accepts.

    pip install twilio && npm install twilio && python make.py > signatures.json && node confirm.mjs signatures.json

confirm.mjs checks each case with Twilio's Node library and fails if the two libraries disagree.
"""

import json
from importlib.metadata import version

from twilio.request_validator import RequestValidator

TOKEN, SECONDARY, UNKNOWN = "0123456789abcdef0123456789abcdef", "the secondary token", "a stranger's token"
PATH = "/api/v1/webhooks/twilio/messages"
SERVER = "https://desk.example.com"
FORM = [
    ["MessageSid", "SM0123456789abcdef0123456789abcdef"],
    ["From", "+447700900123"],
    ["To", "+447700900001"],
    ["Body", "Hello & goodbye = 100%"],
]


class Form(dict):
    """A form as web frameworks pass it to the library: each name with all of its values."""

    def __init__(self, pairs):
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getlist(self, name):
        return self[name]


CASES = []


def case(name, url=SERVER + PATH, form=FORM, signed=None, signed_form=None, token=TOKEN):
    """`signed` and `signed_form` are the signed URL and form, if they differ from the received ones."""
    signature = RequestValidator(token).compute_signature(signed or url, Form(signed_form or form))
    valid = any(RequestValidator(known).validate(url, Form(form), signature) for known in (TOKEN, SECONDARY))
    CASES.append({"name": name, "url": url, "form": form, "signature": signature, "valid": valid})


def at(base, query=""):
    return base + PATH + query


case("https")
case("https, signed with the port", signed=at(SERVER + ":443"))
case("https with the port, signed without", url=at(SERVER + ":443"), signed=at(SERVER))
case("https with the port, signed with it", url=at(SERVER + ":443"))
case("http", url=at("http://desk.example.com"))
case("http, signed with the port", url=at("http://desk.example.com"), signed=at("http://desk.example.com:80"))
case("http with the port, signed without", url=at("http://desk.example.com:80"), signed=at("http://desk.example.com"))
case("another port", url=at(SERVER + ":8443"))
case("another port, signed without", url=at(SERVER + ":8443"), signed=at(SERVER))
case("no port, signed with another", signed=at(SERVER + ":8443"))
case("another port, signed with the usual one", url=at(SERVER + ":8443"), signed=at(SERVER + ":443"))
case("http, signed as https", url=at("http://desk.example.com"), signed=at(SERVER))
case("https, signed as http", signed=at("http://desk.example.com"))
case("https, signed with the port of http", signed=at(SERVER + ":80"))
case("another host", signed=at("https://evil.example.com"))
case("an IPv6 address", url=at("https://[2001:db8::1]"))
case("an IPv6 address, signed with the port", url=at("https://[2001:db8::1]"), signed=at("https://[2001:db8::1]:443"))
case("below a path", url=at("https://example.com/desk"))
case("below a path, signed without it", url=at("https://example.com/desk"), signed=at("https://example.com"))

case("a query", url=at(SERVER, "?team=1&tag=b"))
case("a percent-encoded query", url=at(SERVER, "?name=J%C3%BCrgen%20%26%20Co&plus=%2B&quote=%27"))
case("a percent-encoded query, signed decoded", url=at(SERVER, "?plus=%2B"), signed=at(SERVER, "?plus=+"))
case("a plus in the query", url=at(SERVER, "?name=a+b"))
case("empty values in the query", url=at(SERVER, "?a=&b"))
case("a name twice in the query", url=at(SERVER, "?a=2&a=1"))
case("a query, signed without", url=at(SERVER, "?team=1"), signed=at(SERVER))
case("no query, signed with one", signed=at(SERVER, "?team=1"))
case("a query in another order", url=at(SERVER, "?a=1&b=2"), signed=at(SERVER, "?b=2&a=1"))
case("bodySHA256 beside a form", url=at(SERVER, "?bodySHA256=" + "0" * 64))
case("a slash at the end, signed without", url=at(SERVER, "?a=/"), signed=at(SERVER, "?a="))
case("no slash at the end, signed with one", signed=at(SERVER) + "/")
case("the path in capitals", signed=at(SERVER).replace("twilio", "Twilio"))

case("other alphabets", form=FORM[:3] + [["Body", "Ω жук 漢字 e\u0301 \u00e9"]])
case("emoji", form=FORM[:3] + [["Body", "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f496"]])
case("spaces and line breaks", form=FORM[:3] + [["Body", "  one\r\ntwo\n\tthree  "]])
case("what looks encoded", form=FORM[:3] + [["Body", "%41+%2B&a=b;c"]])
case("empty values", form=FORM[:3] + [["Body", ""], ["FromCity", ""], ["FromZip", ""]])
case("one parameter", form=FORM[:1])
case("names in the order of their bytes", form=[["b", "1"], ["B", "2"], ["a", "3"], ["AB", "4"], ["A", "5"], ["_", "6"]])
case("a name twice", form=FORM + [["Tag", "b"], ["Tag", "a"]])
case("a name and a value twice", form=FORM + [["Tag", "b"], ["Tag", "a"], ["Tag", "b"]])
case("a name twice, signed once", form=FORM + [["Tag", "b"], ["Tag", "a"]], signed_form=FORM + [["Tag", "b"]])
case("a value twice, signed once", form=FORM + [["Tag", "b"], ["Tag", "b"]], signed_form=FORM + [["Tag", "b"]])
case("another value", form=FORM[:3] + [["Body", "hello"]], signed_form=FORM)
case("a parameter more", form=FORM + [["OptOutType", "STOP"]], signed_form=FORM)
case("a parameter less", form=FORM[:3], signed_form=FORM)
case("an empty parameter more", form=FORM + [["OptOutType", ""]], signed_form=FORM)

case("the other token, while it is being changed", token=SECONDARY)
case("a token that is not ours", token=UNKNOWN)
case("the token in capitals", token=TOKEN.upper())

BODY = '{"MessageSid":"SM0123456789abcdef0123456789abcdef"}'
json_url = at(SERVER, "?bodySHA256=" + RequestValidator(TOKEN).compute_hash(BODY))
document = {
    "made_by": f"twilio {version('twilio')} of PyPI",
    "tokens": [TOKEN, SECONDARY],
    "cases": CASES,
    # Twilio signs JSON by its hash in the URL. The server has no JSON webhooks, so it refuses the request.
    "json": {"url": json_url, "body": BODY, "signature": RequestValidator(TOKEN).compute_signature(json_url, {})},
}
print(json.dumps(document, indent=1, ensure_ascii=False))
