"""A widget in an empty page of a real browser: what needs no JupyterLab is seen much sooner so."""

from contextlib import contextmanager
from pathlib import Path

import zmqlab

FOLDER = Path(zmqlab.__file__).parent / "page"
# In the page, `change` is what a kernel would do, `sent` what it would hear.
SHOW = """async ([code, values]) => {
    const { default: widget } = await import(URL.createObjectURL(
        new Blob([code], { type: "text/javascript" })));
    const heard = {};
    window.sent = [];
    window.change = (name, value) => { values[name] = value; heard[name]?.forEach(f => f()); };
    window.end = widget.render({ el: document.body, model: {
        get: (name) => values[name],
        send: (message) => sent.push(message),
        on: (event, f) => (heard[event.slice("change:".length)] ??= new Set()).add(f),
        off: (event, f) => heard[event.slice("change:".length)].delete(f),
    } });
}"""


@contextmanager
def open_widget(browser, name, before="", prepare=None, **values):
    """Show `NAME.js` with these values, after other code; at the end fail on errors of the page.

    `prepare` is called with the page before the widget is shown.
    """
    errors = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        page.add_style_tag(path=FOLDER / f"{name}.css")
        if prepare:
            prepare(page)
        page.evaluate(SHOW, [before + (FOLDER / f"{name}.js").read_text("utf-8"), values])
        yield page
        assert not errors


def change(page, name, value):
    """Give the widget another value, as its kernel would."""
    page.evaluate("([name, value]) => change(name, value)", [name, value])
