// The network map: draws what network_server.py sends, and moves the dots. Positions, paths and
// words are made over there; here is what only a page can do. Behind address.js.

const FEW = 5; // messages a second; below, one dot is one message
const QUICK = 160; // pixels a second of such a dot, or faster, to be there
const LATEST = 1.5; // seconds after it has left
const STEP = 4; // pixels between the points of a path in its table
const SMALLEST = 0.62; // scale at which the words can still be read
const AGAIN = [1, 2, 4, 8]; // seconds until a lost connection is tried again
const STILL = "The map stands still. timeline() in a cell shows such pictures at any time.";
const BUTTONS = [
  ["stop", "Stop", "ask it to stop, as Ctrl-C does"],
  ["kill", "Kill -9", "end it at once: it can tidy up nothing"],
  ["pause", "Pause", "let it stand still (SIGSTOP)"],
  ["resume", "Resume", "let it go on (SIGCONT)"],
  ["dismiss", "Dismiss", "draw it no longer"],
];

function make(tag, name, parent, text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  parent.append(made);
  return made;
}

// Points along a path, STEP pixels apart, so that no frame has to ask for them.
function pointsOf(path) {
  const length = path.getTotalLength();
  const count = Math.max(2, Math.ceil(length / STEP));
  const points = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const { x, y } = path.getPointAtLength((length * i) / (count - 1));
    points[2 * i] = x;
    points[2 * i + 1] = y;
  }
  return { points, length };
}

// What moves along one connection in one direction.
class Stream {
  constructor(backwards) {
    this.backwards = backwards;
    this.count = null;
    this.rate = 0;
    this.phase = 0;
    this.due = []; // when single messages leave
    this.away = []; // when those that are on their way have left
  }

  hear(count, rate, time) {
    const more = this.count === null ? 0 : Math.floor(count) - Math.floor(this.count);
    this.count = count;
    this.rate = rate;
    if (rate >= FEW) return;
    for (let i = 0; i < Math.min(more, FEW); i++) this.due.push(time + (200 * i) / more);
  }

  // Call draw(part of the way) for each dot; return whether there is any.
  move(time, seconds, length, draw) {
    const place = (part) => draw(this.backwards ? 1 - part : part, this.backwards);
    if (this.rate >= FEW) {
      this.due = this.away = [];
      const u = Math.min(1, Math.log10(1 + this.rate / FEW) / 3);
      const dots = Math.round(1 + 7 * u);
      this.phase = (this.phase + ((20 + 100 * Math.sqrt(u)) * seconds) / length) % (1 / dots);
      for (let i = 0; i < dots; i++) place(this.phase + i / dots);
      return true;
    }
    while (this.due.length && this.due[0] <= time) this.away.push(this.due.shift());
    const lasts = 1000 * Math.min(LATEST, length / QUICK);
    this.away = this.away.filter((left) => time - left < lasts);
    for (const left of this.away) place((time - left) / lasts);
    return this.away.length + this.due.length > 0;
  }
}

