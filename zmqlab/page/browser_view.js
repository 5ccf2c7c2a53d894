// The browser's camera: a preview, and what turns it on and off. Behind browser_sender.js, which
// sends the pictures, address.js, and pictures.js of the patterns.

const SIZES = [[320, 240], [640, 480], [1280, 720]];
const RATES = [10, 15, 30, 60];

// Say why there is no picture, and what to do. In ASCII: the process writes it into a picture, too.
function whyNot(error) {
  const again = 'press "Turn the camera on"';
  return {
    insecure: `This page (${location.origin}) is not secure, and a browser lends such pages no ` +
      "camera. Open it by https; or, if JupyterLab runs on this computer, as http://localhost; " +
      "or bring its port here (ssh -L) and open that as http://localhost",
    NotAllowedError: "The browser denies this page the camera. Allow it at the sign beside the " +
      `page's address (and in the system's privacy settings), and ${again}`,
    NotFoundError: `The browser finds no camera. Plug one in, and ${again}`,
    NotReadableError: "The camera does not open: another program may have it. Close that one, " +
      `and ${again}`,
  }[error.name] ?? `The camera does not open (${error.name}). To try again, ${again}`;
}

// A list to choose from, which holds what Python asked for, too.
function choice(parent, name, values, chosen, inWords) {
  const label = element("label", "", parent, `${name} `);
  const list = element("select", "", label);
  const texts = values.map(String).includes(String(chosen)) ? values : [chosen, ...values];
  for (const each of texts) element("option", "", list, inWords(each)).value = String(each);
  list.value = String(chosen);
  return list;
}

export default {
  render({ model, el }) {
    const view = element("section", "zmqlab-live zmqlab-camera", el);
    const video = element("video", "", view);
    Object.assign(video, { muted: true, playsInline: true, autoplay: true, hidden: true });
    video.setAttribute("aria-label", "what your camera sees");
    const bar = element("div", "zmqlab-bar", view);
    const button = element("button", "", bar);
    const size = choice(bar, "size", SIZES, model.get("size"), (each) => each.join(" × "));
    const rate = choice(bar, "frames/s", RATES, model.get("fps"), String);
    const facts = element("span", "zmqlab-facts", bar);
    element("small", "", view, `The pictures go to ${location.host}, where this notebook runs, ` +
      "and nowhere else. The camera is off when this view is closed.");
    const note = element("div", "zmqlab-note", view);
    note.setAttribute("role", "status");

    const base = address(model)?.replace(/^http/, "ws");
    const url = `${base}camera`;
    let turn = 0; // counts how often the camera was turned on or off
    let off = () => {};

    const show = (on) => {
      button.textContent = on ? "Turn the camera off" : "Turn the camera on";
      view.dataset.on = on;
      video.hidden = !on;
      facts.textContent = "";
    };

    const turnOff = (why = "") => {
      turn += 1;
      off();
      off = () => {};
      show(false);
      note.textContent = why;
    };

    const hear = (news) => {
      if (news.closed) {
        turnOff(`The camera is off: ${news.closed}`);
      } else if (news.failed) {
        note.textContent = news.failed;
      } else {
        note.textContent = "";
        facts.textContent = `${news.width} × ${news.height} · ${news.rate.toFixed(1)} frames/s · ` +
          `${news.format} · ${news.milliseconds.toFixed(0)} ms`;
        Object.assign(view.dataset, news);
      }
    };

    // Say why there is no picture, to the process too.
    const fail = (error) => {
      const why = whyNot(error);
      turnOff(`${why}. Until then a simulated camera goes on.`);
      const socket = new WebSocket(url);
      socket.onopen = () => { socket.send(JSON.stringify({ note: why })); socket.close(); };
    };

    const turnOn = async () => {
      turnOff("The browser may ask you whether this page may use the camera: allow it.");
      const mine = turn;
      const [width, height] = size.value.split(",").map(Number);
      const fps = Number(rate.value);
      let stream;
      try {
        if (!navigator.mediaDevices) throw { name: "insecure" };
        stream = await navigator.mediaDevices.getUserMedia({
          video: { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: fps } },
        });
      } catch (error) {
        if (mine === turn) fail(error);
        return;
      }
      const [track] = stream.getTracks();
      if (mine !== turn) { // turned off, or closed, while the browser asked
        track.stop();
        return;
      }
      video.srcObject = stream;
      track.onended = () => turnOff("The camera is off: the browser has taken it away.");
      const given = track.getSettings().frameRate || fps;
      const news = (each) => { if (mine === turn) hear(each); };
      const end = window.MediaStreamTrackProcessor
        ? sendFromWorker(track, url, given, news)
        : sendFromVideo(video, url, given, news);
      off = () => { end(); track.stop(); video.srcObject = null; };
      show(true);
    };

    button.addEventListener("click", () => (view.dataset.on === "true" ? turnOff() : turnOn()));
    for (const list of [size, rate]) {
      list.addEventListener("change", () => { if (view.dataset.on === "true") turnOn(); });
    }
    // JupyterLab would take the arrow keys before they reach a list.
    const keepKeys = (event) => {
      if (event.target === size || event.target === rate) event.stopPropagation();
    };
    window.addEventListener("keydown", keepKeys, true);

    show(false);
    if (!base) {
      button.disabled = true;
      note.textContent = "This page is not JupyterLab: its camera cannot be used here. A " +
        "simulated camera goes on.";
    } else if (model.get("asked")) {
      model.set("asked", false);
      model.save_changes();
      turnOn();
    }
    return () => {
      window.removeEventListener("keydown", keepKeys, true);
      turnOff();
    };
  },
};
