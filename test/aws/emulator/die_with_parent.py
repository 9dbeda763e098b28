import os
import shutil
import signal
import threading


def die_with_parent():
    """No orphans: the parent holds our standard input and never writes. When it is gone, however it went, so is our process group."""

    def watch():
        while os.read(0, 1):
            pass
        if "SCRATCH_FOLDER" in os.environ:
            shutil.rmtree(os.environ["SCRATCH_FOLDER"], ignore_errors=True)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