// The dots, on a canvas over the drawing.
function dotsOn(canvas, drawing, still) {
  const ways = new Map(); // edge: {points, length, streams}
  let running = null;
  let before = 0;
  let scale = 1;
  let visible = true;
  let held = false;

  const frame = (time) => {
    running = null;
    const seconds = Math.min(0.1, (time - before) / 1000);
    before = time;
    const context = canvas.getContext("2d");
    const ratio = canvas.width / parseFloat(canvas.style.width || 1);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(ratio * scale, 0, 0, ratio * scale, 0, 0);
    const colour = getComputedStyle(canvas).color;
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = 1.5;
    const full = new Path2D();
    const hollow = new Path2D();
    let moves = false;
    for (const { points, length, streams } of ways.values()) {
      const draw = (part, backwards) => {
        const at = 2 * Math.round(part * (points.length / 2 - 1));
        const path = backwards ? hollow : full;
        path.moveTo(points[at] + 3.5, points[at + 1]);
        path.arc(points[at], points[at + 1], 3.5, 0, 7);
      };
      for (const stream of streams) {
        if (stream.move(time, seconds, length, draw)) moves = true;
      }
    }
    context.fill(full);
    context.stroke(hollow);
    if (moves) go();
  };
  const go = () => {
    const may = visible && !held && !still.matches;
    if (running === null && may) running = requestAnimationFrame(frame);
  };

  const observer = new IntersectionObserver((entries) => {
    visible = entries.at(-1).isIntersecting;
    before = performance.now();
    go();
  });
  observer.observe(canvas);

  return {
    resize(width, height, by) {
      scale = by;
      const ratio = window.devicePixelRatio || 1;
      canvas.width = width * by * ratio;
      canvas.height = height * by * ratio;
      canvas.style.width = `${width * by}px`;
      canvas.style.height = `${height * by}px`;
      go();
    },
    hold(on) {
      held = on;
      before = performance.now();
      go();
    },
    // The drawing is a new one: streams go on where their connections have stayed.
    adopt() {
      const there = new Set();
      for (const path of drawing.querySelectorAll("path[data-edge]")) {
        const edge = path.dataset.edge;
        const shape = path.getAttribute("d");
        there.add(edge);
        if (ways.get(edge)?.shape === shape) continue;
        const streams = ways.get(edge)?.streams ?? [new Stream(false), new Stream(true)];
        ways.set(edge, { shape, streams, ...pointsOf(path) });
      }
      for (const edge of ways.keys()) if (!there.has(edge)) ways.delete(edge);
    },
    hear(edge, [there, back, rateThere, rateBack]) {
      const way = ways.get(edge);
      if (!way) return;
      const time = performance.now();
      way.streams[0].hear(there, rateThere, time);
      if (back !== null) way.streams[1].hear(back, rateBack, time);
      go();
    },
    end() {
      observer.disconnect();
      visible = false;
      if (running !== null) cancelAnimationFrame(running);
    },
  };
}

