"""Looks at TensorBoard's tabs with headless Chromium, checks that what a run wrote is there, and keeps pictures.

Run         python docs/screenshots.py runs/finetune_classifier/logs --tabs images attention projector histograms
Checked     each name that the event files have for a tab; that a picture is drawn, as large as it was written; each
            number and label in the cells of a table; the tensors of the projector, and how many points it has read
Needs       pip install playwright, and a Chromium: --chromium names it
Boards too  other tabs: a line in `TABS`
"""

import argparse
import contextlib
import dataclasses
import io
import pathlib
import re
import socket
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.util.tensor_util import make_ndarray

PATIENCE = 240_000  # milliseconds, on a busy machine


@dataclasses.dataclass(frozen=True)
class Tab:
    """What to photograph."""

    address: str  # TensorBoard's name of the tab
    plugin: str  # and of what it shows, in the event files
    tags: str = ""  # regular expression of what is shown: no more than a page has
    element: str = ""  # what draws each of them
    height: int = 720  # of the window
    is_clicked: bool = False  # whether a picture is shown in its own size


TABS = {
    "images": Tab("images", "images", "confusion_matrix|calibration/reliability", "tf-image-loader img", 1240),
    "attention": Tab("images", "images", "attention/.*/sentence_1", "tf-image-loader img", 620),
    "pr_curves": Tab("pr_curves", "pr_curves", "precision_recall", "tf-pr-curve-card path", 640),
    "text": Tab("text", "text", "examples/surest_wrong", "tf-text-loader table"),
    "spans": Tab("images", "images", "spans_in_colour", "tf-image-loader img", 700, is_clicked=True),
    "histograms": Tab("histograms", "histograms", "gradients/", "vz-histogram-timeseries path"),
    "distributions": Tab("distributions", "histograms", "activations/", "vz-distribution-chart path"),
    "projector": Tab("projector", "", height=640),
}


def newest(logs: pathlib.Path, tab: Tab) -> dict[str, np.ndarray]:
    """Return what the event files have last of each of the tab's tags: {tag: tensor}."""
    plugins, found = {}, {}
    for path in sorted(logs.rglob("events.*")):
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                plugin = value.metadata.plugin_data.plugin_name or plugins.get((path, value.tag))
                plugins[path, value.tag] = plugin
                is_newer = event.step >= found.get(value.tag, (-1, None))[0]
                if plugin == tab.plugin and re.search(tab.tags, value.tag) and is_newer:
                    found[value.tag] = event.step, make_ndarray(value.tensor)
    if not found:
        raise ValueError(f"Expected {tab.plugin} called {tab.tags} below {logs}, found none.")
    return {tag: value for tag, (_, value) in found.items()}


def look_at_cards(page: Page, logs: pathlib.Path, tab: Tab) -> None:
    """Filter a tab by its tags, and check what they show."""
    shown = newest(logs, tab)
    page.locator("tf-tag-filterer input").first.fill(tab.tags)
    matching = page.locator("tf-category-paginated-view").filter(has_text="Tags matching").first  # others are below
    for tag, value in shown.items():
        expect(matching.get_by_text(tag, exact=True).first).to_be_visible()
        if tab.plugin == "text":
            for cell in re.findall("<pre>(.*?)</pre>", value.item().decode()):
                expect(matching.locator(f"{tab.element} pre").get_by_text(cell, exact=True).first).to_be_attached()
    drawn = matching.locator(tab.element)
    expect(drawn.nth(len(shown) - 1)).to_be_attached()
    if tab.plugin == "images":
        expect(drawn).to_have_count(len(shown))
        widths = sorted(int(value[0]) for value in shown.values())
        drawn.evaluate_all("images => Promise.all(images.map(image => image.decode()))")
        received = sorted(drawn.evaluate_all("images => images.map(image => image.naturalWidth)"))
        assert received == widths, f"expected pictures of {widths} pixels, received {received}"
        if tab.is_clicked:
            drawn.first.click()
    elif tab.plugin != "text":
        assert any("L" in (path or "") for path in drawn.evaluate_all("all => all.map(path => path.getAttribute('d'))"))


def look_at_points(page: Page, logs: pathlib.Path, tab: Tab) -> None:
    """Show the sentences' last tensor in the projector, by their labels' colours, and check all tensors' names."""
    from google.protobuf import text_format

    (path,) = logs.rglob("projector_config.pbtxt")
    config = text_format.Parse(path.read_text(), ProjectorConfig())
    names = {entry.tensor_name: entry.tensor_shape for entry in config.embeddings}
    frame = page.frame_locator("iframe").frame_locator("iframe")  # the plugin's page in the tab's own
    panel = frame.locator("vz-projector-data-panel")
    for name in names:
        expect(panel.locator("paper-item", has_text=re.compile(rf"^\s*{name}\s")).first).to_be_attached()
    last = [name for name in names if name.startswith("sentences/")][-1]
    panel.evaluate("(panel, name) => { panel.selectedTensor = name }", last)
    points, width = names[last]
    read = frame.get_by_text(re.compile(rf"Points:\s*{points}")).first
    expect(read).to_be_visible()
    expect(frame.get_by_text(re.compile(rf"Dimension:\s*{width}")).first).to_be_visible()
    panel.evaluate("panel => { panel.selectedColorOptionName = 'label' }")
    page.wait_for_timeout(5000)  # the points find their places


@contextlib.contextmanager
def tensorboard(log_dir: pathlib.Path) -> Iterator[str]:
    """Serve a folder; the address of its pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", log_dir.name, "--port", str(port)]
    command += ["--load_fast=false"]
    folder = log_dir.resolve().parent  # the page says where the logs are: their name will do
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def picture_of(page: Page, address: str, logs: pathlib.Path, tab: Tab) -> Image.Image:
    """Open a tab, wait for what must be there, and photograph it.

    Raises:
        AssertionError: If it does not come.
    """
    for _ in range(PATIENCE // 1000):
        with contextlib.suppress(Exception):  # the server is not up yet
            page.goto(f"{address}#{tab.address}")
            break
        page.wait_for_timeout(1000)
    page.reload()  # from one tab's address to another's nothing is loaded
    (look_at_points if tab.address == "projector" else look_at_cards)(page, logs, tab)
    page.wait_for_timeout(2000)  # panes slide open
    return Image.open(io.BytesIO(page.screenshot()))


def main() -> None:
    """Keep a picture of each tab that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=pathlib.Path, help="folder of event files")
    parser.add_argument("--tabs", nargs="+", choices=TABS, default=["images", "pr_curves", "text"])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent / "images")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--width", type=int, default=1000, help="of the window")
    options = parser.parse_args()
    options.output.mkdir(exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    # The latter for WebGL without a graphics card, which the projector draws with.
    arguments = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
    with tensorboard(options.logs) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=arguments)
        for name in options.tabs:
            tab, path = TABS[name], options.output / f"tensorboard-{name.replace('_', '-')}.png"
            page = browser.new_page(viewport={"width": options.width, "height": tab.height})
            page.set_default_timeout(PATIENCE)
            picture_of(page, address, options.logs, tab).convert("RGB").quantize(160).save(path, optimize=True)
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
