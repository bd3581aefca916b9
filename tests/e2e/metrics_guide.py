"""What docs/guides/metrics.md says of each metric, and how a server's answer differs from it."""
import functools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/guides/metrics.md"
ROW = re.compile(r"^\| `(stepstream_\w+)` \| (\w+) \| [^|]+ \| ([^|]+) \| [^|]+ \|$")


@functools.cache
def documented():
    """{metric: (type, names of its labels)}"""
    rows = (ROW.match(line) for line in GUIDE.read_text(encoding="utf-8").splitlines())
    return {row[1]: (row[2], set(re.findall(r"`(\w+)`", row[3]))) for row in rows if row}


def in_sources():
    """The metrics that the sources name."""
    name = re.compile(r'"(stepstream_[a-z_]+)"')
    found = set()
    for top in ("engine", "connectors"):
        for path in (ROOT / top).rglob("*"):
            if path.suffix in (".cpp", ".h") and "tests" not in path.parts and path.name != "failpoint.h":
                text = path.read_text(encoding="utf-8")
                if "metrics_text.h" in text or "metrics.h" in text or "append_metrics" in text or "append_figures" in text:
                    found |= set(name.findall(text))
    return found


def differences(text):
    """Sentences: how the text of /metrics differs from the guide. A metric may be absent: what it counts may not be in use."""
    guide, found, types = documented(), [], {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            types[name] = kind
            if name not in guide:
                found.append(f"{name} is not in the guide")
            elif guide[name][0] != kind:
                found.append(f"{name} is a {kind}, the guide says {guide[name][0]}")
        elif line and not line.startswith("#"):
            name, labels = re.match(r"(\w+)(?:\{(.*)\})? ", line).groups()
            base = next((b for b in (name, re.sub(r"_(bucket|sum|count)$", "", name)) if b in types), None)
            given = set(re.findall(r'(\w+)="', labels or "")) - ({"le"} if types.get(base) == "histogram" else set())
            if base is None:
                found.append(f"{name} has no TYPE")
            elif base in guide and given != guide[base][1]:
                found.append(f"{base} has the labels {sorted(given)}, the guide says {sorted(guide[base][1])}")
    return found


def must_tell(text):
    """Fails unless the guide tells everything that the text of /metrics has, as it is."""
    found = differences(text)
    assert not found, f"{GUIDE.name}: {'; '.join(found)}"
