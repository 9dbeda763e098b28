"""KMS refuses what KMS refuses, and agrees keys."""

import base64
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from ministack.core.responses import error_response_json, json_response
from ministack.services import kms


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


def agree_keys():
    kms_action("DeriveSharedSecret", derive_shared_secret)
