"""Distributed Maps of a server with --object-root: files in, files out, a kill between chunks, no folder at all."""
import gzip
import json
import pathlib
import tempfile
import unittest

from stepstream_server import Server, eventually

COUNT = 5000


def machine(processor, **more):
    return {"StartAt": "Map", "States": {"Map": {
        "Type": "Map", "End": True,
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"},
                       "Parameters": {"Bucket": "in", "Key": "items.jsonl.gz"}},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **processor}, **more}}}


PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
WRITE = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "results"},
         "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}


class MapObjectsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "in").mkdir()
        with gzip.open(self.root / "in" / "items.jsonl.gz", "wt") as file:
            file.writelines(f"{{\"n\":{n}}}\n" for n in range(COUNT))

    def serve(self, *arguments):
        server = Server(*arguments).start()
        self.addCleanup(server.__exit__)
        return server

    def test_a_packed_file_in_batches_becomes_result_files(self):
        server = self.serve("--object-root", self.root)
        server.create("batches", machine(PASS, ItemBatcher={"MaxItemsPerBatch": 700}, ResultWriter=WRITE))
        ended = server.call("POST", "/v1/executions", {"state_machine": "batches", "wait_seconds": 60}).json()
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        manifest = json.loads((self.root / "out" / ended["output"]["ResultWriterDetails"]["Key"]).read_text())
        (written,) = manifest["ResultFiles"]["SUCCEEDED"]
        batches = [json.loads(line) for line in (self.root / "out" / written["Key"]).read_text().splitlines()]
        self.assertEqual([item["n"] for batch in batches for item in batch["Items"]], list(range(COUNT)))

    def test_every_item_once_across_a_kill(self):
        server = self.serve("--object-root", self.root)
        # Children wait, so that the Map is under way when the server dies.
        wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}
        server.create("waits", machine(wait, ItemBatcher={"MaxItemsPerBatch": 50}))
        arn = server.call("POST", "/v1/executions", {"state_machine": "waits", "wait_seconds": 0}).json()["execution_arn"]
        history = lambda: server.call("GET", f"/v1/executions/{arn}/history?limit=100").json()["events"]
        eventually(lambda: any(event["type"] == "MapRunStarted" for event in history()))
        server.kill()
        server.start()
        ended = server.call("GET", f"/v1/executions/{arn}?wait_seconds=60").json()
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        self.assertEqual([item["n"] for batch in ended["output"] for item in batch["Items"]], list(range(COUNT)))

    def test_without_a_folder_the_map_fails_and_says_why(self):
        server = self.serve()
        server.create("none", machine(PASS))
        ended = server.call("POST", "/v1/executions", {"state_machine": "none", "wait_seconds": 30}).json()
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.ItemReaderFailed"))
        self.assertIn("--object-root", ended["cause"])


if __name__ == "__main__":
    unittest.main()
