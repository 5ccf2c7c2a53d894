// The panel of one process: a line of state with a Stop button, its sockets, and its output.
function element(tag, name, parent) {
  const made = document.createElement(tag);
  made.className = name;
  parent.append(made);
  return made;
}

// Show a text line by line, each in a node that stays as long as its line does: what a reader has
// selected stays so, and a screen reader reads only what is new.
function showLines(log, text) {
  const lines = text.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const shown = Array.from(log.childNodes, (node) => node.data);
  // How many have fallen out at the top; the last one may have been half a line.
  let out = 0;
  const fits = () => shown.length - out <= lines.length &&
    shown.slice(out, -1).every((line, number) => line === lines[number]);
  while (!fits()) out += 1;
  for (let number = 0; number < out; number++) log.firstChild.remove();
  const last = log.lastChild;
  const is = lines[shown.length - out - 1];
  if (last && is.startsWith(last.data)) last.appendData(is.slice(last.data.length));
  else if (last) last.data = is;
  log.append(...lines.slice(shown.length - out));
}

export default {
  render({ model, el }) {
    const panel = element("section", "zmqlab-panel", el);
    const head = element("div", "zmqlab-head", panel);
    const name = element("strong", "zmqlab-name", head);
    const state = element("span", "zmqlab-state", head);
    const facts = element("span", "zmqlab-facts", head);
    const stop = element("button", "zmqlab-stop", head);
    const sockets = element("div", "zmqlab-sockets", panel);
    const more = element("div", "zmqlab-left-out", panel);
    const leftOut = element("div", "zmqlab-left-out", panel);
    const log = element("pre", "zmqlab-log", panel);
    log.setAttribute("role", "log");
    log.tabIndex = 0;
    stop.setAttribute("aria-disabled", false);
    let slow = null; // goes off when a kernel that is busy keeps the learner waiting
    stop.addEventListener("click", () => {
      // Not disabled: that would take the focus away.
      if (stop.getAttribute("aria-disabled") === "true") return;
      stop.setAttribute("aria-disabled", true);
      stop.textContent = "Stopping…";
      slow = setTimeout(() => { stop.textContent = "Stopping, once the kernel is free…"; }, 1000);
      model.send("stop");
    });
    const heard = () => {
      clearTimeout(slow);
      stop.textContent = "Stopping…";
    };

    // Follow the end, unless the reader has scrolled away from it. What is out of sight has no size.
    let follow = true;
    const toEnd = () => { if (follow) log.scrollTop = log.scrollHeight; };
    log.addEventListener("scroll", () => {
      if (log.clientHeight) follow = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    });
    new ResizeObserver(toEnd).observe(log);

    // The kernel has gone, and with it the process.
    let orphan = el.closest(".jupyter-widgets-disconnected") !== null;
    const draw = () => {
      const going = /^(starting|running)/.test(model.get("state"));
      const text = orphan && going ? "ended with its kernel" : model.get("state");
      const kind = text.split(/[ ,]/)[0]; // starting, running, ended, stopped, failed
      const sign = { starting: "◌", running: "●", ended: "■", stopped: "■", failed: "✕" }[kind];
      panel.dataset.state = kind;
      panel.setAttribute("aria-label", `process ${model.get("name")}, ${text}`);
      log.setAttribute("aria-label", `output of ${model.get("name")}`);
      name.textContent = model.get("name");
      state.textContent = `${sign} ${text}`;
      facts.textContent = model.get("facts");
      stop.hidden = orphan || !going;
      if (stop.getAttribute("aria-disabled") === "false") stop.textContent = "Stop";
      // Those that are there stay, open or folded.
      const told = model.get("sockets");
      while (sockets.childElementCount > told.length) sockets.lastElementChild.remove();
      told.forEach(([line, story], number) => {
        const folded = sockets.children[number] || element("details", "zmqlab-socket", sockets);
        if (!folded.firstChild) { element("summary", "", folded); element("pre", "", folded); }
        const [head, body] = folded.children;
        if (head.textContent !== line) head.textContent = line;
        if (body.textContent !== story) body.textContent = story;
      });
      more.textContent = model.get("more");
      leftOut.textContent = model.get("left_out");
      if (log.textContent !== model.get("log")) {
        showLines(log, model.get("log"));
        toEnd();
      }
    };
    const names = ["name", "state", "facts", "sockets", "more", "left_out", "log"];
    for (const trait of names) model.on(`change:${trait}`, draw);
    model.on("change:stopping", heard);
    // JupyterLab's widgets tell of this when their kernel restarts, and never take it back.
    const orphaned = () => { orphan = true; draw(); };
    model.on("comm_live_update", orphaned);
    draw();
    return () => {
      clearTimeout(slow);
      for (const trait of names) model.off(`change:${trait}`, draw);
      model.off("change:stopping", heard);
      model.off("comm_live_update", orphaned);
    };
  },
};
