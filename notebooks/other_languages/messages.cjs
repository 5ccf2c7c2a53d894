// Messages in JavaScript, written from zmqlab/wire/FORMAT.md. What is not as it says is refused.
const MOST = 2 ** 53; // above every whole number of a header
const MOST_DIMENSIONS = 32;

// Of each dtype, the bytes of a number and how to read it from a DataView.
const little = true;
const DTYPES = new Map([
  ["bool", [1, (view, at) => view.getUint8(at) !== 0]],
  ["int8", [1, (view, at) => view.getInt8(at)]],
  ["int16", [2, (view, at) => view.getInt16(at, little)]],
  ["int32", [4, (view, at) => view.getInt32(at, little)]],
  ["int64", [8, (view, at) => view.getBigInt64(at, little)]],
  ["uint8", [1, (view, at) => view.getUint8(at)]],
  ["uint16", [2, (view, at) => view.getUint16(at, little)]],
  ["uint32", [4, (view, at) => view.getUint32(at, little)]],
  ["uint64", [8, (view, at) => view.getBigUint64(at, little)]],
  ["float16", [2, (view, at) => half(view.getUint16(at, little))]],
  ["float32", [4, (view, at) => view.getFloat32(at, little)]],
  ["float64", [8, (view, at) => view.getFloat64(at, little)]],
  ["complex64", [8, (view, at) => [view.getFloat32(at, little), view.getFloat32(at + 4, little)]]],
  ["complex128", [16, (view, at) => [view.getFloat64(at, little), view.getFloat64(at + 8, little)]]],
]);

class MessageError extends Error {}

/** Return the parts of a message: topic, header, pixels. */
function packMessage(topic, header, pixels = "") {
  return [topic, JSON.stringify(header), pixels];
}

/** Return the parts of a message that carries a frame of bytes. */
function packFrame(pixels, shape, sequence, topic = "frame") {
  return packMessage(topic, { dtype: "uint8", shape, sequence, time: Date.now() / 1000 }, pixels);
}

/** Return {topic, header, pixels} of the parts of a message. */
function unpackMessage(parts) {
  if (parts.length !== 3) {
    throw new MessageError(`a message has three parts, and this one ${parts.length}`);
  }
  return { topic: text(parts[0], "topic"), header: object(parts[1], "header"), pixels: parts[2] };
}

/** Return {topic, header, pixels} of a message that carries a frame. */
function unpackFrame(parts) {
  const { topic, header, pixels } = unpackMessage(parts);
  for (const key of ["dtype", "shape", "sequence", "time"]) {
    if (!Object.hasOwn(header, key)) {
      throw new MessageError(`${shown(topic)} carries no frame: its header has no ${key}`);
    }
  }
  const { dtype, shape, sequence, time } = header;
  if (!DTYPES.has(dtype)) {
    throw new MessageError(`dtype ${shown(dtype)} is none of ${[...DTYPES.keys()].join(" ")}`);
  }
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS || !shape.every(whole)) {
    throw new MessageError(`shape ${shown(shape)} is no list of at most 32 lengths`);
  }
  if (!whole(sequence)) throw new MessageError(`sequence ${shown(sequence)} is no whole number`);
  if (typeof time !== "number" || !(Math.abs(time) < MOST)) {
    throw new MessageError(`time ${shown(time)} is no number of seconds`);
  }
  const [size] = DTYPES.get(dtype);
  // Where the product is too large to be exact, it is larger than any bytes that came.
  const room = shape.reduce((product, length) => product * (length || 1), size);
  const bytes = shape.includes(0) ? 0 : room;
  if (bytes === 0 && room >= MOST) throw new MessageError(`shape ${shown(shape)} is impossible`);
  if (bytes !== pixels.length) {
    throw new MessageError(`${bytes} bytes of pixels are promised, and ${pixels.length} came`);
  }
  return { topic, header, pixels };
}

/** Return the numbers of a frame, row by row; those of 64 bit as BigInt. */
function numbers({ header, pixels }) {
  const [size, read] = DTYPES.get(header.dtype);
  const view = new DataView(pixels.buffer, pixels.byteOffset, pixels.length);
  return Array.from({ length: pixels.length / size }, (_, number) => read(view, number * size));
}

/** Return {command, parameters} of a request; `takes` says of each command if it takes some. */
function unpackRequest(parts, takes) {
  if (parts.length !== 1 && parts.length !== 2) {
    throw new MessageError(`a request has one part or two, and this one ${parts.length}`);
  }
  const command = text(parts[0], "command");
  if (!Object.hasOwn(takes, command)) {
    const known = Object.keys(takes).join(", ");
    throw new MessageError(`unknown command ${shown(command)}: send one of ${known}`);
  }
  if (takes[command] !== (parts.length === 2)) {
    throw new MessageError(`${command} takes ${takes[command] ? "" : "no "}parameters`);
  }
  return { command, parameters: parts.length === 2 ? object(parts[1], "parameters") : {} };
}

function text(part, what) {
  try {
    // By default this decoder would put signs in place of what is wrong, and drop a byte order mark.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part);
  } catch {
    throw new MessageError(`the ${what} is not UTF-8`);
  }
}

function object(part, what) {
  let value;
  try {
    value = JSON.parse(text(part, what));
  } catch (error) {
    throw new MessageError(`the ${what} is not JSON: ${error.message}`.slice(0, 200));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MessageError(`the ${what} is no object of JSON: ${shown(value)}`);
  }
  return value;
}

function whole(value) {
  return Number.isSafeInteger(value) && value >= 0;
}

function shown(value) {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** Read a float of 16 bits: sign, 5 bits of exponent, 10 of fraction (IEEE 754). */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
}

const pack = { packMessage, packFrame };
module.exports = { MessageError, ...pack, unpackMessage, unpackFrame, unpackRequest, numbers };
