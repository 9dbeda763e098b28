"""Stacks of the CDK deploy, change in place and go away whole, also where IAM is enforced."""

import logging

from ministack.core import iam_evaluator
from ministack.services import apigateway, s3
from ministack.services.cloudformation import provisioners


def take_loopback_for_secure():
    """
    Policies of buckets deny what does not come by TLS (`aws:SecureTransport`), the CDK's own bucket first of all. What does not leave this
    computer counts as secure here.
    """
    pin = iam_evaluator.pin_request_origin
    iam_evaluator.pin_request_origin = lambda address, secure: pin(address, secure or address in ("127.0.0.1", "::1"))


def say_what_iam_refuses():
    """With IAM enforced, the log names each refused action with its caller and its resource: what a role lacks."""
    enforce = iam_evaluator.enforce
    log = logging.getLogger("iam")

    def enforce_and_say(access_key, action, service, *rest, **named):
        denied = enforce(access_key, action, service, *rest, **named)
        if denied:
            caller = getattr(denied, "principal_arn", None) or getattr(denied, "message", "")
            log.warning("refused: %s on %s to %s", action, named.get("resource_arn", "*"), caller)
        return denied

    iam_evaluator.enforce = enforce_and_say


def read_cors_as_templates_write_it():
    """A template's `CorsConfiguration` is stored in its spelling (`AllowOrigins`) and read in the API's: every preflight was refused."""

    def in_spelling_of_api(function):
        return lambda cors, *rest: function({key[:1].lower() + key[1:]: value for key, value in cors.items()}, *rest)

    apigateway._cors_preflight_response = in_spelling_of_api(apigateway._cors_preflight_response)
    apigateway._cors_response_headers = in_spelling_of_api(apigateway._cors_response_headers)


def change_global_tables_in_place():
    """
    A changed property of `AWS::DynamoDB::GlobalTable` (the CDK's `TableV2`) makes a new, empty table under another name, because the update
    does not know what the table is called. Told the name, it changes the table that is there.
    """
    handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::GlobalTable"]
    update = handlers["update"]

    def update_by_name(physical_id, old, new, *rest):
        name = {"TableName": physical_id}
        return update(physical_id, {**name, **old}, {**name, **new}, *rest)

    handlers["update"] = update_by_name


def keep_tags_of_buckets():
    """The CDK empties a bucket before it is deleted only where it carries the CDK's tag, and fails where it carries none."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, update = handlers["create"], handlers["update"]

    def tagged(result, properties):
        s3._bucket_tags[result[0]] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        return result

    handlers["create"] = lambda logical_id, properties, *rest: tagged(create(logical_id, properties, *rest), properties)
    handlers["update"] = lambda physical_id, old, new, *rest: tagged(update(physical_id, old, new, *rest), new)
