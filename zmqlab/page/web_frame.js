// A web page of a process in a notebook: through jupyter-server-proxy where there is a JupyterLab.
export default {
  render({ model, el }) {
    const own = new URL(model.get("address"));
    const config = document.getElementById("jupyter-config-data");
    let address = own.href;
    if (config) {
      const base = new URL(JSON.parse(config.textContent).baseUrl, location.href);
      address = new URL(`proxy/${own.port}${own.pathname}`, base).href;
    }
    const frame = document.createElement("iframe");
    frame.src = address;
    frame.title = model.get("words");
    frame.style = "width: 100%; box-sizing: border-box; resize: vertical; border: 1px solid #8888";
    frame.style.height = `${model.get("height")}px`;
    const link = document.createElement("a");
    Object.assign(link, { href: address, target: "_blank", rel: "noreferrer" });
    link.style = "color: var(--jp-content-link-color, LinkText); text-decoration: underline";
    link.textContent = "Open it in a tab of its own";
    el.append(...(model.get("height") ? [frame] : []), link);
  },
};
