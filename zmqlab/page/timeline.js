// The timeline: Python has drawn it (timeline_drawing.py); here it is zoomed, moved and read.
const NEAR = 12; // pixels from the pointer to an arrow that it means
const HINT =
  "Point at an arrow to read its message. Keys: + and − zoom, arrows step from message to " +
  "message, with Shift they move, 0 shows all. Or drag, and zoom with Ctrl and the wheel.";

function element(tag, name, parent, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  parent.append(made);
  return made;
}

function outline(x1, y1, x2, y2, end) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const path = `M${x1} ${y1}L${x2} ${y2}`;
  if (end === "circle") return `${path}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0`;
  if (end === "cross") return `${path}m-5 -5l10 10m-10 0l10 -10`;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  if (end === "bar") return `${path}m${6 * sin} ${-6 * cos}l${-12 * sin} ${12 * cos}`;
  return [-0.45, 0.45].reduce((whole, turn) => {
    const [x, y] = [x2 - 9 * Math.cos(angle + turn), y2 - 9 * Math.sin(angle + turn)];
    return `${whole}M${x} ${y}L${x2} ${y2}`;
  }, path);
}

function axisOf(start, span, place, left, right, y, top) {
  const power = 10 ** Math.floor(Math.log10(span / 6));
  const step = power * [1, 2, 5, 10].find((each) => span / 6 <= each * power * 1.0001);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  let marks = "";
  for (let number = Math.ceil(start / step); number * step <= start + span; number += 1) {
    const x = place(number * step).toFixed(1);
    marks += `<path d="M${x} ${top}V${y + 5}" stroke="currentColor" opacity="0.15"/>` +
      `<text x="${x}" y="${y + 18}" text-anchor="middle" fill="currentColor">` +
      `${(number * step).toFixed(digits)}</text>`;
  }
  return `${marks}<path d="M${left} ${y}H${right}" stroke="currentColor"/>` +
    `<text x="${(left + right) / 2}" y="${y + 36}" text-anchor="middle" fill="currentColor">ms</text>`;
}

// Let a drawn timeline be zoomed, moved and read; `tell` shows what is said of a message. `plot`
// outlives the drawing, so what it listens to ends with `signal`.
function bringToLife(plot, tell, signal) {
  const svg = plot.querySelector("svg");
  const axis = svg.querySelector(".zmqlab-axis");
  const [left, right, whole] = ["left", "right", "span"].map((name) => Number(svg.dataset[name]));
  const arrows = [...svg.querySelectorAll(".zmqlab-messages path")].map((path) => ({
    path,
    from: path.dataset.from.split(" ").map(Number),
    to: path.dataset.to.split(" ").map(Number),
    text: path.querySelector("title").textContent,
  }));
  for (const { path } of arrows) path.querySelector("title").remove(); // it is told below
  let [start, span, chosen] = [0, whole, -1];

  const place = (time) => left + ((time - start) / span) * (right - left);
  const draw = () => {
    for (const each of arrows) {
      const [one, two] = [each.from, each.to].map(([time, aside, y]) => [place(time) + aside, y]);
      each.ends = [...one, ...two];
      each.path.setAttribute("d", outline(...each.ends, each.path.dataset.end));
    }
    axis.innerHTML = axisOf(start, span, place, left, right, Number(axis.dataset.y), 34);
  };
  const show = (newStart, newSpan) => {
    span = Math.min(whole, Math.max(newSpan, whole / 1e5, 0.002));
    start = Math.min(whole - span, Math.max(0, newStart));
    draw();
  };
  const choose = (number) => {
    arrows[chosen]?.path.classList.remove("zmqlab-chosen");
    chosen = number;
    arrows[chosen]?.path.classList.add("zmqlab-chosen");
    tell(arrows[chosen]?.text ?? HINT);
  };
  const step = (by) => {
    choose(Math.min(arrows.length - 1, Math.max(0, chosen + by)));
    const time = arrows[chosen].from[0];
    if (time < start || time > start + span) show(time - span / 2, span);
  };
  const zoom = (factor, time = start + span / 2) =>
    show(time - (time - start) / factor, span / factor);
  const acts = {
    in: () => zoom(2), out: () => zoom(0.5), all: () => show(0, whole),
    earlier: () => show(start - span / 4, span), later: () => show(start + span / 4, span),
    next: () => step(1), previous: () => step(-1),
  };

  // Where the pointer is, in pixels of the drawing.
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };
  const distance = ([x, y], [x1, y1, x2, y2]) => {
    const [dx, dy] = [x2 - x1, y2 - y1];
    const along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1);
    const t = Math.min(1, Math.max(0, along));
    return Math.hypot(x - x1 - t * dx, y - y1 - t * dy);
  };
  let dragged = null;
  plot.addEventListener("pointermove", (event) => {
    const point = at(event);
    if (dragged) {
      show(dragged.start - ((point[0] - dragged.x) / (right - left)) * span, span);
      return;
    }
    let [nearest, found] = [NEAR, -1];
    arrows.forEach((each, number) => {
      const far = distance(point, each.ends);
      if (far < nearest) [nearest, found] = [far, number];
    });
    if (found >= 0 && found !== chosen) choose(found);
  }, { signal });
  plot.addEventListener("pointerdown", (event) => {
    dragged = { x: at(event)[0], start };
    plot.setPointerCapture(event.pointerId);
  }, { signal });
  for (const name of ["pointerup", "pointercancel"]) {
    plot.addEventListener(name, () => { dragged = null; }, { signal });
  }
  plot.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // without, the wheel moves the page
    event.preventDefault();
    const time = start + ((at(event)[0] - left) / (right - left)) * span;
    zoom(event.deltaY < 0 ? 1.25 : 0.8, time);
  }, { passive: false, signal });
  plot.addEventListener("keydown", (event) => {
    const moved = event.shiftKey ? ["earlier", "later"] : ["previous", "next"];
    const keys = { "+": "in", "=": "in", "-": "out", 0: "all", ArrowLeft: moved[0], ArrowRight: moved[1] };
    if (!(event.key in keys) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    acts[keys[event.key]]();
  }, { signal });
  draw();
  tell(HINT);
  return acts;
}

