"""The TypeScript side: its types, and its own tests on Node."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "extension" / "frontend"


@pytest.fixture(scope="module")
def npm():
    """Return a function that runs npm in the frontend's folder, its packages installed."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    hatch_build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hatch_build)
    command, env = hatch_build.find_npm()

    def run(*arguments: str, cwd: Path = FRONTEND) -> str:
        done = subprocess.run(
            [*command, *arguments], cwd=cwd, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    if not (FRONTEND / "node_modules" / "typescript").exists():
        run("ci", "--no-audit", "--no-fund")
    return run


def test_types(npm):
    npm("run", "check")


def test_its_own_tests(npm):
    assert "# fail 0" in npm("test")


CONSUMER = """
import { BacktestStreamClient, StreamClient, type AnyMessage } from "@backtest-workbench/stream";
new StreamClient(({ since }) => new WebSocket(`ws://localhost/?since=${since}`)).close();
const client = new BacktestStreamClient("x");
client.on("trade", (data) => { if (data.event === "exit") data.pnl.toFixed(); });
// @ts-expect-error It is a number.
client.on("metrics", (data) => data.profit_factor.trim());
export async function last(): Promise<AnyMessage | null> {
  for await (const message of client) if (message.type === "complete") return message;
  return null;
}
"""


def test_the_stream_client_is_a_package_that_others_can_use(npm, tmp_path):
    packed = npm("pack", "--json", "--pack-destination", str(tmp_path), cwd=FRONTEND / "stream")
    # What the build prints comes before.
    (report,) = json.loads(packed[re.search(r"^\[", packed, re.MULTILINE).start() :])
    names = {file["path"] for file in report["files"]}
    assert {"package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"} <= names
    assert all(name.startswith("dist/") or "/" not in name for name in names)
    described = json.loads((FRONTEND / "stream" / "package.json").read_text())
    assert "dependencies" not in described
    with tarfile.open(tmp_path / report["filename"]) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "node_modules" / "@backtest-workbench").mkdir(parents=True)
    (tmp_path / "package").rename(tmp_path / "node_modules" / "@backtest-workbench" / "stream")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "use.ts").write_text(CONSUMER)
    options = {"strict": True, "noEmit": True, "target": "es2022", "module": "nodenext"}
    options["lib"] = ["es2022", "dom"]
    config = {"compilerOptions": {**options, "types": []}, "files": ["use.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    npm("exec", "--", "tsc", "--project", str(tmp_path))


def test_the_lock_file_names_no_registry():
    lock = (FRONTEND / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "registry" not in lock
