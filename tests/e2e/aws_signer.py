"""Signs calls of the AWS API as SDKs do (Signature Version 4), with the standard library alone."""
import datetime
import hashlib
import hmac
import json


def sign(key_id, secret, port, action, body, region="us-east-1", now=None):
    """The headers of one call; `body` is its text."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    headers = {"content-type": "application/x-amz-json-1.0", "host": f"127.0.0.1:{port}", "x-amz-date": stamp,
               "x-amz-target": "AWSStepFunctions." + action}
    names = ";".join(headers)
    canonical = "POST\n/\n\n" + "".join(f"{k}:{v}\n" for k, v in headers.items()) + f"\n{names}\n" + digest(body)
    scope = f"{day}/{region}/states/aws4_request"
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest(canonical)}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, "
                                        f"Signature={signature}"}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def call(server, key, action, members):
    """One call to a Server; `key`: an id and its secret."""
    body = json.dumps(members)
    return server.call("POST", "/", body, sign(*key, server.port, action, body))
