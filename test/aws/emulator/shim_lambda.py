"""Functions behave as on Lambda between and after invocations."""

import signal
import sys
import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc


def freeze_between_invocations():
    """
    Lambda freezes a process once it has answered and thaws it for the next invocation; here it would run on, and work left behind after
    the answer would seem to get done. The worker is stopped as soon as its answer is read. What it had logged lies in the pipe by then
    (Node writes to pipes synchronously), so there is nothing to wait 50 ms for either.
    """
    worker = lambda_runtime.Worker
    invoke, drain, ask_to_exit = worker.invoke, worker._drain_stderr_bounded, lambda_runtime._signal

    def send(process, number):
        if process is not None and process.poll() is None:
            process.send_signal(number)

    def thaw_and_invoke(self, *arguments, **named):
        send(self._proc, signal.SIGCONT)
        return invoke(self, *arguments, **named)

    def freeze_and_drain(self, **_):
        send(self._proc, signal.SIGSTOP)
        return drain(self, first_line_wait=0.003)

    def thaw_to_exit(process):
        ask_to_exit(process)
        send(process, signal.SIGCONT)

    worker.invoke = thaw_and_invoke
    worker._drain_stderr_bounded = freeze_and_drain
    lambda_runtime._signal = thaw_to_exit


def keep_error_names():
    """
    Lambda answers a thrown error under its own name; here every one is a `Runtime.HandlerError`, and Step Functions never match a
    `Catch` or `Retry` by name. The worker script sends the name along, and it is put where the other was.
    """
    found = {
        'error: String(err.message || err), trace: err.stack || ""': "errorType: err.name",
        "error: e.message, trace: e.stack": "errorType: e.name",
    }
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    for place, added in found.items():
        if script.count(place) != 1:
            sys.exit(f"ministack-shim: the worker script has no single `{place}`")
        script = script.replace(place, f"{place}, {added}")
    lambda_runtime._NODEJS_WORKER_SCRIPT = script

    last = threading.local()
    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def invoke_and_note(self, *arguments, **named):
        last.name = None
        result = invoke(self, *arguments, **named)
        last.name = result.get("errorType")
        return result

    def execute_with_name(*arguments, **named):
        last.name = None
        result = execute(*arguments, **named)
        body = result.get("body")
        if result.get("error") and last.name and body.get("errorType") == "Runtime.HandlerError":
            body["errorType"] = last.name
        return result

    lambda_runtime.Worker.invoke = invoke_and_note
    lambda_svc._execute_function_warm = execute_with_name
