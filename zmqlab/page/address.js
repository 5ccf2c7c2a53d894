// Where jupyter-server-proxy shows the port of a widget's process, or null outside JupyterLab.
function address(model) {
  const page = document.getElementById("jupyter-config-data");
  if (!page) return null;
  const base = new URL(JSON.parse(page.textContent).baseUrl, location.href);
  return new URL(`proxy/${model.get("port")}/${model.get("token")}/`, base).href;
}
