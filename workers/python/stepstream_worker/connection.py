"""One keep-alive HTTP connection to the engine, used by one thread; close() may come from another one."""
import http.client
import json
import re
import socket
import urllib.parse

ANSWER_SECONDS = 15  # beyond the long poll itself


class Refused(Exception):
    """The engine will never accept this request: wrong API key, or malformed."""


class Unavailable(Exception):
    """Try again later, not before `retry_after` seconds."""

    def __init__(self, why, retry_after=0):
        super().__init__(why)
        self.retry_after = retry_after


class Connection:
    def __init__(self, url, api_key):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not a URL of the form http://host:port: {url}")
        self._make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._address = (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        self._headers = {"Content-Type": "application/json"}
        if api_key:
            self._headers["Authorization"] = "Bearer " + api_key
        self._http = None

    def post(self, path, body, wait_seconds=0.0):
        """The answer, an object. Raises Refused or Unavailable; the engine may or may not have seen the request."""
        try:
            if self._http is None:
                self._http = self._make(*self._address, timeout=ANSWER_SECONDS)
                self._http.connect()
                self._http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._http.sock.settimeout(wait_seconds + ANSWER_SECONDS)
            self._http.request("POST", path, body, self._headers)
            answer = self._http.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException, AttributeError) as error:
            self.close()
            raise Unavailable(f"no answer from the engine ({type(error).__name__}: {error})") from None
        if self._http.sock is None:  # "Connection: close"
            self._http = None
        if answer.status == 200:
            return self._read(data)
        text = f"the engine answers {answer.status}: {data[:500].decode('utf-8', 'replace')}"
        if answer.status in (400, 401, 403):
            raise Refused(text)
        wait = answer.headers.get("Retry-After") or ""  # a date, from a proxy: as none
        raise Unavailable(text, int(wait) if re.fullmatch("[0-9]{1,6}", wait) else 0)

    @staticmethod
    def _read(data):
        """Something between here and the engine may answer for it."""
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise Unavailable(f"an answer that is not the engine's: {data[:100].decode('utf-8', 'replace')}")
        return answer

    def interrupt(self):
        """Ends a request under way, from another thread: its post() raises Unavailable."""
        connection = self._http
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        if self._http is not None:
            self._http.close()
            self._http = None
