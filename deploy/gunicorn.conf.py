"""gunicorn settings of every surface (gthread behind a buffering proxy; docs/bench.md measures it)."""

import contextlib
import gc
import os

worker_class = "gthread"
workers = int(os.environ.get("LOOKUP_WORKERS", "2"))
preload_app = True  # loaded once and shared; HUP keeps the old code, so a new release needs a restart
threads = int(os.environ.get("LOOKUP_THREADS", "8"))
timeout = 30
graceful_timeout = 20
keepalive = 15
http_parser = "python"
header_map = "refuse"
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - memory, so no disk stalls it
limit_request_line = 2048
limit_request_fields = 50
limit_request_field_size = 8190
max_requests = 50_000
max_requests_jitter = 5_000
accesslog = None
errorlog = "-"
loglevel = "warning"


def pre_fork(server, worker):
    """Let no collection of garbage touch, and so copy, what workers share."""
    gc.freeze()


def post_fork(server, worker):
    """Let a worker finish what it is at, and a source that catches up wait for citizens who ask."""
    with contextlib.suppress(AttributeError, PermissionError):  # not Linux; a sandbox that forbids it
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if worker.app.app_uri.startswith("lookup.web.push."):
        os.nice(10)


def worker_exit(server, worker):
    """Close the worker's ledger lanes in order, so that the log says why they ended."""
    from lookup.services.leave import leave  # the application is loaded by now, this file before it

    for surface in getattr(worker.wsgi, "surfaces", (worker.wsgi,)):  # the demo has three in one process
        leave(getattr(surface, "extensions", {}).get("lookup"))
