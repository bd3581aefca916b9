#!/usr/bin/env python3
"""Checks what a compiler does not: clang-format, the README's folder table, links between pages, folder and file names, file length,
words that stand for work not done. Prints every finding and ends with status 1 if there is one."""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES_MAX = 600
BANNED_FOLDERS = {"utils", "util", "common", "helpers", "misc", "manager"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
CODE = (".h", ".cpp", ".py")


def tracked():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if names.returncode == 0:
        return [ROOT / n for n in names.stdout.splitlines() if (ROOT / n).is_file()]
    return [p for p in ROOT.rglob("*") if p.is_file() and not p.relative_to(ROOT).parts[0].startswith(("build", ".git"))]


def check_formatting(files):
    tool = shutil.which("clang-format-14")
    if not tool:
        print("style: clang-format-14 is not installed: formatting not checked")
        return []
    sources = [str(f) for f in files if f.suffix in (".h", ".cpp")]
    done = subprocess.run([tool, "--dry-run", "-ferror-limit=1", *sources], capture_output=True, text=True)
    bad = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "warning:" in line or "error:" in line})
    return [f"{pathlib.Path(b).relative_to(ROOT)}: not formatted (clang-format-14 -i)" for b in bad]


def check_folder_table(files):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = {m.group(1).rstrip("/") for m in re.finditer(r"^\| `([^`]+)`", readme, re.M)}
    tops = {f.relative_to(ROOT).parts[0] for f in files if len(f.relative_to(ROOT).parts) > 1}
    tops = {t for t in tops if not t.startswith(".")}
    found = [f"README.md: the folder table lacks `{t}/`" for t in sorted(tops - table)]
    found += [f"README.md: the folder table names `{t}`, which is not there" for t in sorted(table) if not (ROOT / t).exists()]
    return found


def check_links(files):
    """Links between the Markdown files lead somewhere, and docs/README.md lists every page of docs."""
    found = []
    for page in (f for f in files if f.suffix == ".md"):
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        found += [f"{page.relative_to(ROOT)}: the link to {t} leads nowhere" for t in targets
                  if not t.startswith("http") and not (page.parent / t).exists()]
    listed = (ROOT / "docs/README.md").read_text(encoding="utf-8") + (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    pages = [f for f in files if f.suffix == ".md" and f.is_relative_to(ROOT / "docs") and f.name != "README.md"]
    return found + [f"docs/README.md or docs/adr/README.md: {p.name} is not listed" for p in pages if f"{p.name})" not in listed]


def check_file(path):
    name = path.relative_to(ROOT)
    found = [f"{name}: a folder must say what it holds, not '{part}'" for part in name.parts[:-1] if part in BANNED_FOLDERS]
    if path.suffix in CODE and not re.fullmatch(r"[a-z0-9_]+\.[a-z]+|__[a-z]+__\.py", path.name):
        found.append(f"{name}: file names are snake_case")
    if path.suffix in CODE and path != pathlib.Path(__file__).resolve():
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > LINES_MAX:
            found.append(f"{name}: {len(lines)} lines; split what is over {LINES_MAX} by what it does")
        found += [f"{name}:{n}: {line.strip()}" for n, line in enumerate(lines, 1) if UNFINISHED.search(line)]
    return found


def main():
    files = tracked()
    found = check_formatting(files) + check_folder_table(files) + check_links(files)
    for path in files:
        found += check_file(path)
    print("\n".join(found))
    print(f"style: {len(files)} files read, {len(found)} findings")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
