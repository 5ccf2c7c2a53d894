// The live view: pictures over a websocket, painted on a canvas; see live_server.py. Behind
// address.js, and pictures.js of the patterns, which has what is used here and on the web page.

export default {
  render({ model, el }) {
    const view = element("section", "zmqlab-live", el);
    const canvas = element("canvas", "zmqlab-canvas", view);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", model.get("words"));
    const bar = element("div", "zmqlab-bar", view);
    const pause = element("button", "zmqlab-pause", bar, "Pause");
    const save = element("button", "zmqlab-save", bar, "Save this frame");
    const label = element("label", "zmqlab-exposure", bar, "exposure ");
    const slider = element("input", "", label);
    const value = element("span", "zmqlab-value", label);
    const facts = element("span", "zmqlab-facts", bar);
    const caption = "left the frame, right its spectrum: fx and fy from −0.5 to 0.5 cycles per pixel";
    if (model.get("words").includes("spectrum")) element("small", "", view, caption);
    const note = element("div", "zmqlab-note", view);
    note.setAttribute("role", "status");
    const unsaved = element("div", "", view); // not in the note, which the process fills anew
    unsaved.setAttribute("role", "status");
    Object.assign(slider, { type: "range", min: -2, max: 2, step: 0.05 });
    label.hidden = true;
    pause.disabled = save.disabled = true;

    let socket = null;
    let paused = false;
    let owed = []; // painted while paused; telling of them later asks for the next pictures
    let newest = null; // the frame on the canvas
    let middle = 1; // exposure where the slider's middle is, in seconds

    const fallBack = async (why) => {
      note.textContent = `${why} What you see is a still picture.`;
      pause.disabled = save.disabled = true;
      label.hidden = true;
      if (newest === null && model.get("still").byteLength) {
        await paintPicture(canvas, new Blob([model.get("still")], { type: "image/jpeg" }));
      }
    };

    const showExposure = (seconds) => {
      value.textContent = ` ${milliseconds(seconds)}`;
    };

    const onText = (news) => {
      if (news.note !== undefined) note.textContent = news.note;
      const exposure = news.settings?.exposure;
      if (typeof exposure === "number" && label.hidden) {
        middle = exposure;
        slider.value = 0;
        label.hidden = false;
      }
      if (typeof exposure === "number") showExposure(exposure);
    };

    const onPicture = async (buffer) => {
      const { about, jpeg } = unpackPicture(buffer);
      await paintPicture(canvas, jpeg, about);
      newest = about.sequence;
      facts.textContent = inWords(about);
      if (paused) owed.push(about.sequence);
      // A picture may be painted after the process behind it has ended.
      else if (socket.readyState === WebSocket.OPEN) socket.send(`painted ${about.sequence}`);
    };

    const connect = (url) => {
      socket = new WebSocket(url.replace(/^http/, "ws") + "stream");
      socket.binaryType = "arraybuffer";
      socket.onopen = () => { pause.disabled = save.disabled = false; };
      socket.onmessage = ({ data }) => {
        if (typeof data === "string") onText(JSON.parse(data));
        else onPicture(data);
      };
      socket.onclose = ({ code }) => fallBack(
        pause.disabled
          ? `No connection through jupyter-server-proxy (code ${code}): is it installed?`
          : "The process behind this view has ended. Run the cell again.");
    };

    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? "Go on" : "Pause";
      if (!paused) for (const sequence of owed.splice(0)) socket.send(`painted ${sequence}`);
    });
    const savedFrame = async () => {
      const reply = await fetch(address(model) + "frame.png");
      if (!reply.ok) throw new Error(`the server answers ${reply.status} ${reply.statusText}`);
      const kind = reply.headers.get("Content-Type");
      if (!kind?.startsWith("image/png")) { // such as a page to log in
        throw new Error(`no PNG came, but ${kind}; reload this page, your login may have expired`);
      }
      return reply.blob();
    };
    save.addEventListener("click", async () => {
      const link = document.createElement("a");
      unsaved.textContent = "";
      try {
        link.href = URL.createObjectURL(await savedFrame());
      } catch (error) {
        unsaved.textContent = `The frame was not saved: ${error.message}.`;
        return;
      }
      link.download = `frame-${newest}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
    slider.addEventListener("input", () => showExposure(middle * 2 ** slider.value));
    slider.addEventListener("change", () => {
      socket.send(JSON.stringify({ set: { exposure: middle * 2 ** slider.value } }));
    });

    // JupyterLab would take the arrow keys before they reach the slider.
    const keepKeys = (event) => { if (event.target === slider) event.stopPropagation(); };
    window.addEventListener("keydown", keepKeys, true);

    const url = address(model);
    if (url) connect(url);
    else fallBack("This page is not JupyterLab, so nothing moves here.");
    return () => {
      window.removeEventListener("keydown", keepKeys, true);
      if (!socket) return;
      socket.onclose = null;
      socket.close();
    };
  },
};
