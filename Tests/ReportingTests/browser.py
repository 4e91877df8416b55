"""Opens HTML files in headless Chromium, at desktop and phone widths, light and dark, and fails if anything overflows,
complains, or leaves the file.

    python3 browser.py [--chromium PATH] [--screenshots FOLDER] [--pdf FOLDER] FILE…

Standard library only: Chromium is driven by the DevTools protocol over a pipe (its file descriptors 3 and 4).
"""

import argparse
import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

WIDTHS = [(1280, 900, False), (390, 844, True)]
SCHEMES = ["light", "dark"]

# What is wrong with the page as laid out; runs in the page.
CHECKS = """(() => {
  const problems = [];
  const root = document.documentElement;
  // Not the window's own width: a phone's window zooms out for a page that is too wide.
  const width = WIDTH;
  if (root.scrollWidth > width) problems.push(`the page is ${root.scrollWidth} wide`);
  const scrolls = element => {
    for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
      if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return true;
    return false;
  };
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('svg') && element.tagName !== 'svg') continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || scrolls(element)) continue;
    if (box.right > width + 0.5 || box.left < -0.5)
      problems.push(`<${element.tagName} class="${element.getAttribute('class') || ''}"> reaches from ${box.left} to ${box.right}`);
  }
  for (const text of document.querySelectorAll('svg text, svg rect, svg circle, svg path')) {
    const svg = text.ownerSVGElement.getBoundingClientRect();
    const box = text.getBoundingClientRect();
    if (box.width && (box.left < svg.left - 2 || box.right > svg.right + 2 || box.top < svg.top - 2 || box.bottom > svg.bottom + 2))
      problems.push(`"${text.textContent}" (${text.tagName}) leaves its figure "${text.ownerSVGElement.getAttribute('aria-label')}"`);
  }
  for (const image of document.querySelectorAll('img'))
    if (!image.getAttribute('alt')) problems.push('a picture has no alternative text');
    else if (!image.complete || image.naturalWidth === 0) problems.push(`"${image.alt}" is no picture`);
  for (const figure of document.querySelectorAll('svg')) {
    const title = figure.querySelector(':scope > title');
    const role = figure.querySelector('a') ? 'group' : 'img';
    if (figure.getAttribute('role') !== role) problems.push('a figure has no role');
    if (!figure.getAttribute('aria-label') && !(title && title.textContent)) problems.push('a figure has no alternative text');
  }
  const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (twice.length) problems.push(`ids that come twice: ${twice}`);
  for (const link of document.querySelectorAll('a[href^="#"]'))
    if (!document.getElementById(link.getAttribute('href').slice(1))) problems.push(`${link.href} leads nowhere`);
  if (document.querySelector('script')) problems.push('there is a script');
  return problems.slice(0, 20);
})()"""


class Browser:
    """A Chromium of its own, with a profile of its own."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="kaggle-digits-browser-")
        to_read, self.to_write = os.pipe()
        self.to_read, to_answer = os.pipe()

        def place():
            # By way of high numbers: one of the pipes may lie at 3 or 4 itself.
            high = [os.dup2(to_read, 103), os.dup2(to_answer, 104)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        arguments = [program, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.profile}",
                     "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                     "--disable-dev-shm-usage", "--disable-sync", "--hide-scrollbars", "--mute-audio"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        self.process = subprocess.Popen(arguments + ["about:blank"], preexec_fn=place, close_fds=False,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        os.close(to_read)
        os.close(to_answer)
        self.buffer = b""
        self.number = 0
        self.events = []
        self.session = None

    def close(self):
        try:
            self.call("Browser.close", wait=5)
            self.process.wait(10)
        except Exception:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to_read)
        os.close(self.to_write)
        shutil.rmtree(self.profile, ignore_errors=True)

    def message(self, until):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.to_read], [], [], max(0, until - time.monotonic()))
            part = os.read(self.to_read, 1 << 20) if ready else b""
            if not part:
                raise RuntimeError("Chromium does not answer" if not ready else "Chromium ended")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, wait=60, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session and not method.startswith(("Target.", "Browser.")):
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.to_write, data):]
        until = time.monotonic() + wait
        while True:
            answer = self.message(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer.get("result", {})
            self.events.append(answer)

    def wait_for(self, method, wait=60):
        until = time.monotonic() + wait
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.message(until))

    def open_page(self):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        return target

    def close_page(self, target):
        self.call("Target.closeTarget", targetId=target)
        self.session = None
        self.events = []


def complaints(events, address):
    """What the console said, and what was asked for beyond the file."""
    for event in events:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            yield "exception: " + parameters["exceptionDetails"]["text"]
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            yield "console: " + json.dumps(parameters["args"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            yield "console: " + parameters["entry"]["text"]
        elif method == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            if url != address and not url.startswith("data:"):
                yield "request: " + url[:200]
        elif method == "Network.loadingFailed":
            yield "failed: " + parameters.get("errorText", "")


def check(browser, path, width, height, is_phone, scheme, screenshots):
    address = pathlib.Path(path).resolve().as_uri()
    target = browser.open_page()
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=is_phone)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events = []
    browser.call("Page.navigate", url=address)
    browser.wait_for("Page.loadEventFired")
    problems = []
    for opened in ["false", "true"]:
        browser.call("Runtime.evaluate",
                     expression=f"document.querySelectorAll('details').forEach(one => one.open = {opened})")
        result = browser.call("Runtime.evaluate", expression=CHECKS.replace("WIDTH", str(width)), returnByValue=True)
        if "exceptionDetails" in result:
            problems.append("the checks failed: " + json.dumps(result["exceptionDetails"])[:500])
        problems += result["result"].get("value") or []
        if screenshots and opened == "false":
            size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": width, "height": min(16000, size["height"]), "scale": 1}
            picture = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
            name = f"{pathlib.Path(path).parent.name}-{pathlib.Path(path).stem}-{width}-{scheme}.png"
            (screenshots / name).write_bytes(base64.b64decode(picture["data"]))
    problems += complaints(browser.events, address)
    browser.close_page(target)
    return problems


def print_pdf(browser, path, folder):
    target = browser.open_page()
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.events = []
    browser.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
    browser.wait_for("Page.loadEventFired")
    pdf = browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False, paperWidth=8.27,
                       paperHeight=11.69)
    (folder / f"{pathlib.Path(path).parent.name}.pdf").write_bytes(base64.b64decode(pdf["data"]))
    browser.close_page(target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("--pdf", type=pathlib.Path)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    if not options.chromium:
        sys.exit("Chromium is not installed")
    for folder in [options.screenshots, options.pdf]:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
    found = {}
    browser = Browser(options.chromium)
    try:
        for path in options.files:
            for width, height, is_phone in WIDTHS:
                for scheme in SCHEMES:
                    for problem in check(browser, path, width, height, is_phone, scheme, options.screenshots):
                        found.setdefault(f"{path}: {problem}", []).append(f"{width} {scheme}")
            if options.pdf:
                print_pdf(browser, path, options.pdf)
    finally:
        browser.close()
    for problem, places in found.items():
        print(f"{problem} ({', '.join(dict.fromkeys(places))})")
    print(f"{len(options.files)} files, {len(found)} problems")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
