"""Solutions of the exercises."""

import json
import math

import numpy as np


def unpack(parts):
    names = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    names += "float16 float32 float64 complex64 complex128"

    def whole(value):
        return type(value) is int and 0 <= value < 2**53

    def refuse(what):
        raise ValueError(f"refused: {what}")

    if len(parts) != 3:
        refuse("there must be three parts")
    topic, pixels = parts[0].decode(), parts[2]
    header = json.loads(parts[1].decode(), parse_constant=refuse)
    if not isinstance(header, dict) or not header.keys() >= {"dtype", "shape", "sequence", "time"}:
        refuse("the header is no frame's")
    dtype, shape, time = header["dtype"], header["shape"], header["time"]
    if not isinstance(dtype, str) or dtype not in names.split():
        refuse("dtype")
    if not isinstance(shape, list) or len(shape) > 32 or not all(map(whole, shape)):
        refuse("shape")
    if not whole(header["sequence"]):
        refuse("sequence")
    if type(time) not in (int, float) or not abs(time) < 2**53:
        refuse("time")
    size = np.dtype(dtype).itemsize
    if math.prod(length or 1 for length in shape) * size >= 2**53:
        refuse("the shape is impossible")
    if math.prod(shape) * size != len(pixels):
        refuse("shape and pixels do not fit")
    return topic, header, np.ndarray(shape, np.dtype(dtype).newbyteorder("<"), pixels)


def ppm(frame):
    height, width, colours = frame.shape
    return f"P6\n{width} {height}\n255\n".encode() + frame[:, :, ::-1].tobytes()