export default {
  render({ model, el }) {
    const figure = element("figure", "zmqlab-timeline", el);
    figure.dataset.lmSuppressShortcuts = "true"; // JupyterLab's own keys rest here
    const tools = element("div", "zmqlab-tools", figure);
    const plot = element("div", "zmqlab-plot", figure);
    const told = element("div", "zmqlab-told", figure);
    const more = element("div", "", figure);
    told.setAttribute("role", "status");
    Object.assign(plot, { tabIndex: 0 });
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", "messages in time; the arrow keys step from one to the next");
    let acts = {};
    let listening = new AbortController();
    const buttons = {
      in: ["+", "zoom in"], out: ["−", "zoom out"], earlier: ["◀", "move to earlier"],
      later: ["▶", "move to later"], all: ["All", "show all"],
    };
    const zooming = Object.entries(buttons).map(([act, [sign, words]]) => {
      const button = element("button", "", tools, sign);
      button.setAttribute("aria-label", words);
      button.title = words;
      button.addEventListener("click", () => acts[act]?.());
      return button;
    });
    const stop = element("button", "", tools, "Stand still");
    let held = false; // until the kernel, which may be busy, has heard that it is to stand still
    stop.addEventListener("click", () => {
      held = true;
      model.send("stop");
    });

    const tell = (text) => { // a screen reader reads it out again whenever it is set
      if (told.textContent !== text) told.textContent = text;
    };
    const showTools = () => {
      const nothing = !plot.firstChild;
      const live = model.get("live");
      if (!live && document.activeElement === stop) plot.focus({ preventScroll: true });
      for (const button of zooming) button.hidden = nothing;
      stop.hidden = !live;
      tools.hidden = nothing && !live;
    };
    const draw = () => {
      if (held) return;
      const open = more.querySelector("details")?.open;
      const focused = more.contains(document.activeElement);
      const parsed = new DOMParser().parseFromString(model.get("html"), "text/html");
      const svg = parsed.querySelector("svg");
      listening.abort();
      listening = new AbortController();
      plot.replaceChildren(...(svg ? [svg] : []));
      more.replaceChildren(...parsed.body.children);
      const details = more.querySelector("details");
      if (open && details) details.open = true;
      if (focused) more.querySelector("summary")?.focus({ preventScroll: true });
      plot.hidden = told.hidden = !svg;
      acts = svg ? bringToLife(plot, tell, listening.signal) : {};
      showTools();
    };
    const change = () => {
      if (!model.get("live")) held = false;
      showTools();
    };
    model.on("change:html", draw);
    model.on("change:live", change);
    draw();
    change();
    return () => {
      listening.abort();
      model.off("change:html", draw);
      model.off("change:live", change);
    };
  },
};
