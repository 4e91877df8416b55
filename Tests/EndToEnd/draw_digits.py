"""Draws digits on the page of `kaggle-digits serve`, or of `export --to page`, in headless Chromium, by real pointer events, and checks the page.

    python3 draw_digits.py URL STROKES [--chromium PATH] [--screenshots FOLDER] [--seed NUMBER] [--brief]

STROKES has a digit a line, as JSON: {"label": 3, "strokes": [[[x, y], …], …]}. Each is drawn at a random place, in a random
size and slant, fast or slow, with one of the three pens. Prints what came of it as JSON; fails if the page misbehaves.
Standard library only: Chromium is driven as `Tests/ReportingTests/browser.py` does.
"""

import argparse
import base64
import json
import math
import os
import pathlib
import random
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "ReportingTests"))
from browser import Browser  # noqa: E402

SIZES = [(1280, 800, False), (390, 844, True), (320, 640, True), (844, 390, True), (2560, 1300, False)]
PENS = ["thin", "medium", "thick"]

# Names, overflow, contrast and targets, as laid out.
CHECKS = """(() => {
  const problems = [];
  if (document.documentElement.scrollWidth > WIDTH) problems.push(`the page is ${document.documentElement.scrollWidth} wide`);
  const isShown = element => element.offsetParent !== null && getComputedStyle(element).visibility !== 'hidden';
  for (const element of document.querySelectorAll('button, input, a, canvas, [tabindex]')) {
    if (!isShown(element)) continue;
    const name = element.getAttribute('aria-label') || element.textContent.trim() || element.labels?.[0]?.textContent.trim()
      || element.getAttribute('aria-labelledby');
    if (!name) problems.push(`a ${element.tagName} has no name`);
    const box = (element.labels?.[0] ?? element).getBoundingClientRect();
    if (['BUTTON', 'INPUT'].includes(element.tagName) && Math.min(box.width, box.height) < 40)
      problems.push(`"${name}" is ${box.width} by ${box.height}: too small for a finger`);
    if (box.right > WIDTH + 0.5 || box.left < -0.5) problems.push(`"${name}" reaches from ${box.left} to ${box.right}`);
  }
  const number = text => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  for (const element of document.querySelectorAll('p, td, th, h1, h2, button, label, a, figcaption')) {
    if (!isShown(element) || !element.textContent.trim() || element.disabled || element.closest('.hidden')) continue;
    let behind = element, paper = [0, 0, 0, 0];
    while (behind && !(paper = number(getComputedStyle(behind).backgroundColor), paper.length < 4 || paper[3] > 0))
      behind = behind.parentElement;
    const [a, b] = [light(number(getComputedStyle(element).color)), light(paper)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) problems.push(`"${element.textContent.trim().slice(0, 30)}" has contrast ${contrast.toFixed(1)}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
  if (new Set(ids).size < ids.length) problems.push('an id comes twice');
  return problems;
})()"""

SETTLED = """new Promise(done => {
  const look = () => document.getElementById('answer').getAttribute('aria-busy') === 'false'
    ? done({digit: document.getElementById('digit').textContent, state: document.getElementById('answer').dataset.state})
    : setTimeout(look, 2);
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(look, 0)));
})"""


