"""The loop that both Python drivers share: JSON lines in, JSON lines out."""

import base64
import json
import sys


class KafkaFailure(Exception):
    """A failure with the number of Kafka's error, or -1 where the client has none."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


def to_text(raw):
    return None if raw is None else base64.b64encode(raw).decode()


def serve(driver):
    """Answers each request by the method of that name."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": getattr(driver, request.pop("op"))(**request) or {}}
        except Exception as error:  # whatever goes wrong is an answer
            code = driver.code_of(error)
            answer = {"error": {"code": code, "message": f"{type(error).__name__}: {error}"}}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
