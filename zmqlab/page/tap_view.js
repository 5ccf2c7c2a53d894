// The table of a tap: rows come as HTML from the kernel, see capture_table.py.
function element(tag, parent, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  parent.append(made);
  return made;
}

// One of these for each tap in the page; it may be shown several times, or later.
export default () => {
  const rows = [];
  const views = new Set(); // functions that show what is new

  return {
    initialize({ model }) {
      const add = (news) => {
        if (news.all) rows.length = 0;
        rows.push(...news.rows);
        rows.splice(0, rows.length - model.get("most"));
        for (const show of views) show(news);
      };
      model.on("msg:custom", add);
      model.send("all"); // what came before this page was there; a kernel that is busy answers later
      return () => model.off("msg:custom", add);
    },

    render({ model, el }) {
      const view = element("section", el);
      view.className = "zmqlab-tap";
      const frame = element("div", view);
      Object.assign(frame, { className: "zmqlab-tap-rows", tabIndex: 0, role: "group" });
      frame.setAttribute("aria-label", `what passed: ${model.get("words")}`);
      const table = element("table", frame);
      element("caption", table, model.get("words"));
      const heads = element("tr", element("thead", table));
      for (const head of model.get("heads")) element("th", heads, head).scope = "col";
      const body = element("tbody", table);
      const note = element("p", view, "Nothing has passed yet.");

      const show = (news) => {
        const atEnd = frame.scrollTop + frame.clientHeight >= frame.scrollHeight - 4;
        if (news.all) body.replaceChildren();
        body.insertAdjacentHTML("beforeend", news.rows.join(""));
        while (body.childElementCount > model.get("most")) body.firstElementChild.remove();
        note.hidden = body.childElementCount > 0;
        if (atEnd && frame.scrollTop > 0) frame.scrollTop = frame.scrollHeight;
      };
      show({ rows });
      views.add(show);
      return () => views.delete(show);
    },
  };
};
