"""Starts the server of moto so that it cannot outlive the test."""

from die_with_parent import die_with_parent

die_with_parent()

from moto.server import main

main()
