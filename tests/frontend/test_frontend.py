"""The TypeScript side: its types, and its own tests on Node."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import socket
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


@pytest.fixture(scope="module")
def packed(npm, tmp_path_factory):
    """Return a folder with the package installed, and what npm says is in it."""
    folder = tmp_path_factory.mktemp("consumer")
    told = npm("pack", "--json", "--pack-destination", str(folder), cwd=FRONTEND / "stream")
    # What the build prints comes before.
    (report,) = json.loads(told[re.search(r"^\[", told, re.MULTILINE).start() :])
    with tarfile.open(folder / report["filename"]) as archive:
        archive.extractall(folder, filter="data")
    (folder / "node_modules" / "@backtest-workbench").mkdir(parents=True)
    (folder / "package").rename(folder / "node_modules" / "@backtest-workbench" / "stream")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder, {file["path"] for file in report["files"]}


def test_the_stream_client_is_a_package_that_others_can_use(npm, packed):
    folder, names = packed
    assert {"package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"} <= names
    assert all(name.startswith("dist/") or "/" not in name for name in names)
    described = json.loads((FRONTEND / "stream" / "package.json").read_text())
    assert "dependencies" not in described
    assert described["engines"]["node"] == ">=22"
    (folder / "use.ts").write_text(CONSUMER)
    options = {"strict": True, "noEmit": True, "target": "es2022", "module": "nodenext"}
    options["lib"] = ["es2022", "dom"]
    config = {"compilerOptions": {**options, "types": []}, "files": ["use.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(config))
    npm("exec", "--", "tsc", "--project", str(folder))


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node on this machine")
def test_the_example_for_a_server_with_a_token_sends_it_in_a_header(packed):
    folder, _ = packed
    readme = (FRONTEND / "stream" / "README.md").read_text()
    (folder / "example.js").write_text(re.search(r"```js\n(.*?)```", readme, re.DOTALL)[1])
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        env = {"WORKBENCH_URL": url, "WORKBENCH_TOKEN": "secret", "BACKTEST_ID": "b1"}
        node = ["node", "--experimental-websocket", "example.js"]
        with subprocess.Popen(node, cwd=folder, env={**os.environ, **env}) as process:
            try:
                connection, _ = server.accept()
                with connection:
                    request = connection.recv(65536).decode()
            finally:
                process.kill()
    first, *rest = request.lower().splitlines()
    assert first.startswith("get /api/ws/stream/backtest/b1?types=trade%2ccomplete&")
    assert "secret" not in first
    assert "authorization: token secret" in rest


def test_the_lock_file_names_no_registry():
    lock = (FRONTEND / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "registry" not in lock
