// Prints what the JavaScript client makes of each case in a file of vectors, as a list in JSON:
//
//     node vectors.cjs CLIENT VECTORS
const { readFileSync } = require("node:fs");
const { basename } = require("node:path");

const client = require(process.argv[2]);
const CAMERA = { read: false, set: true, info: false, stop: false }; // which take parameters

function bytes(part) {
  return "text" in part ? Buffer.from(part.text) : Buffer.from(part.hex.replaceAll(" ", ""), "hex");
}

function plain(number) {
  if (Array.isArray(number)) return number.map(plain);
  const json = typeof number === "boolean" || Number.isFinite(number);
  return json ? number : String(number); // NaN, Infinity, a BigInt
}

const meanings = {
  "messages.json": (parts) => {
    const { topic, header, pixels } = client.unpackMessage(parts);
    return { topic, header, pixels: pixels.toString("hex") };
  },
  "frames.json": (parts) => {
    const frame = client.unpackFrame(parts);
    const { topic, header } = frame;
    return { topic, header, numbers: client.numbers(frame).map(plain) };
  },
  "requests.json": (parts) => client.unpackRequest(parts, CAMERA),
};

const meaning = meanings[basename(process.argv[3])];
const found = JSON.parse(readFileSync(process.argv[3], "utf8")).map(({ parts }) => {
  try {
    return meaning(parts.map(bytes));
  } catch (error) {
    if (!(error instanceof client.MessageError)) throw error;
    return { refused: error.message };
  }
});
console.log(JSON.stringify(found));
