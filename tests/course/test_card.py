"""The card prints on one sheet."""

from helpers.minutes import NOTEBOOKS
from nbconvert import HTMLExporter


def test_one_sheet(browser, tmp_path):
    page_text, _ = HTMLExporter().from_filename(str(NOTEBOOKS / "card.ipynb"))
    file = tmp_path / "card.html"
    file.write_text(page_text, encoding="utf-8")
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.goto(file.as_uri(), wait_until="domcontentloaded")
        sheets = page.pdf(format="A4", prefer_css_page_size=True)
    assert sheets.count(b"/Type /Page\n") == 1, "the card takes more than one sheet"