class Page:
    """The page, in a window of some size."""

    def __init__(self, browser, url, width=1280, height=800, is_phone=False, scheme="light"):
        self.browser = browser
        self.width = width
        self.is_phone = is_phone
        self.target = browser.open_page()
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if is_phone else 1,
                     mobile=is_phone)
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.call("Emulation.setTouchEmulationEnabled", enabled=is_phone)
        browser.events = []
        browser.call("Page.navigate", url=url)
        browser.wait_for("Page.loadEventFired")
        self.value("new Promise(done => setTimeout(done, 300))")

    def value(self, expression):
        result = self.browser.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:500])
        return result["result"].get("value")

    def post(self, method, **parameters):
        """Sends without waiting, as a hand does; the answers are taken by the next call."""
        self.browser.number += 1
        request = {"id": self.browser.number, "method": method, "params": parameters, "sessionId": self.browser.session}
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.browser.to_write, data):]

    def place(self):
        self.left, self.top, self.side = self.value(
            "(() => { const box = document.getElementById('board').getBoundingClientRect();"
            " return [box.left, box.top, box.width]; })()")

    def stroke(self, points, lift=True):
        """A stroke through points, which are parts of the board's side."""
        places = [(self.left + x * self.side, self.top + y * self.side) for x, y in points]
        if self.is_phone:
            self.post("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": places[0][0], "y": places[0][1]}])
            for x, y in places[1:]:
                self.post("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": x, "y": y}])
            if lift:
                self.browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
            return
        for kind, (x, y) in [("mousePressed", places[0])] + [("mouseMoved", place) for place in places[1:]]:
            self.post("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
        if lift:
            self.browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=places[-1][0], y=places[-1][1],
                              button="left", buttons=0, clickCount=1)

    def press(self, key, code=None, times=1, text=None):
        for _ in range(times):
            more = {"text": text} if text else {}
            self.browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=code or key, **more)
            self.browser.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code or key)

    def settled(self):
        return self.value(SETTLED)

    def click(self, name):
        self.value(f"document.getElementById('{name}').click()")

    def screenshot(self, folder, name):
        if folder:
            picture = self.browser.call("Page.captureScreenshot", format="png")
            (folder / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def close(self):
        self.browser.close_page(self.target)

    def complaints(self):
        for event in self.browser.events:
            parameters = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                yield "exception: " + json.dumps(parameters["exceptionDetails"])[:300]
            elif event.get("method") == "Runtime.consoleAPICalled" or event.get("method") == "Log.entryAdded":
                yield "console: " + json.dumps(parameters)[:300]
            elif event.get("method") == "Network.loadingFailed":
                yield "failed: " + parameters.get("errorText", "")


def placed(strokes, chance):
    """A drawing at a random place of the board, in a random size and slant; parts of the board's side."""
    lean, turn, width = chance.uniform(-0.15, 0.15), chance.uniform(-0.08, 0.08), chance.uniform(0.9, 1.1)
    bent = [[((x - lean * y) * width - turn * y, y + turn * x) for x, y in stroke] for stroke in strokes]
    xs, ys = zip(*[point for stroke in bent for point in stroke])
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    scale = chance.uniform(0.2, 0.85) / max(right - left, bottom - top)
    x0 = chance.uniform(0.05, 0.95 - (right - left) * scale)
    y0 = chance.uniform(0.05, 0.95 - (bottom - top) * scale)
    return [[(x0 + (x - left) * scale, y0 + (y - top) * scale) for x, y in stroke] for stroke in bent]


def sampled(points, gap):
    """Points along a way, a gap apart, as a pointer of some speed reports them."""
    result = [points[0]]
    left = gap
    for (ax, ay), (bx, by) in zip(points, points[1:]):
        length = math.hypot(bx - ax, by - ay)
        at = left
        while at < length:
            result.append((ax + (bx - ax) * at / length, ay + (by - ay) * at / length))
            at += gap
        left = at - length
    return result + [points[-1]]


def draw(browser, url, drawings, seed, screenshots):
    """What the page answers to each drawing."""
    chance = random.Random(seed)
    page = Page(browser, url)
    page.place()
    wrong, unsure, by_pen = [], 0, {pen: [0, 0] for pen in PENS}
    for number, drawing in enumerate(drawings):
        pen = chance.choice(PENS)
        page.value(f"document.querySelector('input[name=pen][value={pen}]').click()")
        # From a pixel to a twelfth of the board between two events.
        gap = math.exp(chance.uniform(math.log(2 / page.side), math.log(0.08)))
        strokes = placed(drawing["strokes"], chance)
        extent = max(max(v) - min(v) for v in zip(*[p for s in strokes for p in s]))
        for stroke in strokes:
            page.stroke(sampled(stroke, min(gap, extent / 5)))
        answer = page.settled()
        by_pen[pen][0] += 1
        unsure += answer["state"] == "unsure"
        if answer["digit"] != str(drawing["label"]):
            wrong.append([number, drawing["label"], answer["digit"], answer["state"]])
            by_pen[pen][1] += 1
            page.screenshot(screenshots, f"wrong-{number}")
        page.click("clear")
        page.browser.events = [event for event in page.browser.events if "id" not in event]
    problems = list(page.complaints())
    page.close()
    return {"drawn": len(drawings), "wrong": wrong, "unsure": unsure, "by pen": by_pen}, problems


def check_use(browser, url):
    """Undo, clear, eraser, keyboard, and further fingers."""
    page = Page(browser, url)
    page.place()
    problems = []

    def expect(what, is_so):
        if not is_so:
            problems.append(f"{what}: {page.settled()}")

    ink = """(() => {
      const board = document.getElementById('board');
      const copy = Object.assign(document.createElement('canvas'), {width: board.width, height: board.height})
        .getContext('2d', {willReadFrequently: true});
      copy.drawImage(board, 0, 0);
      return copy.getImageData(0, 0, board.width, board.height).data.filter((v, i) => i % 4 === 3 && v).length;
    })()"""
    expect("an empty page is no digit", page.settled()["state"] == "empty")
    page.stroke([(0.5, 0.5), (0.5, 0.5)])
    expect("a dot is no digit", page.settled()["state"] == "empty")
    page.click("clear")
    page.stroke([(0.5, 0.2), (0.5, 0.4), (0.5, 0.8)])
    first = page.settled()
    expect("a line is a digit", first["state"] in ("ok", "unsure"))
    page.stroke([(0.2, 0.2), (0.5, 0.2)])
    page.settled()
    page.click("undo")
    expect("undo takes a stroke back", page.settled() == first)
    before = page.value(ink)
    page.value("document.querySelector('input[value=eraser]').click()")
    page.stroke([(0.3, 0.5), (0.7, 0.5)])
    page.settled()
    expect("the eraser erases", 0 < page.value(ink) < before)
    page.click("undo")
    page.settled()
    expect("undo takes a wipe back", page.value(ink) == before)
    page.value("document.querySelector('input[value=medium]').click()")
    page.click("clear")
    expect("clear clears", page.settled()["state"] == "empty" and page.value(ink) == 0)
    page.value("document.getElementById('board').focus()")
    page.press(" ", "Space", text=" ")
    page.press("ArrowDown", times=14)
    page.press(" ", "Space", text=" ")
    expect("the keyboard draws", page.settled()["state"] in ("ok", "unsure"))
    page.press("Backspace")
    expect("Backspace undoes", page.settled()["state"] == "empty")
    said = page.value("new Promise(done => setTimeout(() => done(document.getElementById('said').textContent), 400))")
    expect(f"it is said that the page is empty, not '{said}'", said.startswith("Draw"))
    problems += page.complaints()
    page.close()
    return problems


def check_layout(browser, url, screenshots, drawing):
    """Sizes and colour schemes, empty, while drawing and with an answer."""
    problems = []
    for width, height, is_phone in SIZES:
        for scheme in ["light", "dark"]:
            page = Page(browser, url, width, height, is_phone, scheme)
            page.place()
            name = f"{width}-{scheme}"
            found = page.value(CHECKS.replace("WIDTH", str(width)))
            page.screenshot(screenshots, f"{name}-empty")
            for stroke in placed(drawing["strokes"], random.Random(3)):
                page.stroke(sampled(stroke, 0.03), lift=False)
                page.settled()
                page.screenshot(screenshots, f"{name}-drawing")
                if is_phone:
                    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
                else:
                    browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=1, y=1, button="left", buttons=0)
            if page.value("scrollY") != 0:
                found.append("the page scrolled under the finger")
            time.sleep(0.8)
            page.settled()
            page.screenshot(screenshots, f"{name}-answer")
            found += page.value(CHECKS.replace("WIDTH", str(width)))
            found += page.complaints()
            problems += [f"{name}: {problem}" for problem in dict.fromkeys(found)]
            page.close()
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("strokes", type=pathlib.Path)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--brief", action="store_true", help="only draw and use it; look at no other sizes")
    options = parser.parse_args()
    if not options.chromium:
        sys.exit("Chromium is not installed")
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    drawings = [json.loads(line) for line in options.strokes.read_text().splitlines()]
    browser = Browser(options.chromium)
    try:
        problems = check_use(browser, options.url)
        if not options.brief:
            problems += check_layout(browser, options.url, options.screenshots, drawings[0])
        result, more = draw(browser, options.url, drawings, options.seed, options.screenshots)
        problems += more
    finally:
        browser.close()
    print(json.dumps(result))
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
