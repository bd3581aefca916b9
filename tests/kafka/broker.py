"""Broker: one real Apache Kafka node (KRaft, loopback, a directory of its own) for tests. The jars come by the
coordinates in pom.xml, once, into the directory STEPSTREAM_KAFKA_JARS or build/kafka-jars."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
READY_SECONDS = 90

PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={directory}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=4194304
log.segment.bytes=67108864
"""

LOGGING = """rootLogger.level=warn
rootLogger.appenderRef.c.ref=C
appender.c.type=Console
appender.c.name=C
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c{1} %m%n
logger.ready.name=kafka.server.KafkaRaftServer
logger.ready.level=info
"""


def missing():
    """What this machine lacks, or an empty text."""
    return " and ".join(program for program in ("java", "mvn") if shutil.which(program) is None)


def jars():
    folder = pathlib.Path(os.environ.get("STEPSTREAM_KAFKA_JARS") or HERE.parents[1] / "build" / "kafka-jars")
    if not any(folder.glob("kafka_2.13-*.jar")):
        subprocess.run(["mvn", "-q", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
                        f"-DoutputDirectory={folder}"], check=True, timeout=600)
    return folder


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Broker:
    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="stepstream-kafka-"))
        self.process = None
        port, controller = free_ports(2)
        self.address = f"127.0.0.1:{port}"
        properties = self.directory / "server.properties"
        properties.write_text(PROPERTIES.format(port=port, controller=controller, directory=self.directory))
        logging = self.directory / "log4j2.properties"
        logging.write_text(LOGGING)
        java = ["java", "-cp", f"{jars()}/*", f"-Dlog4j2.configurationFile={logging}", "-XX:+UseSerialGC"]
        subprocess.run([*java, "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", str(properties)],
                       check=True, capture_output=True, timeout=READY_SECONDS)
        self.log = self.directory / "server.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*java, "-Xmx256m", "-Djava.net.preferIPv4Stack=true", "kafka.Kafka",
                                             str(properties)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            self.wait_until_ready()
        except RuntimeError:
            self.__exit__()
            raise
        return self

    def wait_until_ready(self):
        until = time.monotonic() + READY_SECONDS
        while "Kafka Server started" not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the broker did not start:\n" + self.log.read_text(errors="replace")[-3000:])
            time.sleep(0.1)  # polls its log

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
