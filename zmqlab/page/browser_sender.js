// From a camera of the browser to the process behind it; see browser_server.py.

// Send pictures over a websocket, two on their way at most, and tell what becomes of them. It runs
// in a worker where there can be one, and so uses nothing that is outside of it.
function openSender(url, fps, tell) {
  const socket = new WebSocket(url);
  const sent = []; // what was said of the pictures that are on their way
  let onTheirWay = 0; // these, and those that are being made
  let [taken, since] = [0, performance.now()];
  let why = "no connection through jupyter-server-proxy: is it installed?"; // it is closed
  socket.onopen = () => {
    why = "the connection is lost. Turn the camera on again or, if its process has ended, " +
      "run the cell again.";
  };
  socket.onmessage = ({ data }) => {
    if (data !== "taken") {
      why = data;
      return;
    }
    const about = sent.shift();
    onTheirWay -= 1;
    taken += 1;
    const seconds = (performance.now() - since) / 1000;
    if (seconds < 1) return;
    tell({ ...about, rate: taken / seconds, milliseconds: Date.now() - 1000 * about.time });
    [taken, since] = [0, performance.now()];
  };
  socket.onclose = () => tell({ closed: why });
  return {
    ready: () => socket.readyState === WebSocket.OPEN && onTheirWay < 2,
    async send(format, width, height, time, makeBytes) {
      onTheirWay += 1; // before the bytes are there, or more would be begun meanwhile
      try {
        const pixels = await makeBytes();
        const about = { format, width, height, fps, time };
        const text = new TextEncoder().encode(JSON.stringify(about));
        const message = new Uint8Array(4 + text.length + pixels.byteLength);
        new DataView(message.buffer).setUint32(0, text.length);
        message.set(text, 4);
        message.set(new Uint8Array(pixels), 4 + text.length);
        sent.push(about);
        socket.send(message);
      } catch (error) {
        onTheirWay -= 1;
        tell({ failed: String(error) });
      }
    },
    close: () => socket.close(),
  };
}

// What the worker does: read the track's frames, and send each as a JPEG. It goes on when the tab
// is hidden. A JPEG waits for a busy page, plain pixels do not, but they are many: so they are for
// a page that is busy, and a server on the same computer.
function work() {
  const SLOW = 100, FOR = 5000; // milliseconds
  onmessage = async ({ data: { readable, url, fps, near } }) => {
    const sender = openSender(url, fps, postMessage);
    const reader = readable.getReader();
    onmessage = () => reader.cancel(); // it is the end: `read` says so, and no frame is left
    const canvas = new OffscreenCanvas(2, 2);
    const pen = canvas.getContext("2d", { alpha: false });
    let plainUntil = 0;
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) {
        sender.close();
        return close();
      }
      const time = Date.now() / 1000;
      const { displayWidth: width, displayHeight: height, format } = frame;
      if (!sender.ready()) {
        frame.close();
      } else if (performance.now() < plainUntil && ["I420", "NV12"].includes(format)) {
        sender.send(format, width, height, time, async () => {
          const pixels = new ArrayBuffer(frame.allocationSize());
          await frame.copyTo(pixels).finally(() => frame.close());
          return pixels;
        });
      } else {
        if (canvas.width !== width || canvas.height !== height) {
          Object.assign(canvas, { width, height });
        }
        const began = performance.now();
        pen.drawImage(frame, 0, 0); // it is this that waits for a busy page, in Chromium
        frame.close();
        sender.send("jpeg", width, height, time, async () => {
          const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
          const now = performance.now();
          if (near && now - began > SLOW) plainUntil = now + FOR;
          return jpeg.arrayBuffer();
        });
      }
    }
  };
}

// Send the pictures of a camera; return what ends that.
function sendFromWorker(track, url, fps, tell) {
  const near = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  const { readable } = new MediaStreamTrackProcessor({ track });
  const text = `${openSender}\n(${work})()`;
  const blob = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(blob);
  URL.revokeObjectURL(blob);
  worker.onmessage = ({ data }) => tell(data);
  worker.onerror = ({ message }) => tell({ failed: `The worker failed: ${message}` });
  worker.postMessage({ readable, url, fps, near }, [readable]);
  return () => worker.postMessage("end");
}

// The same where there is no MediaStreamTrackProcessor (Firefox, Safari): the page itself sends,
// and a hidden tab rests.
function sendFromVideo(video, url, fps, tell) {
  const sender = openSender(url, fps, tell);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { alpha: false });
  let going = true;
  const each = () => {
    if (!going) return;
    video.requestVideoFrameCallback(each);
    if (!sender.ready()) return;
    const time = Date.now() / 1000;
    const { videoWidth: width, videoHeight: height } = video;
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
    }
    pen.drawImage(video, 0, 0);
    sender.send("jpeg", width, height, time, async () => {
      const jpeg = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
      return jpeg.arrayBuffer();
    });
  };
  video.requestVideoFrameCallback(each);
  return () => { going = false; sender.close(); };
}
