"""An interpreter for workers of the Python SDK over Kafka, set up once in build/.sdk/kafka."""
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def interpreter():
    """With what requirements.txt says; this one, as it is, where pip cannot install that."""
    folder, wanted = HERE.parents[1] / "build" / ".sdk" / "kafka", HERE / "requirements.txt"
    python, installed = folder / "bin" / "python", folder / "installed"
    if installed.exists() and installed.read_text() == wanted.read_text():
        return str(python)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, timeout=120)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted)], check=True,
                       timeout=300)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"confluent-kafka cannot be installed: {error}")
        return sys.executable
    shutil.copy(wanted, installed)
    return str(python)


def has_kafka(python):
    return subprocess.run([python, "-c", "import confluent_kafka"], capture_output=True).returncode == 0
