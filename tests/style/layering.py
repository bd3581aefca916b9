#!/usr/bin/env python3
"""Checks the dependency rules (docs/adr/0001): which folder may include what, and calls that the pure libraries
must not make. Prints every violation as file:line and ends with status 1 if there is one."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# folder -> prefixes of <...> includes it may use beside the C++ standard library; the longest folder wins.
STATELANG = ("statelang/", "nlohmann/")
CORE = ("statelang/", "engine/core/")
PORTS = CORE + ("engine/ports/",)
ALLOWED = {
    "statelang": STATELANG,
    "statelang/src/jsonata": STATELANG + ("re2/",),
    "statelang/src/digest.cpp": STATELANG + ("openssl/evp",),
    "statelang/src/encoding.cpp": STATELANG + ("openssl/evp",),
    "statelang/src/identifier.cpp": STATELANG + ("re2/",),
    "engine/core": CORE,
    "engine/core/src": CORE + ("engine/wire/",),  # task tokens: $$.Task.Token
    "engine/ports": PORTS,
    "engine/wire": PORTS + ("engine/wire/", "openssl/"),
    "engine/objects": ("statelang/", "engine/objects/", "openssl/evp", "zlib.h", "zstd.h", "sys/", "unistd.h"),
    "engine/store/group_commit": PORTS + ("engine/store/",),
    "engine/store/memory": PORTS + ("engine/store/",),
    "engine/store/rocksdb": PORTS + ("engine/store/", "rocksdb/", "boost/crc.hpp", "sys/", "fcntl.h", "unistd.h"),
    "engine/store/redis": PORTS + ("engine/store/", "hiredis/", "sys/"),
    "engine/log/memory": PORTS + ("engine/log/",),
    "engine/log/kafka": PORTS + ("engine/log/", "engine/wire/kafka_complaint.h", "librdkafka/"),
    "engine/runtime": PORTS + ("engine/",  "boost/asio", "openssl/", "sys/", "unistd.h", "fcntl.h"),
    "engine/auth": CORE + ("engine/auth/", "openssl/", "unistd.h", "fcntl.h"),
    "engine/integrations": PORTS + ("engine/runtime/", "engine/integrations/", "engine/objects/", "engine/api/http/", "openssl/", "boost/"),
    "engine/api": PORTS + ("engine/", "boost/", "openssl/", "spdlog/", "sys/", "unistd.h"),
    "engine/server": None,  # the composition root: anything
    "engine/cli": None,
    "connectors": PORTS + ("engine/runtime/", "engine/api/", "connectors/", "openssl/", "boost/asio", "sys/"),
    "connectors/schedule": PORTS + ("engine/runtime/", "connectors/", "absl/time/"),
    "connectors/event_pattern": ("statelang/", "connectors/event_pattern/", "arpa/"),
    "connectors/logs": PORTS + ("engine/runtime/", "engine/api/", "connectors/", "sys/", "fcntl.h", "unistd.h"),
    "connectors/kafka": PORTS + ("engine/runtime/", "engine/wire/kafka_complaint.h", "connectors/", "librdkafka/", "sys/"),
    "workers/cpp": ("stepstream/", "stepstream_worker/", "nlohmann/", "librdkafka/", "engine/wire/kafka_complaint.h", "engine/wire/topic_name.h", "engine/ports/failpoint.h", "sys/", "netinet/", "arpa/", "unistd.h",
                    "netdb.h", "fcntl.h", "poll.h", "signal.h", "cxxabi.h"),
}
# Nobody's public header may show these.
NEVER_IN_PUBLIC_HEADERS = ("rocksdb/", "librdkafka/", "hiredis/", "openssl/", "boost/beast", "absl/")

PURE = ("statelang/include", "statelang/src", "engine/core/include", "engine/core/src")
BANNED_CALLS = re.compile(
    r"(::now\(\)|random_device|\bgetenv\(|std::thread|std::ifstream|std::ofstream|\bfopen\(|\bstd::rand\(|\btime\(nullptr\)|"
    r"clock_gettime|std::filesystem|std::this_thread)")
STANDARD = re.compile(r"^[a-z_0-9]+$")
INCLUDE = re.compile(r'^\s*#\s*include\s*<([^>]+)>')


def sources():
    for top in ("statelang", "engine", "connectors", "workers/cpp"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cpp") and "tests" not in path.relative_to(ROOT).parts:
                yield path


def allowed_for(path):
    name = path.relative_to(ROOT).as_posix()
    best = max((k for k in ALLOWED if name == k or name.startswith(k + "/")), key=len, default=None)
    return ALLOWED[best] if best else ()


def main():
    found, files = [], 0
    for path in sources():
        files += 1
        name = path.relative_to(ROOT).as_posix()
        allowed = allowed_for(path)
        pure = name.startswith(PURE)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                target = match.group(1)
                if allowed is not None and not STANDARD.match(target) and not target.startswith(tuple(allowed)):
                    found.append(f"{name}:{number}: <{target}> may not be included here")
                if "/include/" in name and target.startswith(NEVER_IN_PUBLIC_HEADERS):
                    found.append(f"{name}:{number}: <{target}> may not appear in a public header")
            elif pure and BANNED_CALLS.search(line.split("//")[0]):
                found.append(f"{name}:{number}: a pure library may not call this: {line.strip()}")
    print("\n".join(found))
    print(f"layering: {files} files read, {len(found)} violations")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
