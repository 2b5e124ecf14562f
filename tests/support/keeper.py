"""Runs one test server and ends it with the test run, whatever way that run ends (even by SIGKILL).

Run as a program: `keeper.py OWNER_PID UID GID FOLDER COMMAND…`. It must import nothing but the standard library.
"""

import os
import shutil
import signal
import subprocess
import sys
import time


def alive(pid: int) -> bool:
    """Whether a process with this number exists; it may belong to anybody."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def keep(owner: int, user: int, group: int, folder: str, command: list[str]) -> int:
    """Keep `command` running as long as `owner` lives, then interrupt it and remove `folder`; returns its exit code.

    The folder goes last: who waits for it to be gone has waited for the server too.
    """
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stop.append(number))
    identity = {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}
    server = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, **identity)  # type: ignore[call-overload]
    while not stop and alive(owner) and server.poll() is None:
        time.sleep(0.1)
    server.send_signal(signal.SIGINT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
    code: int = server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    owner, user, group = (int(word) for word in sys.argv[1:4])
    sys.exit(keep(owner, user, group, sys.argv[4], sys.argv[5:]))
