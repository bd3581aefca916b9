"""Broker: one real Apache Kafka node (KRaft, loopback, a directory of its own) for tests. The jars come by the
coordinates in pom.xml, once, into the directory STEPSTREAM_KAFKA_JARS or build/kafka-jars."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
import security  # noqa: E402
READY_SECONDS = 90

PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{listeners}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{advertised}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{protocols}
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
        fetched = subprocess.run(["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
                                  f"-DoutputDirectory={folder}"], timeout=600)
        if fetched.returncode != 0:
            sys.exit("mvn could not fetch Kafka's jars from Maven Central (its words are above); "
                     "a mirror or a proxy is named in ~/.m2/settings.xml")
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
    """`advertised`: by listener name, the port that clients of a listener of its own are sent to, such as a proxy's;
    `ports` tells where each of these listeners is. `security`: a Security, with listeners of its own."""

    def __init__(self, advertised=None, security=None):
        self.advertised = dict(advertised or {})
        self.security = security
        self.process = None

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="stepstream-kafka-"))
        protocols = dict.fromkeys(self.advertised, "PLAINTEXT") | (security.LISTENERS if self.security else {})
        port, controller, *more = free_ports(2 + len(protocols))
        self.address = f"127.0.0.1:{port}"
        self.ports = dict(zip(protocols, more))
        self.properties = self.directory / "server.properties"
        self.properties.write_text(PROPERTIES.format(
            port=port, controller=controller, directory=self.directory,
            listeners="".join(f",{name}://127.0.0.1:{own}" for name, own in self.ports.items()),
            advertised="".join(f",{name}://127.0.0.1:{self.advertised.get(name, own)}" for name, own in self.ports.items()),
            protocols="".join(f",{name}:{protocol}" for name, protocol in protocols.items())) +
            (self.security.make(self.directory) if self.security else ""))
        logging = self.directory / "log4j2.properties"
        logging.write_text(LOGGING)
        self.java = ["java", "-cp", f"{jars()}/*", f"-Dlog4j2.configurationFile={logging}", "-XX:+UseSerialGC"]
        self.log = self.directory / "server.log"
        subprocess.run([*self.java, "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c",
                        str(self.properties), *(self.security.format_options() if self.security else [])], check=True, capture_output=True, timeout=READY_SECONDS)
        try:
            return self.start()
        except RuntimeError:
            self.__exit__()
            raise

    def start(self):
        """Also again, after kill() or stop(), on what is there."""
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*self.java, "-Xmx256m", "-Djava.net.preferIPv4Stack=true", "kafka.Kafka",
                                             str(self.properties)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.wait_until_ready()
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def tool(self, binaries, *arguments, timeout=120):
        """What kafka_topic_tool (topic_tool.cpp) prints, asked of this broker."""
        done = subprocess.run([str(binaries / "kafka_topic_tool"), self.address, *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f"topic_tool {arguments}: {done.stderr}")
        return done.stdout

    def wait_until_ready(self):
        until = time.monotonic() + READY_SECONDS
        while "Kafka Server started" not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the broker did not start:\n" + self.log.read_text(errors="replace")[-3000:])
            time.sleep(0.1)  # polls its log

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
