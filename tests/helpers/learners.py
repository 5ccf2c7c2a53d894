"""Functions as learners write them, in a cell: how to define one, and the answers in `answers`."""

import importlib
import itertools
import linecache

from zmqlab.course.exercises import exercises

# What the first cells of the notebooks import, so that an answer may use it.
IMPORTS = """
import asyncio, hmac, itertools, json, math, threading, time
from socket import create_connection

import cv2
import h5py
import numpy as np
import zmq
import zmq.asyncio
from zmq.utils import z85

import zmqlab
from zmqlab import *
"""
_numbers = itertools.count(1)


def written(source, name):
    """Return the function `name` that a cell defines, known to tracebacks by the cell's text."""
    file = f"<cell {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace = {"__name__": "__main__"}
    exec(IMPORTS, namespace)
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]


def beginning(name):
    """Return what a learner finds in the notebook."""
    return exercises()[name].beginning + "\n"


def solution(name):
    """Return the course's own answer."""
    return exercises()[name].solution + "\n"


def changed(source, old, new):
    """Return the source with one thing changed in it."""
    assert old in source, f"{old!r} is not in the source"
    return source.replace(old, new)


def answers(kind):
    """Return {(exercise, title): answer} of all "RIGHT" ones, or of all "WRONG" ones."""
    books = {exercise.notebook[3:].replace("-", "_"): None for exercise in exercises().values()}
    modules = [importlib.import_module(f"helpers.answers.{book}") for book in books]
    return {
        (name, title): answer
        for module in modules
        for name, of_one in getattr(module, kind).items()
        for title, answer in of_one.items()
    }
