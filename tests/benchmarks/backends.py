"""W1, W2 and W3 on the embedded backend and on the cluster, one after the other, as one table."""
import os

ROWS = (
    ("executions/s", "rate_per_s"), ("transitions/s", "transitions_per_s"), ("one client: p50 ms", "p50_ms"), ("p99 ms", "p99_ms"),
    ("at 70 %: p50 ms", "p50_at_70_percent_ms"), ("p99 ms", "p99_at_70_percent_ms"),
    ("scheduled to worker, one client: p50 ms", "dispatch_p50_ms"), ("p99 ms", "dispatch_p99_ms"),
    ("at 70 %: p50 ms", "dispatch_at_70_percent_p50_ms"), ("p99 ms", "dispatch_at_70_percent_p99_ms"),
    ("transitions per commit", "transitions_per_commit"), ("Redis commits/s", "redis_commits_per_s"),
    ("commits per round trip", "commits_per_round_trip"), ("CPU per transition, µs: engine", "engine_cpu_us_per_transition"),
    ("worker", "worker_cpu_us_per_transition"), ("load generator", "load_cpu_us_per_transition"),
    ("Kafka", "kafka_cpu_us_per_transition"), ("of which its compiler", "kafka_compiler_cpu_us_per_transition"),
    ("Redis", "redis_cpu_us_per_transition"),
    ("of which scripts", "redis_script_cpu_us_per_transition"), ("load average", "load_average"),
    ("lost", "lost"), ("done twice", "doubled"))
WORKLOADS = ("W1", "W2", "W3")
BACKENDS = ("embedded", "cluster")


def compare(run_one):
    """`run_one(workload, backend)` gives figures; a list of (workload, backend, figures)."""
    results = []
    for workload in WORKLOADS:
        for backend in BACKENDS:
            figures = run_one(workload, backend)
            results.append((workload, backend, figures | {"load_average": round(os.getloadavg()[0], 1)}))
    return results


def shown(value):
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")


def table(results):
    """Markdown."""
    lines = ["| | " + " | ".join(f"{workload} {backend}" for workload, backend, _ in results) + " |", "|---" * (len(results) + 1) + "|"]
    for title, key in ROWS:
        lines.append(f"| {title} | " + " | ".join(shown(figures.get(key)) for _, _, figures in results) + " |")
    return "\n".join(lines)
