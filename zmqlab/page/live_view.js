// The live view: pictures over a websocket, painted on a canvas; see live_server.py. Behind
// address.js, and pictures.js of the patterns, which has what is used here and on the web page.

const AGAIN = [1, 2, 4, 8]; // seconds until a connection that is lost is tried again, each time

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
    let opened = false; // one was
    let tries = 0; // since a message came
    let again = null; // the timer of the next one
    let paused = false;
    let owed = []; // painted while paused; telling of them later asks for the next pictures
    let newest = null; // the frame on the canvas
    let middle = 1; // exposure where the slider's middle is, in seconds
    let given = 1; // the camera's, as it last said

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
      if (typeof exposure === "number") {
        given = exposure;
        showExposure(exposure);
      }
      if (news.refused && !label.hidden) { // the slider goes back to where the camera is
        slider.value = Math.log2(given / middle);
        showExposure(given);
      }
    };

    const onPicture = async (from, buffer) => {
      const { about, jpeg } = unpackPicture(buffer);
      await paintPicture(canvas, jpeg, about);
      newest = about.sequence;
      facts.textContent = inWords(about);
      if (from !== socket) return; // that connection is lost, and its credits with it
      if (paused) owed.push(about.sequence);
      else tell(`painted ${about.sequence}`);
    };

    // A picture may be painted, or a button pressed, while there is no connection.
    const tell = (text) => { if (socket.readyState === WebSocket.OPEN) socket.send(text); };

    const connect = (url) => {
      const own = socket = new WebSocket(url.replace(/^http/, "ws") + "stream");
      own.binaryType = "arraybuffer";
      owed = [];
      own.onopen = () => {
        opened = true;
        pause.disabled = save.disabled = false;
      };
      own.onmessage = ({ data }) => {
        // Only now is somebody there: a proxy opens the connection before it knows.
        if (tries) note.textContent = "";
        tries = 0;
        if (typeof data === "string") onText(JSON.parse(data));
        else onPicture(own, data);
      };
      own.onclose = ({ code }) => {
        if (!opened) {
          fallBack(`No connection through jupyter-server-proxy (code ${code}): is it installed?`);
        } else if (tries < AGAIN.length) {
          note.textContent = "The connection is lost; trying again.";
          again = setTimeout(() => connect(url), 1000 * AGAIN[tries]);
          tries += 1;
        } else {
          fallBack("The process behind this view does not answer any more: it has probably " +
            "ended. Run the cell again.");
        }
      };
    };

    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? "Go on" : "Pause";
      if (!paused) for (const sequence of owed.splice(0)) tell(`painted ${sequence}`);
    });
    const savedFrame = async () => {
      const reply = await fetch(`${address(model)}frame.png?sequence=${newest}`);
      if (!reply.ok) throw new Error(`the server answers ${reply.status} ${reply.statusText}`);
      const kind = reply.headers.get("Content-Type");
      if (!kind?.startsWith("image/png")) { // such as a page to log in
        throw new Error(`no PNG came, but ${kind}; reload this page, your login may have expired`);
      }
      return [await reply.blob(), reply.headers.get("Sequence")];
    };
    save.addEventListener("click", async () => {
      const link = document.createElement("a");
      unsaved.textContent = "";
      try {
        const [blob, number] = await savedFrame();
        link.href = URL.createObjectURL(blob);
        link.download = `frame-${number}.png`;
      } catch (error) {
        unsaved.textContent = `The frame was not saved: ${error.message}.`;
        return;
      }
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
    slider.addEventListener("input", () => showExposure(middle * 2 ** slider.value));
    slider.addEventListener("change", () => {
      tell(JSON.stringify({ set: { exposure: middle * 2 ** slider.value } }));
    });

    // JupyterLab would take the arrow keys before they reach the slider.
    const keepKeys = (event) => { if (event.target === slider) event.stopPropagation(); };
    window.addEventListener("keydown", keepKeys, true);

    const url = address(model);
    if (url) connect(url);
    else fallBack("This page is not JupyterLab, so nothing moves here.");
    return () => {
      window.removeEventListener("keydown", keepKeys, true);
      clearTimeout(again);
      if (!socket) return;
      socket.onclose = null;
      socket.close();
    };
  },
};
