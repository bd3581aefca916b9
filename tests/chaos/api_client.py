"""The AWS API over a server that is killed again and again: a call is repeated until it has an answer."""
import http.client
import json
import time
import urllib.parse

REPEAT_AFTER_S = 0.02
GIVE_UP_AFTER_S = 120


class Refused(Exception):
    """An answer that is an exception of the service. `again`: the call had been sent before, and that one's answer was lost."""

    def __init__(self, action, kind, message, again):
        super().__init__(f"{action}: {kind}: {message}")
        self.kind, self.again = kind, again


class Client:
    """For one thread."""

    def __init__(self, url):
        self._address = urllib.parse.urlsplit(url)
        self._connection = None
        self.repeated = 0  # calls whose answer was lost

    def call(self, action, **members):
        body = json.dumps(members)
        headers = {"X-Amz-Target": "AWSStepFunctions." + action, "Content-Type": "application/x-amz-json-1.0"}
        began, lost = time.monotonic(), False
        while time.monotonic() - began < GIVE_UP_AFTER_S:
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection(self._address.hostname, self._address.port, timeout=70)
                self._connection.request("POST", "/", body, headers)
                answer = self._connection.getresponse()
                document = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                self._connection = None
                self.repeated += not lost
                lost = True
                time.sleep(REPEAT_AFTER_S)  # the server is away
                continue
            if answer.status == 200:
                return document
            if answer.status < 500 and document["__type"] != "ThrottlingException":
                raise Refused(action, document["__type"], document.get("message", ""), lost)
            time.sleep(REPEAT_AFTER_S)  # asked to come back
        raise RuntimeError(f"{action}: no answer within {GIVE_UP_AFTER_S} s")

    def pages(self, action, member, **members):
        """The items of every page of a list action."""
        token = {}
        while True:
            page = self.call(action, **members, **token)
            yield from page[member]
            if not page.get("nextToken"):
                return
            token = {"nextToken": page["nextToken"]}
