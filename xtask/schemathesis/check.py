"""Checks the server against its OpenAPI document.

Starts a server with the demo data and a database of its own, validates the document that it serves, and lets
Schemathesis test every operation. `cargo xtask test` and `cargo xtask schemathesis` run this script.
"""

import argparse
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

import world
from examples import faults_of_examples

HERE = Path(__file__).parent
START_TIMEOUT_S = 30
# Sessions for the requests that sign out.
SPARE_SESSIONS = 20


class Server:
    """A running server with a database in a folder."""

    def __init__(self, binary: str, folder: Path) -> None:
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("SMS_CHAT_", "TWILIO_"))}
        settings |= {
            "SMS_CHAT_DATABASE_URL": f"sqlite://{folder / 'desk.db'}",
            "SMS_CHAT_LISTEN": "127.0.0.1:0",
            # The sign-ins of this script come from an address of their own (`X-Forwarded-For`), so that the wrong
            # passwords that Schemathesis tries do not block them.
            "SMS_CHAT_TRUSTED_PROXIES": "127.0.0.1",
            "TWILIO_ACCOUNT_SID": world.ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": world.AUTH_TOKEN,
            "SMS_CHAT_GATEWAY": "simulator",
        }
        self.log = (folder / "server.log").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [binary, "serve", "--demo-when-new"], cwd=folder, env=settings, stdout=self.log, stderr=self.log
        )
        self.url = self._listening_url()

    def _listening_url(self) -> str:
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(r"SMS Chat listens on (http:\S+)", self.output())
            if found:
                return found[1]
            time.sleep(0.05)
        self.process.kill()
        raise SystemExit(f"the server did not start:\n{self.output()}")

    def output(self) -> str:
        return Path(self.log.name).read_text(encoding="utf-8")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def faults_of_document(document: dict) -> list[str]:
    """Returns what the validator of the OpenAPI Specification and the examples' own schemas reject."""
    errors = OpenAPIV31SpecValidator(document).iter_errors()
    invalid = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in errors]
    return invalid + faults_of_examples(document)


def run_schemathesis(url: str, document: Path, seed: int, arguments: argparse.Namespace) -> bool:
    """Runs Schemathesis with one seed; returns whether it found no failure."""
    command = [sys.executable, "-m", "schemathesis.cli", "run"]
    command += [str(document), "--url", url, "--seed", str(seed), "--max-examples", str(arguments.examples)]
    # The event stream does not end. Browser tests and `events/stream.rs` cover it.
    command += ["--exclude-operation-id", "stream_events", *arguments.passed_on]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    output = subprocess.DEVNULL if arguments.quiet else None
    return subprocess.run(command, cwd=document.parent, env=environment, stdout=output, check=False).returncode == 0


def check(arguments: argparse.Namespace, document: dict, seed: int) -> bool:
    """Tests a new server with one seed; returns whether it passed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "openapi.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        server = Server(arguments.server, Path(folder))
        try:
            os.environ["SMS_CHAT_CALLERS"] = world.prepare(server.url, arguments.spare_sessions)
            passed = run_schemathesis(server.url, file, seed, arguments)
            errors = [line for line in server.output().splitlines() if "panicked" in line or "internal error" in line]
            print("".join(f"The server's log: {line}\n" for line in errors), end="", file=sys.stderr)
            return passed and not errors
        finally:
            server.stop()


def detects_faults(arguments: argparse.Namespace, document: dict) -> bool:
    """Whether a wrong document and wrong responses fail the checks."""
    wrong = copy.deepcopy(document)
    del wrong["paths"]["/api/v1/me"]["get"]["responses"]["200"]["description"]
    if not faults_of_document(wrong):
        print("The validator accepts a response without a description", file=sys.stderr)
        return False
    quick = argparse.Namespace(server=arguments.server, examples=1, quiet=True, spare_sessions=1)
    quick.passed_on = ["--include-operation-id", "get_me", "--phases", "coverage"]
    if not check(quick, document, seed=1):
        print("GET /me does not match the document", file=sys.stderr)
        return False
    for fault in ("body", "status"):
        os.environ["SMS_CHAT_BREAK"] = fault
        passed = check(quick, document, seed=1)
        del os.environ["SMS_CHAT_BREAK"]
        if passed:
            print(f"Schemathesis accepts responses with a wrong {fault}", file=sys.stderr)
            return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="the compiled server")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="a run for each seed")
    parser.add_argument("--examples", type=int, default=5, help="generated requests for each operation and phase")
    parser.add_argument("passed_on", nargs="*", help="further arguments of `schemathesis run`, after --")
    arguments = parser.parse_args()
    arguments.quiet, arguments.spare_sessions = False, SPARE_SESSIONS
    document = json.loads(subprocess.run([arguments.server, "openapi"], capture_output=True, check=True).stdout)
    faults = faults_of_document(document)
    if faults:
        print("\n".join(f"The OpenAPI document: {fault}" for fault in faults), file=sys.stderr)
        return 1
    if not detects_faults(arguments, document):
        return 1
    failed = [seed for seed in arguments.seeds if not check(arguments, document, seed)]
    if failed:
        print(f"Failed with the seeds {', '.join(map(str, failed))}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
