"""Notebook 11 hears its kernel where Jupyter encrypts, too: keys, signatures, output."""

import nbformat
import pytest
from helpers.minutes import NOTEBOOKS
from ipykernel.kernelapp import IPKernelApp
from nbclient import NotebookClient

CELLS = ["load11", "jupyter-file", "heartbeat", "hear-myself", "signature", "listener", "a-result"]
CELLS += ["heard", "stop11"]


@pytest.mark.parametrize("encryption", ["disabled", "auto"])
def test_the_kernel_is_heard(encryption):
    notebook = nbformat.read(NOTEBOOKS / "11-inside-zeromq.ipynb", as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id in CELLS]
    assert [cell.id for cell in notebook.cells] == CELLS
    where = {"metadata": {"path": str(NOTEBOOKS)}}
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", resources=where)
    kernel = client.create_kernel_manager()
    if hasattr(kernel, "transport_encryption"):
        kernel.transport_encryption = encryption
    elif encryption == "auto":
        pytest.skip("jupyter_client encrypts from 8.9 on")
    if encryption == "auto" and not hasattr(IPKernelApp, "_apply_curve_server_options"):
        pytest.skip("this ipykernel does not")
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
    said = {cell.id: "".join(map(text_of, cell.outputs)) for cell in notebook.cells}
    assert ("curve_publickey" in said["jupyter-file"]) == (encryption == "auto")
    assert "(secret)" in said["jupyter-file"]
    assert said["heartbeat"].startswith("b'alive?'")
    assert '"text":"Can I hear myself?' in said["hear-myself"]
    assert said["signature"].startswith("True False\n")
    assert said["a-result"] == "42"
    code, result = said["heard"].splitlines()[:2]
    assert (code, result) == (
        "execute_input {'code': '6 * 7'} signed: True",
        "execute_result {'data': {'text/plain': '42'}} signed: True",
    )


def text_of(output):
    return output.get("text") or output.get("data", {}).get("text/plain", "")