export default {
  render({ model, el }) {
    const view = make("section", "zmqlab-network", el);
    // Of its own, for whoever jumps from one to the other; each map has this module to itself.
    globalThis.zmqlabMaps = (globalThis.zmqlabMaps ?? 0) + 1;
    const name = `map ${globalThis.zmqlabMaps}`;
    view.setAttribute("aria-label", name);
    const stage = make("div", "zmqlab-stage", view);
    const drawing = make("div", "zmqlab-drawing", stage);
    const canvas = make("canvas", "zmqlab-dots", stage);
    canvas.setAttribute("aria-hidden", "true");
    const tools = make("div", "zmqlab-acts", stage);
    tools.setAttribute("role", "group");
    tools.hidden = true;
    const bar = make("div", "zmqlab-bar", view);
    const tidy = make("button", "", bar, "Tidy up");
    const pause = make("button", "", bar, "Pause and look");
    pause.title = "let the map stand still, and see the messages of a second in time";
    make("span", "zmqlab-legend", bar,
      "■ bound  ○ connects  ● a message, or many  ◦ back  ✕ in vain. Point at a process, or Tab to "
      + "it, for its last messages; Enter for what can be done to it.");
    const note = make("div", "zmqlab-note", view);
    note.setAttribute("role", "status");
    const timeline = make("figure", "zmqlab-timeline", view);
    timeline.hidden = true;
    const detail = make("div", "zmqlab-detail", view);
    detail.hidden = true;
    const folded = make("details", "zmqlab-table", view);
    make("summary", "", folded, "The same as a table");
    const table = make("div", "", folded);

    const still = matchMedia("(prefers-reduced-motion: reduce)");
    const dots = dotsOn(canvas, drawing, still);
    let socket = null;
    let nodes = {};
    let labels = new Map(); // edge: [rate, queue]
    let chosen = null;
    let asked = 0; // timer of the question about what is pointed at
    let size = null; // of the drawing, in its own pixels

    const send = (order) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(order));
    };
    const scale = () => {
      const room = stage.clientWidth || size[0];
      return Math.max(SMALLEST, Math.min(1, room / size[0]));
    };
    const fit = () => {
      if (size === null) return;
      const by = scale();
      const svg = drawing.querySelector("svg");
      svg.style.width = `${size[0] * by}px`;
      svg.style.height = `${size[1] * by}px`;
      dots.resize(...size, by);
      showTools();
    };

    const buttons = BUTTONS.map(([what, text, title]) => {
      const button = make("button", "", tools, text);
      button.title = title;
      button.dataset.what = what;
      button.addEventListener("click", () => {
        send({ do: what, node: chosen });
        const node = nodes[chosen];
        note.textContent = `${text}: ${node.name}`;
        focusOn(chosen);
      });
      return button;
    });
    const allowed = (node) => {
      if (!node?.ours) return [];
      if (node.ended) return ["dismiss"];
      return ["stop", "kill", node.paused ? "resume" : "pause"];
    };
    const showTools = () => {
      const node = nodes[chosen];
      const may = allowed(node);
      tools.hidden = may.length === 0;
      if (tools.hidden) return;
      for (const button of buttons) button.hidden = !may.includes(button.dataset.what);
      tools.setAttribute("aria-label", `what can be done to ${node.name}`);
      const by = scale();
      const [x, y, , height] = node.box;
      tools.style.left = `${x * by}px`;
      tools.style.top = `${(y + height) * by}px`;
    };
    const groupOf = (id) => [...drawing.querySelectorAll("[data-node]")]
      .find((group) => group.dataset.node === id);
    const focusOn = (id) => groupOf(id)?.focus({ preventScroll: true });
    const choose = (id) => {
      if (id === chosen) return;
      for (const group of drawing.querySelectorAll(".chosen")) group.classList.remove("chosen");
      groupOf(id)?.classList.add("chosen");
      chosen = id;
      showTools();
      clearTimeout(asked);
      asked = setTimeout(() => send({ do: "look", node: id }), 100);
    };
    const nodeAt = (target) => target.closest?.("[data-node]")?.dataset.node;
    drawing.addEventListener("pointerover", ({ target }) => {
      // Under a mouse that rests, too, once it is drawn anew or scrolled; a key may be about to act.
      if (tools.querySelector(":focus-visible")) return;
      const id = nodeAt(target);
      if (id !== undefined) choose(id);
    });
    drawing.addEventListener("focusin", ({ target }) => {
      const id = nodeAt(target);
      if (id !== undefined) choose(id);
    });
    drawing.addEventListener("click", ({ target }) => {
      const id = nodeAt(target);
      if (id !== undefined) focusOn(id);
    });
    // One that is disabled would lose the focus, and with it the keyboard its place.
    const disable = (button, on) => button.setAttribute("aria-disabled", on);
    const disabled = (button) => button.getAttribute("aria-disabled") === "true";
    pause.addEventListener("click", () => {
      if (disabled(pause)) return;
      if (!missed) {
        disable(pause, true);
        note.textContent = "Every process notes its messages now, for a second.";
        send({ do: "trace" });
        return;
      }
      const news = missed;
      missed = null;
      timeline.hidden = true;
      timeline.innerHTML = "";
      pause.textContent = "Pause and look";
      note.textContent = "";
      dots.hold(false);
      show(news);
    });
    tidy.addEventListener("click", () => {
      if (!disabled(tidy)) send({ do: "tidy" });
    });

    // JupyterLab has keys of its own for what is neither a text nor a form, and would take these.
    const keys = (event) => {
      if (!view.contains(event.target)) return;
      if (!["Enter", " ", "Escape", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
      event.stopPropagation();
      const id = nodeAt(event.target);
      if (id !== undefined && (event.key === "Enter" || event.key === " ")) choose(id);
      const there = buttons.filter((button) => !button.hidden && !tools.hidden);
      if (event.key === "Escape") focusOn(chosen);
      else if (id !== undefined && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        there[0]?.focus();
      } else if (tools.contains(event.target) && event.key.startsWith("Arrow")) {
        const step = event.key === "ArrowRight" ? 1 : -1;
        const next = there[there.indexOf(event.target) + step];
        next?.focus();
      }
    };
    window.addEventListener("keydown", keys, true);

    const draw = () => {
      const active = document.activeElement ?? view;
      const focused = drawing.contains(active) ? nodeAt(active) : undefined;
      drawing.innerHTML = told.svg; // made and escaped by our own process
      nodes = told.nodes;
      size = [told.width, told.height];
      labels = new Map();
      for (const text of drawing.querySelectorAll("text[data-edge]")) {
        const pair = labels.get(text.dataset.edge) ?? [];
        labels.set(text.dataset.edge, [...pair, text]);
      }
      view.setAttribute("aria-label", `${name}: ${told.words}`);
      if (!(chosen in nodes)) chosen = null;
      groupOf(chosen)?.classList.add("chosen");
      fit();
      dots.adopt();
      if (focused !== undefined) focusOn(focused in nodes ? focused : chosen ?? "");
      else if (tools.contains(active) && (tools.hidden || active.hidden)) focusOn(chosen ?? "");
      if (chosen === null) { detail.hidden = true; tools.hidden = true; }
    };
    const told = {}; // the last of all that has come
    let missed = null; // while the map stands still: the names of what came meanwhile
    const onNews = (news) => {
      if (news.timeline !== undefined) {
        timeline.innerHTML = news.timeline;
        timeline.hidden = false;
        missed = new Set();
        dots.hold(true);
        pause.textContent = "Go on";
        disable(pause, false);
        note.textContent = STILL;
      }
      Object.assign(told, news);
      if (missed) Object.keys(news).forEach((each) => missed.add(each));
      else show(new Set(Object.keys(news)));
    };
    const show = (news) => {
      if (news.has("svg") || news.has("nodes")) draw();
      for (const [edge, flow] of Object.entries(told.flows)) {
        dots.hear(edge, flow);
        (labels.get(edge) ?? []).forEach((text, number) => {
          if (text.textContent !== flow[4 + number]) text.textContent = flow[4 + number];
        });
      }
      if (news.has("table")) table.innerHTML = told.table;
      if (news.has("detail") && told.of === chosen) {
        detail.innerHTML = told.detail;
        detail.hidden = told.detail === "";
      }
      if (news.has("note")) note.textContent = told.note;
    };

    const rest = (why) => { // nobody is there who could be asked for anything
      note.textContent = why;
      dots.hold(true);
      for (const button of [tidy, pause]) disable(button, true);
      if (tools.contains(document.activeElement)) focusOn(chosen);
      nodes = {};
      showTools();
    };
    const goOn = () => {
      note.textContent = missed ? STILL : "";
      dots.hold(missed !== null);
      for (const button of [tidy, pause]) disable(button, false);
      nodes = told.nodes;
      showTools();
      if (chosen !== null) send({ do: "look", node: chosen });
    };
    const fallBack = (why) => {
      rest(`${why} What you see is a still picture.`);
      if (!drawing.firstChild) {
        drawing.innerHTML = model.get("still");
        folded.hidden = bar.hidden = true;
      }
    };
    let opened = false;
    let attempts = 0; // since something was heard
    let again = 0; // timer of the next
    const connect = (url) => {
      socket = new WebSocket(url);
      socket.onopen = () => { opened = true; };
      socket.onmessage = ({ data }) => {
        onNews(JSON.parse(data));
        if (attempts) goOn();
        attempts = 0; // not before: a proxy opens although nobody is there any more
      };
      socket.onclose = ({ code }) => {
        if (!opened) {
          fallBack(`No connection through jupyter-server-proxy (code ${code}).`);
        } else if (told.svg === undefined || attempts === AGAIN.length) {
          fallBack(
            "The kernel of this map has ended, or cannot be reached. Run the cells again.",
          );
        } else {
          rest("The connection to this map's kernel is lost, and is being tried again.");
          again = setTimeout(() => connect(url), 1000 * AGAIN[attempts]);
          attempts += 1;
        }
      };
    };
    const watcher = new ResizeObserver(() => fit());
    watcher.observe(stage);
    const url = address(model)?.replace(/^http/, "ws");
    if (url) connect(`${url}stream`);
    else fallBack("This page is not JupyterLab, so nothing moves here.");
    return () => {
      window.removeEventListener("keydown", keys, true);
      watcher.disconnect();
      dots.end();
      clearTimeout(asked);
      clearTimeout(again);
      if (!socket) return;
      socket.onclose = null;
      socket.close();
    };
  },
};
