// The table of a tap: rows come as HTML from the kernel, see capture_table.py.
function element(tag, parent, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  parent.append(made);
  return made;
}

export default {
  render({ model, el }) {
    const view = element("section", el);
    view.className = "zmqlab-tap";
    const frame = element("div", view);
    Object.assign(frame, { className: "zmqlab-tap-rows", tabIndex: 0, role: "region" });
    frame.setAttribute("aria-label", `what passed: ${model.get("words")}`);
    const table = element("table", frame);
    element("caption", table, model.get("words"));
    const heads = element("tr", element("thead", table));
    for (const head of model.get("heads")) element("th", heads, head).scope = "col";
    const body = element("tbody", table);
    const note = element("p", view, "Nothing has passed yet.");

    const add = (news) => {
      const atEnd = frame.scrollTop + frame.clientHeight >= frame.scrollHeight - 4;
      if (news.all) body.replaceChildren();
      body.insertAdjacentHTML("beforeend", news.rows);
      while (body.childElementCount > model.get("most")) body.firstElementChild.remove();
      note.hidden = body.childElementCount > 0;
      if (atEnd) frame.scrollTop = frame.scrollHeight;
    };
    model.on("msg:custom", add);
    model.send("all");
    return () => model.off("msg:custom", add);
  },
};
