// The web page; what travels between it and its server stands in web_page.py. All that comes from
// there is shown as text, never as HTML.

const AGAIN = 1000; // milliseconds until the server is tried again, twice as long each time,
const SELDOM = 16_000; // up to this
const MOST = 1000; // measurements in the table
const PLOTTED = 100; // of them in the plot
const SVG = "http://www.w3.org/2000/svg";

const at = (id) => document.getElementById(id);
let socket = null;
let measurements = []; // oldest first: [number, time, exposure, period, uncertainty, angle]
let state = null; // as the server told it last
let patience = AGAIN;
let sliding = false; // the slider is in somebody's hand

function say(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text; // a reader speaks what changes
}

// A value and its uncertainty, to two digits of the latter: 12.00032 ± 0.00063.
function plusMinus(value, uncertainty) {
  const digits = Math.min(9, Math.max(0, 1 - Math.floor(Math.log10(uncertainty))));
  return `${value.toFixed(digits)} ± ${uncertainty.toFixed(digits)}`;
}

function period([, , , value, uncertainty]) {
  return value === null ? "no fringes" : plusMinus(value, uncertainty);
}

function showState(news) {
  const [pictured, before] = [state?.pictured, state?.camera];
  state = news;
  const gone = state.camera !== "";
  if (before && !gone) say("note", "");
  at("camera").classList.toggle("gone", gone);
  say("camera", gone ? state.camera : `Camera: ${state.source}`);
  say("stream", state.stream);
  const waiting = state.turn !== null;
  at("measure").setAttribute("aria-disabled", gone || waiting);
  if (waiting) say("note", "");
  if (state.turn > 0) say("note", `Waiting for ${state.turn} other${state.turn > 1 ? "s" : ""}.`);
  at("measure").textContent = waiting ? "Measuring…" : "Measure";
  at("exposing").hidden = state.exposure === null;
  at("exposure").setAttribute("aria-disabled", gone);
  if (!sliding) putBack();
  at("pictures").hidden = state.pictured === null;
  if (state.pictured !== null && state.pictured !== pictured) {
    for (const name of ["frame", "spectrum"]) {
      at(name).src = `${name}.jpg?${state.pictured}`;
      at(name).alt = `${name} of measurement ${state.pictured}`;
    }
  }
}

// Put the slider where the camera's exposure is.
function putBack() {
  if (state.exposure === null) return;
  at("exposure").value = Math.log10(state.exposure);
  showExposure(state.exposure);
}

function showExposure(seconds) {
  say("seconds", milliseconds(seconds));
  at("exposure").setAttribute("aria-valuetext", milliseconds(seconds));
}

function showMeasurements(news) {
  if (measurements.length && news[0][0] <= measurements.at(-1)[0]) { // they begin anew
    measurements = [];
    at("rows").replaceChildren();
  }
  measurements = [...measurements, ...news].slice(-MOST);
  for (const one of news) {
    const row = document.createElement("tr");
    const [number, time, exposure] = one;
    const when = new Date(1000 * time);
    element("td", "", row, String(number));
    element("td", "", row, when.toLocaleTimeString([], { hour12: false })).title = when.toLocaleString();
    element("td", "", row, exposure === null ? "–" : milliseconds(exposure));
    element("td", "", row, period(one));
    at("rows").prepend(row);
  }
  while (at("rows").rows.length > MOST) at("rows").lastChild.remove();
  const newest = measurements.at(-1);
  const unit = newest[3] === null ? "" : " pixels";
  say("result", `Measurement ${newest[0]}: ${period(newest)}${unit}`);
  drawPlot(measurements.filter((one) => one[3] !== null).slice(-PLOTTED));
}

function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text) made.textContent = text;
  at("plot").append(made);
}

