"""A call of a function, packed so that another process can make it.

cloudpickle packs a function by value, with its code, where the other process could not import it.
Since its version 3.1.3 it leaves out in which file or cell that code was written. We add it again:
without it a traceback over there could not show the learner's lines.
"""

import io
from collections import ChainMap
from types import CodeType

import cloudpickle


def pack_call(function, args, kwargs):
    """Return the bytes of a pickle from which another process gets function, args and kwargs.

    Raises
    ------
    TypeError, pickle.PicklingError
        If something in them cannot travel: a socket, say.
    """
    file = io.BytesIO()
    _Pickler(file).dump((function, args, kwargs))
    return file.getvalue()


def _reduce_code(code):
    make, parts = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return _make_code, (make, parts, code.co_filename)


def _make_code(make, parts, filename):
    return make(*parts).replace(co_filename=filename)


_TABLE = ChainMap({CodeType: _reduce_code}, cloudpickle.Pickler.dispatch_table)


class _Pickler(cloudpickle.Pickler):
    dispatch_table = _TABLE
