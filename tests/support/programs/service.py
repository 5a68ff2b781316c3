"""A service whose operation may not answer."""

from service_link import ask


def never(x):
    return ask("never", x)


def echo(x):
    return ask("echo", x)


def slow(x):
    return ask("slow", x)
