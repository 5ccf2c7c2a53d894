// Programs that talk to the course's camera, in JavaScript:
//
//     node camera.cjs snapshot CAMERA-SERVER PICTURE.ppm
//     node camera.cjs watch PUBLISHER STREAM [COUNT]
//     node camera.cjs serve BIND CAMERA-SERVER
const { writeFileSync } = require("node:fs");
const zmq = require("zeromq");
const { MessageError, packFrame, packMessage } = require("./messages.cjs");
const { unpackFrame, unpackMessage, unpackRequest } = require("./messages.cjs");

const TIMEOUT = 5000; // milliseconds
const LONGEST = 64 * 1024; // bytes of a request's part; who sends a longer one is disconnected
const TAKES = { thumbnail: true, stop: false }; // our server's commands: with parameters or without

/** Send one request to a server; return {topic, header, pixels} of its reply. */
async function request(endpoint, command, parameters, timeout = TIMEOUT) {
  const parts = parameters === undefined ? [command] : [command, JSON.stringify(parameters)];
  const socket = new zmq.Request({ sendTimeout: timeout, receiveTimeout: timeout, linger: 0 });
  try {
    socket.connect(endpoint);
    await socket.send(parts);
    const reply = await socket.receive();
    const { topic, header } = unpackMessage(reply);
    if (topic === "error") throw new Error(`${endpoint} replied to ${command}: ${header.error}`);
    return topic === "frame" ? unpackFrame(reply) : unpackMessage(reply);
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
    throw new Error(`${endpoint} did not reply to ${command} within ${timeout} ms`);
  } finally {
    socket.close();
  }
}

/** Return {width, height} of a message that carries a picture in colours. */
function size({ topic, header }) {
  if (topic !== "frame") throw new MessageError(`a message with topic ${topic} is no picture`);
  const [height, width, colours] = header.shape;
  if (header.dtype !== "uint8" || header.shape.length !== 3 || colours !== 3) {
    throw new MessageError(`${header.dtype} numbers of shape [${header.shape}] are no picture`);
  }
  return { width, height };
}

/** Return a picture as the bytes of a PPM file: its size as text, then red, green, blue. */
function ppm(frame) {
  const { width, height } = size(frame);
  const colours = Buffer.from(frame.pixels); // a copy, to turn blue, green, red round
  for (let at = 0; at < colours.length; at += 3) {
    [colours[at], colours[at + 2]] = [colours[at + 2], colours[at]];
  }
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), colours]);
}

/** Ask a camera server for a frame and write it as a picture. */
async function snapshot(endpoint, path) {
  const frame = await request(endpoint, "read");
  writeFileSync(path, ppm(frame));
  console.log(`wrote ${path}: frame ${frame.header.sequence}, ${frame.header.shape.join(" x ")}`);
}

/** Receive a stream to its end, or so many frames of it; print what came and what was lost. */
async function watch(endpoint, name, count = Infinity) {
  const socket = new zmq.Subscriber({ receiveHighWaterMark: 16, receiveTimeout: TIMEOUT });
  socket.subscribe(`${name}/`);
  socket.connect(endpoint);
  let [received, lost, refused, expected, stream] = [0, 0, 0, null, null];
  while (received < Number(count)) {
    let header;
    try {
      ({ header } = unpackFrame(await socket.receive()));
    } catch (error) {
      if (error.code === "EAGAIN") throw new Error(`nothing came from ${endpoint} for a while`);
      if (!(error instanceof MessageError)) throw error;
      refused += 1;
      continue;
    }
    if (header.stream === stream) lost += Math.max(0, header.sequence - expected);
    [stream, expected] = [header.stream, header.sequence + 1];
    if (header.end) break;
    received += 1;
    if (received % 10 === 1) console.log(`frame ${header.sequence}, ${lost} lost`);
  }
  socket.close();
  console.log(`${received} frames received, ${lost} lost, ${refused} messages refused`);
}

/** Serve thumbnails of a camera's frames, until told to stop. */
async function serve(bind, camera) {
  const socket = new zmq.Router({ linger: 1000, maxMessageSize: LONGEST });
  await socket.bind(bind);
  console.log(`serving at ${socket.lastEndpoint}`);
  let [sequence, running] = [0, true];
  while (running) {
    const [envelope, parts] = openEnvelope(await socket.receive());
    let reply;
    try {
      const { command, parameters } = unpackRequest(parts, TAKES);
      running = command !== "stop";
      if (running) {
        const frame = await request(camera, "read", undefined, 2000);
        reply = thumbnail(frame, parameters.step, sequence);
        sequence += 1;
      } else {
        reply = packMessage("ok", { frames: sequence });
      }
    } catch (error) {
      reply = packMessage("error", { error: error.message.slice(0, 600) });
    }
    await socket.send([...envelope, ...reply]);
  }
  socket.close();
}

/** Split a message behind its first empty part; without one, there is no request in it. */
function openEnvelope(message) {
  const end = message.findIndex((part) => part.length === 0) + 1;
  return end ? [message.slice(0, end), message.slice(end)] : [message.slice(0, 1), []];
}

/** Return the message with every `step`-th pixel of a picture, across and down. */
function thumbnail(frame, step, sequence) {
  const { width, height } = size(frame);
  if (!Number.isInteger(step) || step < 1) {
    throw new MessageError('thumbnail needs a whole number of pixels, such as {"step":8}');
  }
  const pixels = [];
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) {
      const at = 3 * (y * width + x);
      pixels.push(frame.pixels.subarray(at, at + 3));
    }
  }
  const shape = [Math.ceil(height / step), Math.ceil(width / step), 3];
  return packFrame(Buffer.concat(pixels), shape, sequence);
}

if (require.main === module) {
  const [name, ...rest] = process.argv.slice(2);
  const run = { snapshot, watch, serve }[name];
  if (!run) throw new Error(`no such program: ${name}; there are snapshot, watch and serve`);
  run(...rest).catch((error) => {
    console.error(`${name}: ${error.message}`);
    process.exit(1);
  });
}

module.exports = { request, ppm, snapshot, watch, serve };
