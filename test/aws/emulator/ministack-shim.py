"""
Starts MiniStack with what the pinned version still lacks and what we want to be told by tests.

The installed package is imported and patched in memory; no file of it is changed. Any other version is refused: look at each patch
before you raise the pin. A patch that finds something else than it expects stops the start.
"""

import base64
import importlib.metadata
import json
import os
import signal
import sys
import threading

PINNED = "1.5.33"

installed = importlib.metadata.version("ministack")
if installed != PINNED:
    sys.exit(f"ministack-shim: made for {PINNED}, not for {installed}")

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json, json_response
from ministack.services import apigateway, kms, lambda_svc


def die_with_parent():
    """No orphans: the parent holds our standard input and never writes. When it is gone, however it went, so is our process group."""

    def watch():
        while os.read(0, 1):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


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


def read_cors_as_templates_write_it():
    """A template's `CorsConfiguration` is stored in its spelling (`AllowOrigins`) and read in the API's: every preflight was refused."""

    def in_spelling_of_api(function):
        return lambda cors, *rest: function({key[:1].lower() + key[1:]: value for key, value in cors.items()}, *rest)

    apigateway._cors_preflight_response = in_spelling_of_api(apigateway._cors_preflight_response)
    apigateway._cors_response_headers = in_spelling_of_api(apigateway._cors_response_headers)


def kms_action(name, action):
    """Adds or replaces an action of KMS, in front of the table inside `handle_request`."""
    handle = kms.handle_request

    async def handle_first(method, path, headers, body, query_params):
        if headers.get("x-amz-target", "").rsplit(".", 1)[-1] != name:
            return await handle(method, path, headers, body, query_params)
        return action(json.loads(body))

    kms.handle_request = handle_first


def refused(code, message):
    return error_response_json(code, message, 400)


def usable(data, usage):
    """(record, None), or (None, the refusal) where the key is unknown, disabled or for something else."""
    record = kms._resolve_key(data.get("KeyId", ""))
    if not record:
        return None, refused("NotFoundException", f"Key {data.get('KeyId')} not found")
    wrong_state = kms._check_key_state(record)
    if wrong_state:
        return None, wrong_state
    if record["KeyUsage"] != usage:
        return None, refused("InvalidKeyUsageException", f"{record['Arn']} key usage is {record['KeyUsage']} which is not valid.")
    return record, None


def derive_shared_secret(data):
    """ECDH of KMS, which MiniStack has not at all: the raw x coordinate."""
    record, refusal = usable(data, "KEY_AGREEMENT")
    if refusal:
        return refusal
    if data.get("KeyAgreementAlgorithm") != "ECDH":
        return refused("ValidationException", "KeyAgreementAlgorithm must be ECDH")
    try:
        other = serialization.load_der_public_key(base64.b64decode(data["PublicKey"]))
        secret = record["_private_key"].exchange(ec.ECDH(), other)
    except (ValueError, TypeError):
        return refused("ValidationException", "PublicKey is not a point of the key's curve")
    return json_response(
        {
            "KeyId": record["Arn"],
            "SharedSecret": base64.b64encode(secret).decode(),
            "KeyAgreementAlgorithm": "ECDH",
            "KeyOrigin": "AWS_KMS",
        }
    )


def check_before_signing():
    """KMS signs at most 4,096 bytes of RAW, and never with a key made for another use; MiniStack does both."""
    sign = kms._sign

    def check_and_sign(data):
        _, refusal = usable(data, "SIGN_VERIFY")
        if refusal:
            return refusal
        if data.get("MessageType", "RAW") == "RAW" and len(base64.b64decode(data.get("Message", ""))) > 4096:
            return refused("ValidationException", "Value at 'message' must have length less than or equal to 4096")
        return sign(data)

    kms_action("Sign", check_and_sign)


MARK = b"gcm1"


def associated(record, data):
    return json.dumps([record["KeyId"], data.get("EncryptionContext", {})], sort_keys=True).encode()


def encrypt(data):
    record, refusal = usable(data, "ENCRYPT_DECRYPT")
    if refusal:
        return refusal
    if "_symmetric_key" not in record:
        return kms._encrypt(data)
    plaintext = base64.b64decode(data.get("Plaintext", ""))
    if not 1 <= len(plaintext) <= 4096:
        return refused("ValidationException", "Value at 'plaintext' must have length between 1 and 4096")
    nonce = os.urandom(12)
    sealed = AESGCM(record["_symmetric_key"]).encrypt(nonce, plaintext, associated(record, data))
    blob = record["KeyId"].encode() + MARK + nonce + sealed
    return json_response(
        {"KeyId": record["Arn"], "CiphertextBlob": base64.b64encode(blob).decode(), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    )


def decrypt(data):
    blob = base64.b64decode(data.get("CiphertextBlob", ""))
    if blob[36:40] != MARK:
        return kms._decrypt(data)
    record, refusal = usable({"KeyId": data.get("KeyId") or blob[:36].decode("ascii", "replace")}, "ENCRYPT_DECRYPT")
    if refusal:
        return refusal
    if blob[:36] != record["KeyId"].encode():
        return refused("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
    try:
        plaintext = AESGCM(record["_symmetric_key"]).decrypt(blob[40:52], blob[52:], associated(record, data))
    except (InvalidTag, ValueError):
        return refused("InvalidCiphertextException", "")
    return json_response(
        {"KeyId": record["Arn"], "Plaintext": base64.b64encode(plaintext).decode(), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    )


def authenticate_what_is_encrypted():
    """KMS encrypts with AES-256-GCM and refuses altered bytes and empty plaintext; MiniStack xors, and opens whatever it is given."""
    kms_action("Encrypt", encrypt)
    kms_action("Decrypt", decrypt)


die_with_parent()
keep_error_names()
if os.environ.get("VERMILION_LAMBDA_FREEZE", "1") != "0":
    freeze_between_invocations()
read_cors_as_templates_write_it()
kms_action("DeriveSharedSecret", derive_shared_secret)
check_before_signing()
authenticate_what_is_encrypted()

from ministack.app import main

main()
