"""
Starts MiniStack with what the pinned version still lacks and what we want to be told by tests.

The installed package is imported and patched in memory; no file of it is changed. Any other version is refused: look at each patch
before you raise the pin. A patch that finds something else than it expects stops the start.
"""

import importlib.metadata
import os
import sys

PINNED = "1.5.33"

installed = importlib.metadata.version("ministack")
if installed != PINNED:
    sys.exit(f"ministack-shim: made for {PINNED}, not for {installed}")

import shim_kms
import shim_lambda
import shim_stacks
from die_with_parent import die_with_parent

die_with_parent()

shim_lambda.keep_error_names()
if os.environ.get("VERMILION_LAMBDA_FREEZE", "1") != "0":
    shim_lambda.freeze_between_invocations()

shim_kms.agree_keys()
shim_kms.check_before_signing()
shim_kms.authenticate_what_is_encrypted()

shim_stacks.take_loopback_for_secure()
shim_stacks.say_what_iam_refuses()
shim_stacks.read_cors_as_templates_write_it()
shim_stacks.change_global_tables_in_place()
shim_stacks.keep_tags_of_buckets()

from ministack.app import main

main()
