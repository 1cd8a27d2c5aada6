"""A server with the workbench and nothing else: ``python -m workbench_server``."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import socket
import sys
from typing import ClassVar

# Jupyter's schemas name no international address. The checker of those that jsonschema finds
# installed builds its grammar at import: two thirds of the time this server takes to start.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from jupyter_server.serverapp import ServerApp  # noqa: E402
from traitlets import TraitError  # noqa: E402
from traitlets.config import Config  # noqa: E402

from workbench.errors import WorkbenchError  # noqa: E402


class StandaloneServer(ServerApp):
    """Jupyter Server without kernels, files and terminals: only streams and runs."""

    name = "workbench-server"
    default_services = ("api", "auth", "security", "shutdown")
    subcommands: ClassVar[dict[str, object]] = {}

    def load_config_file(self, suppress_errors: bool = True) -> None:
        """Read what `jupyter_server_config` says of the workbench, and of nothing else."""
        super().load_config_file(suppress_errors)
        found = self._load_config_files(
            "jupyter_server_config", path=self.config_file_paths, log=self.log
        )
        for config, _ in found:
            if "WorkbenchApp" in config:
                self.update_config(Config(WorkbenchApp=config.WorkbenchApp))

    def init_terminals(self) -> None:
        """Leave terminals out."""


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and serve until stopped."""
    parser = _parser()
    args, traits = parser.parse_known_args(argv)
    unknown = [text for text in traits if not text.startswith("--WorkbenchApp.")]
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if args.insecure_no_auth and not _is_loopback(args.ip):
        print(
            f"workbench serve: --insecure-no-auth refuses to listen on {args.ip}: without "
            "authentication only a loopback address (127.0.0.1) is allowed. "
            "Leave --insecure-no-auth out to serve other machines with a token.",
            file=sys.stderr,
        )
        return 2
    if args.port and not _is_free(args.ip, args.port):
        print(
            f"workbench serve: port {args.port} on {args.ip} is in use; choose another --port",
            file=sys.stderr,
        )
        return 1
    if args.insecure_no_auth:
        # Jupyter warns that anyone could run code; here nothing that runs code is served.
        logging.getLogger("StandaloneServer").addFilter(
            lambda record: "All authentication is disabled" not in str(record.msg)
        )
    config = _config(args)
    server = StandaloneServer.instance(config=config)
    try:
        server.initialize(argv=traits, starter_extension=None, find_extensions=False)
    except (WorkbenchError, TraitError) as error:
        print(f"workbench serve: {error}", file=sys.stderr)
        return 1
    # After the callback that binds the socket: who reads the line can connect.
    server.io_loop.add_callback(_announce, server, args)
    server.start()
    return 0


def _announce(server: StandaloneServer, args: argparse.Namespace) -> None:
    """Print where the server listens."""
    tail = ""
    if args.insecure_no_auth:
        tail = " (no authentication, loopback only)"
    elif not args.private:
        tail = f"?token={server.identity_provider.token}"
    print(f"Workbench at {server.connection_url}{tail}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="workbench serve",
        description="Serve runs and their streams over HTTP.",
        epilog="Further settings: --WorkbenchApp.keep_days=30 and the like, see docs/operations.md",
    )
    parser.add_argument("--port", type=int, default=8000, help="0 for any free one [8000]")
    parser.add_argument("--ip", default="127.0.0.1", help="address to listen on [127.0.0.1]")
    parser.add_argument("--base-url", default="/", help="path under which to serve [/]")
    parser.add_argument("--home", default="", help="state folder [$WORKBENCH_HOME]")
    parser.add_argument("--max-workers", type=int, default=0, help="runs at once [cores]")
    parser.add_argument(
        "--insecure-no-auth",
        action="store_true",
        help="ask for no token; loopback only, no web pages, no pickled strategies",
    )
    parser.add_argument("--worker-patience", type=float, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--private", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--idle-timeout",
        type=int,
        default=0,
        help="stop after so many seconds without a request or a run [never]",
    )
    parser.add_argument("--debug", action="store_true", help="log more")
    return parser


def _config(args: argparse.Namespace) -> Config:
    config = Config()
    config.ServerApp.jpserver_extensions = {"workbench_server": True}
    config.ServerApp.reraise_server_extension_failures = True
    config.ServerApp.ip = args.ip
    config.ServerApp.port = args.port or _free_port(args.ip)
    config.ServerApp.port_retries = 0
    config.ServerApp.base_url = args.base_url
    config.ServerApp.open_browser = False
    config.ServerApp.allow_root = True
    config.ServerApp.allow_unauthenticated_access = False
    config.ServerApp.log_level = "DEBUG" if args.debug else "WARN"
    config.ServerApp.shutdown_no_activity_timeout = args.idle_timeout
    config.WorkbenchApp.private = args.private
    config.WorkbenchApp.insecure_no_auth = args.insecure_no_auth
    if args.home:
        config.WorkbenchApp.home = args.home
    if args.max_workers:
        config.WorkbenchApp.max_workers = args.max_workers
    if args.worker_patience:
        config.WorkbenchApp.worker_patience = args.worker_patience
    if args.insecure_no_auth:
        config.IdentityProvider.token = ""
        # Foreign origins and bodies that are not JSON are refused by the handlers themselves.
        config.ServerApp.disable_check_xsrf = True
    return config


def _is_loopback(ip: str) -> bool:
    if ip == "localhost":
        return True
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


def _free_port(ip: str) -> int:
    with socket.socket() as probe:
        probe.bind((ip, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(ip: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
