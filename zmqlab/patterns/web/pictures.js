// What the live view of a notebook and the web page have in common.

function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

// Take a message with a picture apart: what is said of it, and the JPEG.
function unpackPicture(buffer) {
  const length = new DataView(buffer).getUint32(0);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { about, jpeg: new Blob([new Uint8Array(buffer, 4 + length)], { type: "image/jpeg" }) };
}

async function paintPicture(canvas, jpeg, about) {
  const image = await createImageBitmap(jpeg);
  if (canvas.width !== image.width || canvas.height !== image.height) {
    canvas.width = image.width; // makes the canvas anew, which takes its time
    canvas.height = image.height;
  }
  canvas.getContext("2d", { alpha: false }).drawImage(image, 0, 0);
  image.close();
  if (!about) return;
  canvas.dataset.sequence = about.sequence;
  canvas.dataset.age = Date.now() / 1000 - about.time; // by this computer's clock
}

function inWords(about) {
  return `frame ${about.sequence} · ${about.fps.toFixed(1)} frames/s · ` +
    `${about.lost} lost · ${(1000 * about.latency).toFixed(0)} ms`;
}

function milliseconds(seconds) {
  return `${(1000 * seconds).toPrecision(3)} ms`;
}
