"""HTTP tasks against real servers on loopback, with and without TLS: requests, responses, connections, secrets, rules."""
import base64
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
import time
import unittest
import urllib.parse

from stepstream_server import Server, eventually

CANARY = "canary-7c1f0e-secret"
ROLE = "arn:aws:iam::000000000000:role/test"
CLIENT_SECRET = "client-a9-b8/secret+"


class Api(http.server.BaseHTTPRequestHandler):
    """Answers with what it got; paths ask for special behaviour."""
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    seen, tokens, busy = [], [], 0
    released = threading.Event()

    def log_message(self, *unused):
        pass

    def reply(self, status, body, content_type="application/json", headers=()):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        got = {"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}
        path = urllib.parse.urlsplit(self.path).path
        with Api.lock:
            Api.seen.append(got)
            if path == "/busy":
                Api.busy += 1
                return self.reply(429 if Api.busy < 3 else 200, {"n": Api.busy})
            if path == "/token":
                if "tested" not in self.path:
                    Api.tokens.append(got)
                return self.reply(200, {"access_token": f"token-{len(Api.tokens)}-canary", "expires_in": 3600})
            if path == "/only-second-token":
                good = self.headers.get("Authorization") == "Bearer token-2-canary"
                return self.reply(200 if good else 401, {"good": good})
        if path == "/missing":
            return self.reply(404, {"message": "not here"})
        if path == "/text":
            return self.reply(200, "plain ü".encode(), "text/plain; charset=utf-8")
        if path == "/image":
            return self.reply(200, b"\x89PNG", "image/png")
        if path == "/large":
            return self.reply(200, b"x" * 300_000, "text/plain")
        if path == "/redirect":
            return self.reply(302, {}, headers=[("Location", "http://169.254.169.254/latest/meta-data")])
        if path == "/cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True
            return None
        if path == "/hang":
            Api.released.wait(60)
        if path == "/slow":
            time.sleep(1)
        return self.reply(200, got)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = serve


class Listener(http.server.ThreadingHTTPServer):
    def handle_error(self, *unused):
        pass  # a caller that is gone, or does not like the certificate


def listen(context=None):
    server = Listener(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class HttpTaskTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Api.seen, Api.tokens, Api.busy = [], [], 0
        cls.server = Server()
        cls.secrets = cls.server.folder / "secrets"
        cls.secrets.mkdir()
        (cls.secrets / "key").write_text(CANARY + "\n")
        certificate, key = cls.server.folder / "certificate.pem", cls.server.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        cls.api, cls.tls = listen(), listen(context)
        cls.plain = f"http://127.0.0.1:{cls.api.server_port}"
        cls.secure = f"https://localhost:{cls.tls.server_port}"
        allow = f"127.0.0.1:{cls.api.server_port},localhost:{cls.tls.server_port},127.0.0.1:{cls.tls.server_port}"
        cls.server.arguments += ["--http-allow", allow, "--http-ca-file", certificate, "--secrets", cls.secrets]
        cls.server.environment["STEPSTREAM_SECRET_PASSWORD"] = CANARY
        cls.server.environment["STEPSTREAM_SECRET_CLIENT"] = CLIENT_SECRET
        cls.server.start()
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        Api.released.set()
        cls.server.__exit__()
        for server in (cls.api, cls.tls):
            server.shutdown()
            server.server_close()

    def run_task(self, endpoint, method="GET", retry=None, **parameters):
        type(self).count += 1
        name = f"http{self.count}"
        task = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True,
                "Parameters": {"ApiEndpoint": endpoint, "Method": method, **parameters}}
        if retry:
            task["Retry"] = retry
        self.server.create(name, {"StartAt": "Call", "States": {"Call": task}})
        return self.server.call("POST", "/v1/executions", {"state_machine": name, "wait_seconds": 30}).json()

    def put(self, name, document, status=200):
        answer = self.server.call("PUT", "/v1/connections/" + name, document)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def with_connection(self, name):
        return {"Authentication": {"ConnectionArn": f"arn:aws:events:us-east-1:000000000000:connection/{name}/0a1b"}}

    def test_request_and_result(self):
        ended = self.run_task(self.plain + "/echo?a=1", "POST", Headers={"X-Mine": "yes"}, QueryParameters={"b": "x y"},
                              RequestBody={"hello": "world"})
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        output = ended["output"]
        self.assertEqual((output["StatusCode"], output["StatusText"]), (200, "OK"))
        self.assertEqual(output["Headers"]["content-type"], ["application/json"])
        got = output["ResponseBody"]
        self.assertEqual((got["method"], got["path"], got["body"]), ("POST", "/echo?a=1&b=x%20y", '{"hello":"world"}'))
        self.assertEqual(got["headers"]["x-mine"], "yes")
        self.assertEqual(got["headers"]["host"], self.plain[7:])
        kinds = [event["type"] for event in self.history(ended)]
        self.assertEqual(kinds[2:5], ["TaskScheduled", "TaskStarted", "TaskSucceeded"])

    def history(self, ended):
        return self.server.call("GET", f"/v1/executions/{ended['execution_arn']}/history?limit=1000").json()["events"]

    def test_every_method(self):
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
            self.assertEqual(self.run_task(self.plain + "/m", method)["output"]["ResponseBody"]["method"], method)
        self.assertNotIn("ResponseBody", self.run_task(self.plain + "/m", "HEAD")["output"])

    def test_tls_checks_the_name_and_the_issuer(self):
        self.assertEqual(self.run_task(self.secure + "/echo")["status"], "SUCCEEDED")
        other_name = self.run_task(self.secure.replace("localhost", "127.0.0.1") + "/echo")
        self.assertEqual(other_name["error"], "States.Http.Socket", other_name)
        self.assertIn("TLS", other_name["cause"])

    def test_form(self):
        ended = self.run_task(self.plain + "/form", "POST", RequestBody={"a": ["x", "y"], "b": "1 2"},
                              Transform={"RequestBodyEncoding": "URL_ENCODED"})
        got = ended["output"]["ResponseBody"]
        self.assertEqual(got["body"], "a[0]=x&a[1]=y&b=1+2")
        self.assertEqual(got["headers"]["content-type"], "application/x-www-form-urlencoded")

    def test_statuses_are_errors_that_retry_knows(self):
        ended = self.run_task(self.plain + "/missing")
        self.assertEqual(ended["error"], "States.Http.StatusCode.404")
        self.assertEqual(json.loads(ended["cause"])["ResponseBody"], {"message": "not here"})
        retry = [{"ErrorEquals": ["States.Http.StatusCode.429"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}]
        self.assertEqual(self.run_task(self.plain + "/busy", retry=retry)["output"]["ResponseBody"], {"n": 3})

    def test_responses_of_other_kinds(self):
        self.assertEqual(self.run_task(self.plain + "/text")["output"]["ResponseBody"], "plain ü")
        self.assertEqual(self.run_task(self.plain + "/image")["error"], "States.Runtime")
        self.assertEqual(self.run_task(self.plain + "/large")["error"], "States.DataLimitExceeded")
        self.assertEqual(self.run_task(self.plain + "/cut")["error"], "States.Http.Socket")

    def test_redirects_are_not_followed(self):
        ended = self.run_task(self.plain + "/redirect")
        self.assertEqual(ended["error"], "States.Http.StatusCode.302")

    def test_private_addresses_and_ports_are_refused(self):
        for endpoint in ("http://127.0.0.1:9/", "https://127.0.0.1/", "https://localhost/", "https://169.254.169.254/latest",
                         "https://[::1]/", "https://0.0.0.0/", "https://[::ffff:127.0.0.1]/", "https://2130706433/",
                         "https://127.1/", "https://10.0.0.1/", "https://user@127.0.0.1/", "https://example.com:22/"):
            with self.subTest(endpoint=endpoint):
                ended = self.run_task(endpoint)
                self.assertEqual(ended["error"], "States.Runtime", ended)

    def test_a_dead_server_is_an_error(self):
        gone = listen()
        port = gone.server_port
        gone.shutdown()
        gone.server_close()
        with Server("--http-allow", f"127.0.0.1:{port}") as server:
            task = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True,
                    "Parameters": {"ApiEndpoint": f"http://127.0.0.1:{port}/", "Method": "GET"}}
            server.create("dead", {"StartAt": "Call", "States": {"Call": task}})
            ended = server.call("POST", "/v1/executions", {"state_machine": "dead", "wait_seconds": 30}).json()
            self.assertEqual(ended["error"], "States.Http.Socket")

    def test_basic_and_api_key(self):
        self.put("basic", {"authorization": {"basic": {"username": "ada", "password": {"env": "STEPSTREAM_SECRET_PASSWORD"}}}})
        self.assertEqual(self.run_task(self.plain + "/basic", **self.with_connection("basic"))["status"], "SUCCEEDED")
        expected = "Basic " + base64.b64encode(f"ada:{CANARY}".encode()).decode()
        self.assertEqual(next(g for g in Api.seen if g["path"] == "/basic")["headers"]["authorization"], expected)
        self.put("key", {"authorization": {"api_key": {"name": "X-Key", "value": {"file": "key"}}},
                         "parameters": {"query": {"tenant": "t1"}, "body": {"extra": "1"}}})
        ended = self.run_task(self.plain + "/key", "POST", RequestBody={"a": 1}, **self.with_connection("key"))
        got = next(g for g in Api.seen if g["path"].startswith("/key"))
        self.assertEqual((got["headers"]["x-key"], got["path"], got["body"]), (CANARY, "/key?tenant=t1", '{"a":1,"extra":"1"}'))
        # The API echoed the secret; the result does not show it.
        self.assertEqual(ended["output"]["ResponseBody"]["headers"]["x-key"], "***")

    def test_oauth(self):
        oauth = {"endpoint": self.plain + "/token", "client_id": "me", "client_secret": {"env": "STEPSTREAM_SECRET_CLIENT"},
                 "parameters": {"body": {"scope": "all"}}}
        self.put("oauth", {"authorization": {"oauth_client_credentials": oauth}})
        for _ in range(3):
            self.assertEqual(self.run_task(self.plain + "/oauth", **self.with_connection("oauth"))["status"], "SUCCEEDED")
        self.assertEqual(len(Api.tokens), 1)
        self.assertEqual(Api.tokens[0]["body"], "grant_type=client_credentials&scope=all")
        pair = "me:" + urllib.parse.quote(CLIENT_SECRET, safe="")
        self.assertEqual(Api.tokens[0]["headers"]["authorization"], "Basic " + base64.b64encode(pair.encode()).decode())
        self.assertEqual(next(g for g in Api.seen if g["path"] == "/oauth")["headers"]["authorization"], "Bearer token-1-canary")
        # The API has withdrawn the token: once more with a new one.
        ended = self.run_task(self.plain + "/only-second-token", **self.with_connection("oauth"))
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        self.assertEqual(len(Api.tokens), 2)

    def test_connections_that_are_not_there_or_lack_their_secret(self):
        self.assertEqual(self.run_task(self.plain, **self.with_connection("none"))["error"],
                         "Events.ConnectionResource.ResourceNotFound")
        self.put("empty", {"authorization": {"api_key": {"name": "K", "value": {"env": "STEPSTREAM_SECRET_ABSENT"}}}})
        ended = self.run_task(self.plain, **self.with_connection("empty"))
        self.assertEqual(ended["error"], "Events.ConnectionResource.InvalidConnectionState")
        self.assertIn("STEPSTREAM_SECRET_ABSENT", ended["cause"])

    def test_a_connection_goes_to_its_hosts_alone(self):
        host = f"127.0.0.1:{self.api.server_port}"
        key = {"api_key": {"name": "X-Key", "value": {"file": "key"}}}
        self.put("home", {"hosts": [host], "authorization": key})
        self.assertEqual(self.run_task(self.plain + "/home", **self.with_connection("home"))["status"], "SUCCEEDED")
        self.put("home", {"hosts": ["api.example.com"], "authorization": key})
        ended = self.run_task(self.plain + "/abroad", **self.with_connection("home"))
        self.assertEqual(ended["error"], "States.Runtime")
        self.assertIn(f"The connection home is not for the host {host}", ended["cause"])
        self.assertEqual([got for got in Api.seen if got["path"] == "/abroad"], [])
        self.assertIn("api.example.com", self.server.run_cli("connection", "list").stdout)
        refused = self.put("home", {"hosts": ["https://api.example.com"]}, 400)
        self.assertEqual([error["pointer"] for error in refused["errors"]], ["/hosts/0"])

    def test_connections_over_rest_and_command_line(self):
        document = {"description": "pets", "authorization": {"api_key": {"name": "X-Key", "value": {"file": "key"}}}}
        shown = self.put("pets", document)
        self.assertEqual(shown["arn"], "arn:aws:events:us-east-1:000000000000:connection/pets")
        self.assertEqual(self.server.call("GET", "/v1/connections/pets").json(), shown)
        self.assertIn("pets", [item["name"] for item in self.server.call("GET", "/v1/connections").json()["items"]])
        refused = self.put("pets", {"authorization": {"api_key": {"name": "Host", "value": "open"}}, "x": 1}, 400)
        self.assertEqual(len(refused["errors"]), 3, refused)
        self.put("wrong%2Fname", {}, 400)
        cli = lambda *a, **more: self.server.run_cli("connection", *a, **more)
        self.assertIn("stored connection vets", cli("put", "vets", "-", input=json.dumps(document)).stdout)
        self.assertIn("vets", cli("list").stdout)
        self.assertEqual(json.loads(cli("show", "vets", "--json").stdout)["description"], "pets")
        self.assertIn("deleted", cli("delete", "vets").stdout)
        self.assertEqual(cli("delete", "vets").returncode, 1)
        self.assertEqual(self.server.call("DELETE", "/v1/connections/pets").status, 204)
        self.assertEqual(self.server.call("GET", "/v1/connections/pets").status, 404)

    def test_kill_during_a_call_makes_it_again(self):
        task = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True,
                "Parameters": {"ApiEndpoint": self.plain + "/slow?kill", "Method": "GET"}}
        self.server.create("slow", {"StartAt": "Call", "States": {"Call": task}})
        arn = self.server.call("POST", "/v1/executions", {"state_machine": "slow"}).json()["execution_arn"]
        eventually(lambda: any(g["path"] == "/slow?kill" for g in Api.seen))
        self.server.kill()
        self.server.start()
        ended = self.server.call("GET", f"/v1/executions/{arn}?wait_seconds=30").json()
        self.assertEqual(ended["status"], "SUCCEEDED")
        self.assertEqual(sum(e["type"] == "TaskSucceeded" for e in self.history(ended)), 1)

    def alone(self, path, method="GET", reveal=False, status=200, state=(), **parameters):
        """A task alone (TestState): the answer of REST."""
        definition = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True, **dict(state),
                      "Parameters": {"ApiEndpoint": self.plain + path, "Method": method, **parameters}}
        answer = self.server.call("POST", "/v1/test-state", {"definition": definition, "role_arn": ROLE, "reveal_secrets": reveal})
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def test_state_alone_shows_its_call(self):
        tested = self.alone("/alone?a=1", "POST", Headers={"X-Own": "yes"}, RequestBody={"hello": "world"})
        self.assertEqual((tested["status"], tested["output"]["StatusCode"]), ("SUCCEEDED", 200))
        request, response = tested["inspection"]["request"], tested["inspection"]["response"]
        self.assertEqual((request["method"], request["url"], request["body"]), ("POST", self.plain + "/alone?a=1", '{"hello":"world"}'))
        self.assertEqual(request["headers"]["X-Own"], ["yes"])
        self.assertEqual((response["status_code"], response["status_text"]), (200, "OK"))
        self.assertEqual(response["headers"]["Content-Type"], ["application/json"])
        self.assertEqual(json.loads(response["body"])["path"], "/alone?a=1")
        missing = self.alone("/missing", state={"Catch": [{"ErrorEquals": ["States.Http.StatusCode.404"], "Next": "B"}]})
        self.assertEqual((missing["status"], missing["next_state"], missing["inspection"]["response"]["status_text"]),
                         ("CAUGHT_ERROR", "B", "Not Found"))
        image = self.alone("/image")
        self.assertEqual((image["error"], image["inspection"]["response"]["body"]), ("States.Runtime", "(4 bytes that are no text)"))
        cut = self.alone("/cut")["inspection"]
        self.assertTrue("request" in cut and "response" not in cut, cut)
        slow = self.alone("/hang", state={"TimeoutSeconds": 1})
        self.assertEqual((slow["status"], slow["error"]), ("FAILED", "States.Timeout"))
        nowhere = self.alone("9/")  # a port that may not be called
        self.assertEqual(nowhere["error"], "States.Runtime")
        self.assertNotIn("request", nowhere["inspection"])

    def test_state_alone_hides_what_each_connection_adds(self):
        self.put("t-basic", {"authorization": {"basic": {"username": "ada", "password": {"env": "STEPSTREAM_SECRET_PASSWORD"}}}})
        self.put("t-key", {"authorization": {"api_key": {"name": "X-Key", "value": {"file": "key"}}},
                           "parameters": {"headers": {"X-Plain": "t-open"}, "query": {"tenant": "t-open"}, "body": {"extra": "t-open"}}})
        oauth = {"endpoint": self.plain + "/token?tested", "client_id": "t", "client_secret": {"env": "STEPSTREAM_SECRET_CLIENT"}}
        self.put("t-oauth", {"authorization": {"oauth_client_credentials": oauth}})
        secret = {"t-basic": base64.b64encode(f"ada:{CANARY}".encode()).decode(), "t-key": CANARY, "t-oauth": "-canary"}
        for name in secret:
            with self.subTest(connection=name):
                hidden = self.alone("/add", "POST", RequestBody={"own": 1}, **self.with_connection(name))
                self.assertEqual(hidden["status"], "SUCCEEDED", hidden)
                self.assertNotIn(secret[name], json.dumps(hidden))
                self.assertNotIn("t-open", json.dumps(hidden["inspection"]["request"]))
                self.assertEqual(hidden["inspection"]["request"]["body"], '{"own":1}')
                self.assertNotIn("Authorization", hidden["inspection"]["request"]["headers"])
                shown = self.alone("/add", "POST", True, RequestBody={"own": 1}, **self.with_connection(name))
                request = shown["inspection"]["request"]
                self.assertIn(secret[name], json.dumps(request["headers"]))
                self.assertIn(secret[name], shown["inspection"]["response"]["body"])
                self.assertNotIn(secret[name], json.dumps(shown["output"]))  # as an execution would have it
        key = self.alone("/add", "POST", True, RequestBody={"own": 1}, **self.with_connection("t-key"))["inspection"]["request"]
        self.assertEqual((key["url"], key["body"], key["headers"]["X-Plain"]),
                         (self.plain + "/add?tenant=t-open", '{"own":1,"extra":"t-open"}', ["t-open"]))

    def test_state_alone_over_the_aws_api(self):
        self.put("t-aws", {"authorization": {"api_key": {"name": "X-Key", "value": {"file": "key"}}}})
        definition = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True, "Parameters": {
            "ApiEndpoint": self.plain + "/aws", "Method": "GET", **self.with_connection("t-aws")}}
        ask = lambda **more: self.server.call("POST", "/", {"definition": json.dumps(definition), "roleArn": ROLE, **more}, {
            "X-Amz-Target": "AWSStepFunctions.TestState", "Content-Type": "application/x-amz-json-1.0"}).json()
        shown = ask(inspectionLevel="TRACE", revealSecrets=True)["inspectionData"]
        self.assertEqual({**shown["request"], "headers": ""}, {"protocol": "http", "method": "GET", "url": self.plain + "/aws", "headers": ""})
        self.assertRegex(shown["request"]["headers"], r"^\[.*User-Agent: .*Range: bytes=0-262144.*X-Key: " + CANARY + r".*\]$")
        self.assertEqual((shown["response"]["statusCode"], shown["response"]["statusMessage"], shown["response"]["protocol"]), ("200", "OK", "http"))
        self.assertRegex(shown["response"]["headers"], r"^\[.*Content-Type: application/json.*\]$")
        hidden = ask(inspectionLevel="TRACE")["inspectionData"]
        self.assertNotIn("X-Key", hidden["request"]["headers"])
        self.assertNotIn("request", ask(inspectionLevel="DEBUG")["inspectionData"])
        self.assertNotIn("inspectionData", ask())
        self.assertEqual(ask(revealSecrets=True, mock={"result": "{}"}),
                         {"__type": "ValidationException", "message": "TestState does not support RevealSecrets when a mock is specified."})

    def test_state_alone_from_the_command_line(self):
        self.put("t-cli", {"authorization": {"api_key": {"name": "X-Key", "value": {"file": "key"}}}})
        definition = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True, "Parameters": {
            "ApiEndpoint": self.plain + "/cli", "Method": "POST", "RequestBody": {"a": 1}, **self.with_connection("t-cli")}}
        cli = lambda *a: self.server.run_cli("test-state", "-", "--call", *a, input=json.dumps(definition))
        shown = cli("--inspection-level", "TRACE")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn(f'\nPOST {self.plain}/cli\n  User-Agent: ', shown.stdout)
        self.assertIn('\n  {"a":1}\n', shown.stdout)
        self.assertIn("\n200 OK\n", shown.stdout)
        self.assertIn("\nSUCCEEDED\noutput  {", shown.stdout)
        self.assertNotIn(CANARY, shown.stdout)
        aws = json.loads(cli("--json", "--inspection-level", "TRACE", "--reveal-secrets").stdout)
        self.assertIn("X-Key: " + CANARY, aws["inspectionData"]["request"]["headers"])
        self.assertNotIn(CANARY, aws["output"])
        wrong = self.server.run_cli("test-state", "-", "--call", input='{"Type": "Paas"}')
        self.assertIn("-:1:10: error", wrong.stderr)

    def test_zz_secrets_are_nowhere(self):
        """Last by name: after everything above, no secret is in the data directory, the log, the metrics or an answer."""
        self.server.stop()
        forms = [CANARY, CLIENT_SECRET, "token-1-canary", "token-2-canary", urllib.parse.quote(CLIENT_SECRET, safe=""),
                 base64.b64encode(f"ada:{CANARY}".encode()).decode()]
        texts = {str(path): path.read_bytes() for path in pathlib.Path(self.server.data).rglob("*") if path.is_file()}
        texts["log"] = self.server.log().encode()
        for where, content in texts.items():
            for secret in forms:
                self.assertNotIn(secret.encode(), content, where)
        self.assertTrue(any(b"connection/" in content for content in texts.values()), "the data directory is not readable")
        self.server.start()


if __name__ == "__main__":
    unittest.main()
