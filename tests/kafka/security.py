"""Security: what a broker of the tests needs for TLS and passwords: a certificate authority of its own, users, and the
listeners PASSWORD (SASL_SSL: SCRAM-SHA-512 or PLAIN) and CERTIFICATE (SSL, with a certificate of the client). Nobody may do
anything there but what Broker's tool `allow` has given; its plain listener is the test's own and may do everything."""
import shutil
import subprocess

LISTENERS = {"PASSWORD": "SASL_SSL", "CERTIFICATE": "SSL"}

PROPERTIES = """authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.crt
listener.name.certificate.ssl.client.auth=required
listener.name.password.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.password.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.password.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required {plain};
"""


def missing():
    """What this machine lacks, or an empty text."""
    return "" if shutil.which("openssl") else "openssl"


class Security:
    """`users`: passwords by name; `certificates`: names of clients; in the broker's directory, folder security, NAME.crt
    and NAME.key are made for each."""

    def __init__(self, users, certificates=()):
        self.users, self.certificates = users, certificates

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments}: {done.stderr}")

    def issue(self, name, alternative=""):
        """NAME.crt and NAME.key, signed by the authority."""
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        extension = self.folder / f"{name}.ext"
        extension.write_text(f"subjectAltName={alternative}\n" if alternative else "keyUsage=digitalSignature\n")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                     "-extfile", extension.name, "-out", f"{name}.crt")

    def make(self, directory):
        self.folder = directory / "security"
        self.folder.mkdir()
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj",
                     "/CN=authority of this test")
        self.issue("broker", "IP:127.0.0.1")
        (self.folder / "broker.pem").write_text((self.folder / "broker.key").read_text() + (self.folder / "broker.crt").read_text())
        for name in self.certificates:
            self.issue(name)
        plain = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        return PROPERTIES.format(folder=self.folder, plain=plain)

    def format_options(self):
        return [part for name, password in self.users.items()
                for part in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]")]

    def path(self, name):
        return str(self.folder / name)
