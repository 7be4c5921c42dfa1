"""Looks at TensorBoard's tabs with headless Chromium, checks that a run's views are there, and keeps pictures of them.

Run         python docs/screenshots.py runs/finetune_classifier/logs --tabs images pr_curves text
Needs       pip install playwright, and a Chromium: --chromium names it
Boards too  other tabs: a line in `TABS`
"""

import argparse
import contextlib
import io
import pathlib
import socket
import subprocess
import sys

from PIL import Image
from playwright.sync_api import Page, sync_playwright

# Of each tab what shows that its content is there: an element, and a text beside it.
TABS = {
    "scalars": ("vz-line-chart2, .lines, line-chart", "calibration/ece"),
    "images": ("tf-image-loader img", "confusion_matrix"),
    "pr_curves": ("tf-pr-curve-card path", "precision_recall"),
    "text": ("tf-text-loader table", "worst"),
    "spans": ("tf-text-loader table", "invented ✗"),
}
ADDRESSES = {"spans": "text"}  # what is a part of another tab
PATIENCE = 240_000  # milliseconds, on a busy machine


@contextlib.contextmanager
def tensorboard(log_dir: pathlib.Path):
    """Serve a folder; the address of its pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", log_dir, "--port", str(port), "--load_fast=false"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def picture_of(page: Page, address: str, tab: str) -> Image.Image:
    """Open a tab, wait for what must be there, and photograph it.

    Raises:
        TimeoutError: If it does not come, of playwright.
    """
    element, text = TABS[tab]
    for _ in range(PATIENCE // 1000):
        with contextlib.suppress(Exception):  # the server is not up yet
            page.goto(f"{address}#{ADDRESSES.get(tab, tab)}")
            break
        page.wait_for_timeout(1000)
    page.reload()  # from one tab's address to another's nothing is loaded
    page.locator(element).first.wait_for(state="attached", timeout=PATIENCE)
    page.get_by_text(text).first.wait_for(timeout=PATIENCE)
    if element.endswith("img"):
        page.wait_for_function("image => image.naturalWidth > 0", arg=page.locator(element).first.element_handle())
    page.wait_for_timeout(2000)  # panes slide open
    return Image.open(io.BytesIO(page.screenshot()))


def main() -> None:
    """Keep a picture of each tab that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=pathlib.Path, help="folder of event files")
    parser.add_argument("--tabs", nargs="+", choices=TABS, default=["images", "pr_curves", "text"])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent / "images")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--size", type=int, nargs=2, default=(1000, 720), help="width and height of the window")
    options = parser.parse_args()
    options.output.mkdir(exist_ok=True)
    width, height = options.size
    with tensorboard(options.logs) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        for tab in options.tabs:
            path = options.output / f"tensorboard-{tab.replace('_', '-')}.png"
            picture_of(page, address, tab).convert("RGB").quantize(64).save(path, optimize=True)
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