// The period of each measurement with its error bar. A step of the axis is 1, 2 or 5 times a power
// of ten.
function drawPlot(points) {
  if (points.length === 0) return;
  at("plot").replaceChildren(at("plot-title"));
  const lows = points.map(([, , , value, uncertainty]) => value - uncertainty);
  const highs = points.map(([, , , value, uncertainty]) => value + uncertainty);
  const room = 0.1 * (Math.max(...highs) - Math.min(...lows));
  const low = Math.min(...lows) - room;
  const high = Math.max(...highs) + room;
  const [first, last] = [points[0][0], points.at(-1)[0]];
  const [left, right, top, bottom] = [125, 620, 15, 235];
  const x = (number) => (first === last ? (left + right) / 2
    : left + 20 + ((right - left - 40) * (number - first)) / (last - first));
  const y = (value) => bottom - ((bottom - top) * (value - low)) / (high - low);

  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => times * power >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  for (let mark = Math.ceil(low / step); mark * step <= high; mark++) {
    const height = y(mark * step);
    shape("line", { x1: left, x2: right, y1: height, y2: height, class: "axis" });
    const text = (mark * step).toFixed(digits);
    shape("text", { x: left - 8, y: height + 5, "text-anchor": "end" }, text);
  }
  shape("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" });
  for (const number of new Set([first, last])) {
    shape("text", { x: x(number), y: bottom + 24, "text-anchor": "middle" }, String(number));
  }
  shape("text", { x: (left + right) / 2, y: 290, "text-anchor": "middle" }, "number of measurement");
  const turned = { transform: "translate(20 125) rotate(-90)", "text-anchor": "middle" };
  shape("text", turned, "period / pixels");

  for (const [number, , , value, uncertainty] of points) {
    const [place, height] = [x(number), y(value)];
    const bar = { x1: place, x2: place, y1: y(value - uncertainty), y2: y(value + uncertainty) };
    shape("line", { ...bar, class: "error" });
    const kind = number === last ? "newest" : "point";
    shape("circle", { cx: place, cy: height, r: number === last ? 6 : 4, class: kind });
  }
  const newest = points.at(-1);
  say("plot-title", `Fringe period of measurements ${first} to ${last}, ` +
    `from ${Math.min(...points.map((one) => one[3])).toFixed(4)} ` +
    `to ${Math.max(...points.map((one) => one[3])).toFixed(4)} pixels; ` +
    `the newest is ${period(newest)}`);
}

async function showPicture(from, buffer) {
  const { about, jpeg } = unpackPicture(buffer);
  await paintPicture(at("live"), jpeg, about);
  at("facts").textContent = inWords(about);
  if (from.readyState === WebSocket.OPEN) from.send(`painted ${about.sequence}`);
}

function connect() {
  // Relative to this page, wherever a proxy shows it.
  const address = new URL("stream", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const own = socket = new WebSocket(address);
  own.binaryType = "arraybuffer";
  let fresh = true; // a proxy opens the connection before it knows whether anybody is there
  own.onmessage = ({ data }) => {
    if (typeof data !== "string") return showPicture(own, data);
    const news = JSON.parse(data);
    if (fresh) {
      fresh = false;
      patience = AGAIN;
      measurements = [];
      at("rows").replaceChildren();
    }
    if (news.state) showState(news.state);
    if (news.measurements) showMeasurements(news.measurements);
    if (news.note) say("note", news.note);
  };
  own.onclose = async ({ reason }) => {
    at("measure").setAttribute("aria-disabled", true);
    at("measure").textContent = "Measure";
    at("exposure").setAttribute("aria-disabled", true);
    at("camera").classList.add("gone");
    say("camera", reason ? `${reason}; trying again.` : await whyClosed());
    setTimeout(connect, patience);
    patience = Math.min(2 * patience, SELDOM);
  };
}

async function whyClosed() {
  try {
    const answer = await fetch("page.js", { method: "HEAD" });
    if (answer.status === 404) {
      return "The server was started again: open the address that it has printed.";
    }
  } catch {} // nobody is there, or not even a network
  return "The server of this page does not answer; trying again.";
}

at("measure").addEventListener("click", () => {
  if (at("measure").getAttribute("aria-disabled") === "true") return;
  at("measure").setAttribute("aria-disabled", true);
  say("note", "");
  socket.send(JSON.stringify({ measure: true }));
});
// Not disabled while nobody answers: that would take the focus away.
at("exposure").addEventListener("input", () => {
  if (at("exposure").getAttribute("aria-disabled") === "true") return putBack();
  sliding = true;
  showExposure(10 ** at("exposure").value);
});
at("exposure").addEventListener("change", () => {
  sliding = false;
  if (at("exposure").getAttribute("aria-disabled") === "true") return putBack();
  say("note", "");
  const seconds = Number((10 ** at("exposure").value).toPrecision(3));
  socket.send(JSON.stringify({ exposure: seconds }));
});

connect();
