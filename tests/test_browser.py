"""The built book as a reader meets it: in a real headless Chromium, from files and over http."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import functools
import http.server
import itertools
import json
import math
import os
import re
import select
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from discriminative.papers import papers
from discriminative.site.build import browser
from discriminative.site.look import content_pages

ROOT = Path(__file__).parents[1]
HTML = ROOT / "build" / "html"
NOTEBOOKS = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
CHAPTERS = [f"notebooks/{paper.notebook}.html" for paper in papers() if paper.notebook in NOTEBOOKS]
FIRST = CHAPTERS[0]  # where the figure of margins stands, and psi
ASSETS = ROOT / "book" / "assets"
PAGES = [name for path in content_pages(HTML) if (name := str(path.relative_to(HTML))) != "index.html"]
PATIENCE = 60.0  # seconds for one answer: a page takes half of one, a busy machine many times that
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe", "about:blank"),
]


class Chromium:
    """A headless Chromium, spoken to over two pipes in the DevTools protocol."""

    def __init__(self, program: str) -> None:
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for pair in (os.pipe(), os.pipe()) for end in pair]
        theirs, self.writing, self.reading, answers = ends  # it reads from its 3 and writes to its 4
        redirect = f'exec "$@" 3<&{theirs} 4>&{answers}'
        command = ["bash", "-c", redirect, "bash", program, f"--user-data-dir={self.profile.name}", *FLAGS]
        self.process = subprocess.Popen(
            command, pass_fds=(theirs, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs)
        os.close(answers)
        self.number, self.unread, self.events = 0, b"", []
        pages = [t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        attached = self.ask("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)
        self.session: str | None = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    session = None
    events: list[dict[str, Any]]

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer; what happens meanwhile is kept in ``events``."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.writing, data) :]
        while True:
            found = self._read(PATIENCE)
            if found.get("id") == self.number:
                if "error" in found:
                    raise RuntimeError(f"{method}: {found['error']['message']}")
                answer: dict[str, Any] = found["result"]
                return answer
            self.events.append(found)

    def _read(self, seconds: float) -> dict[str, Any]:
        limit = time.monotonic() + seconds
        while b"\0" not in self.unread:
            if not select.select([self.reading], [], [], max(0.0, limit - time.monotonic()))[0]:
                raise TimeoutError("Chromium does not answer")
            self.unread += os.read(self.reading, 1 << 20)
        message, self.unread = self.unread.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", script))
        return answer["result"].get("value")

    def shape(self, width: int, height: int = 900) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def dark(self, on: bool) -> None:
        """What the reader's system asks for; a page follows it unless its own switch was used."""
        chosen = "dark" if on else "light"
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": chosen}])

    def open(self, address: str) -> list[dict[str, Any]]:
        """Load a page until its formulas are set; everything that the browser reported meanwhile."""
        self.events = []
        loader = self.ask("Page.navigate", url=address)["loaderId"]
        limit = time.monotonic() + PATIENCE
        while not self._loaded(loader):
            self.events.append(self._read(limit - time.monotonic()))
        self.run(SETTLED)
        return self.events

    def _loaded(self, loader: str) -> bool:
        """Whether this load has ended; the last word of the page before may still be among the events."""
        ours = False
        for event in self.events:
            if event["method"] == "Page.frameNavigated" and event["params"]["frame"]["loaderId"] == loader:
                ours = True
            elif event["method"] == "Page.loadEventFired" and ours:
                return True
        return False

    def wait_for(self, script: str, seconds: float = PATIENCE) -> Any:
        """The value of an expression once it is true."""
        limit = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < limit, f"still false after {seconds} s: {script}"
            time.sleep(0.05)
        return value

    def picture(self, path: Path) -> None:
        """A screenshot, for whoever wants to look at what a failing test saw."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            self.session = None
            self.ask("Browser.close")
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.reading)
        os.close(self.writing)
        self.profile.cleanup()


SETTLED = """(async () => {
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  await document.fonts.ready;
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
})()"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    found = browser()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium, and CI must look at the pages")
        pytest.skip("there is no Chromium (apt-get install chromium)")
    assert HTML.exists(), "run `make book` first"
    opened = Chromium(found)
    yield opened
    opened.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The book over http, on this machine alone."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(HTML))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# What a page holds, asked once a visit.
LOOK = r"""(() => {
  const article = document.querySelector('article') || document.body;
  const prose = article.cloneNode(true);
  prose.querySelectorAll('script, style, pre, code, mjx-container').forEach(node => node.remove());
  return {
    formulas: article.querySelectorAll('.math').length,
    rendered: article.querySelectorAll('mjx-container').length,
    failed: [...article.querySelectorAll('mjx-merror, [data-mjx-error]')].map(node => node.textContent),
    raw: (prose.textContent.match(/\\\(|\\\[|\$\$|\\begin\{/g) || []).length,
    images: [...article.querySelectorAll('img')].map(
      image => ({alt: image.alt, name: image.src.split('/').pop(), whole: image.complete && image.naturalWidth > 0})),
    article: article.innerText.length,
  };
})()"""

# How far the page scrolls sideways, what sticks out of it without scrolling inside itself, what is cut off.
WIDE = r"""(() => {
  const width = document.documentElement.clientWidth;
  const style = node => getComputedStyle(node).overflowX;
  const held = node => { for (let n = node; n && n !== document.body; n = n.parentElement)
    if (['auto', 'scroll'].includes(style(n))) return true; return false; };
  const name = node => node.tagName + '.' + node.className + ': ' + node.textContent.trim().slice(0, 40);
  const all = [...document.querySelectorAll('article *')].filter(
    node => node.getClientRects().length && !node.closest('mjx-assistive-mml, .visually-hidden, svg'));
  return {
    scroll: document.documentElement.scrollWidth, width,
    out: all.filter(node => node.getBoundingClientRect().right > width + 1 && !held(node)).slice(0, 4).map(name),
    cut: all.filter(node => ['hidden', 'clip'].includes(style(node)) && node.clientWidth > 1
      && node.scrollWidth > node.clientWidth + 2).slice(0, 4).map(name),
    columns: all.filter(node => node.matches('figure.ledger .scroll')
      && node.scrollWidth > node.clientWidth + 1).map(name),
  };
})()"""

# The smallest contrast of each kind of text with what lies behind it (WCAG 2: at least 4.5 for body text).
CONTRAST = r"""(() => {
  const parse = text => { const n = text.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = node => { const layers = [];
    for (let n = node; n; n = n.parentElement) layers.push(parse(getComputedStyle(n).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]); };
  const linear = value => value <= .03928 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const contrast = node => { const back = behind(node), front = over(parse(getComputedStyle(node).color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x); return (a + .05) / (b + .05); };
  const kinds = {body: 'article p, article li, article dd, article dt, article h1, article h2, article h3',
    chips: '.chip, .chip-detail', links: 'article p a, article li a, article td a',
    tables: 'article td, article th, article td small', captions: 'figcaption, figcaption *',
    code: 'article pre, article pre span:not(:empty), summary', checks: 'p.check, p.printed, p.corrected',
    titles: '.admonition-title', controls: '.margin-figure label, .margin-figure output, .margin-figure p',
    side: '.bd-sidebar-primary a, .bd-sidebar-secondary a'};
  const found = {};
  for (const [kind, selector] of Object.entries(kinds)) {
    const seen = [...document.querySelectorAll(selector)].filter(
      node => node.offsetParent !== null && node.textContent.trim() && !node.closest('mjx-assistive-mml, .headerlink'));
    let worst = null;
    for (const node of seen) { const value = contrast(node);
      if (!worst || value < worst.value) worst = {value, text: node.textContent.trim().slice(0, 40),
        node: node.tagName + '.' + node.className, colour: getComputedStyle(node).color, back: behind(node).join()}; }
    if (worst) found[kind] = worst;
  }
  return found;
})()"""


def told(events: list[dict[str, Any]]) -> list[str]:
    """What the console says of errors."""
    found = []
    for event in events:
        values = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            found.append(values["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif event["method"] == "Runtime.consoleAPICalled" and values["type"] in ("error", "assert"):
            found.append(" ".join(str(argument.get("value")) for argument in values["args"]))
        elif event["method"] == "Log.entryAdded" and values["entry"]["level"] == "error":
            found.append(values["entry"]["text"] + " " + values["entry"].get("url", ""))
    return found


def requested(events: list[dict[str, Any]]) -> list[str]:
    return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


@pytest.fixture(scope="module")
def visits(chromium: Chromium, address: str) -> dict[str, dict[str, Any]]:
    """Every page once from a file, at a desk and on a phone, in the light and in the dark, and once over http."""
    found: dict[str, dict[str, Any]] = {}
    for page in PAGES:
        chromium.shape(1280)
        chromium.dark(False)
        events = chromium.open((HTML / page).as_uri())
        seen = {"file": events, "look": chromium.run(LOOK), "light": chromium.run(CONTRAST), "desk": chromium.run(WIDE)}
        chromium.dark(True)
        chromium.wait_for("document.documentElement.dataset.theme === 'dark'")
        seen["dark"] = chromium.run(CONTRAST)
        chromium.shape(390)
        chromium.run(SETTLED)
        seen["phone"] = chromium.run(WIDE)
        seen["file"] = list(chromium.events)
        seen["http"] = chromium.open(f"{address}/{page}")
        found[page] = seen
    return found


SPOILT = r"""<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><article>
<p style="color: #aaa">Faint on white.</p><p>Left as it was: \(x^2\).</p><span class="math">x</span>
<img src="http://outside.invalid/picture.png" alt="picture.png">
<table style="width: 900px"><tr><td>wide</td></tr></table>
<div style="overflow: hidden; width: 80px"><b style="white-space: nowrap">cut off after a few words</b></div>
</article><script>console.error("lost"); nothing.here;</script>"""


def test_a_page_with_everything_wrong_is_seen_to_be(chromium: Chromium, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(SPOILT)
    chromium.dark(False)
    chromium.shape(390)
    events = chromium.open((tmp_path / "page.html").as_uri())
    assert any("lost" in line for line in told(events))
    assert any("ReferenceError" in line for line in told(events))
    assert "http://outside.invalid/picture.png" in requested(events)
    look, wide = chromium.run(LOOK), chromium.run(WIDE)
    assert (look["formulas"], look["rendered"], look["raw"]) == (1, 0, 1)
    assert look["images"] == [{"alt": "picture.png", "name": "picture.png", "whole": False}]
    assert wide["scroll"] > 391
    assert any("TABLE" in name for name in wide["out"])
    assert any("cut off" in name for name in wide["cut"])
    assert 2 < chromium.run(CONTRAST)["body"]["value"] < 3


def test_there_are_pages_to_look_at(visits: dict[str, dict[str, Any]]) -> None:
    assert {"intro.html", *CHAPTERS, "book/proofs.html", "book/errata.html", "book/glossary.html"} <= set(visits)
    assert all(seen["look"]["article"] > 200 for seen in visits.values())


@pytest.mark.parametrize("page", PAGES)
def test_every_formula_is_rendered(page: str, visits: dict[str, dict[str, Any]]) -> None:
    look = visits[page]["look"]
    assert look["rendered"] == look["formulas"]
    assert look["failed"] == []
    assert look["raw"] == 0
    if page in CHAPTERS:
        assert look["formulas"] > 50


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("way", ["file", "http"])
def test_the_console_is_silent_and_no_outside_host_is_asked(
    way: str, page: str, visits: dict[str, dict[str, Any]], address: str
) -> None:
    events = visits[page][way]
    assert told(events) == []
    asked = requested(events)
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:", address))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_there_and_described(page: str, visits: dict[str, dict[str, Any]]) -> None:
    for image in visits[page]["look"]["images"]:
        assert image["whole"], image["name"]
        assert len(image["alt"]) >= 20, image["name"]
        assert image["name"] not in image["alt"]
        assert not re.search(r"\.(png|svg|jpe?g)$|^(figure|image)\b.{0,10}$", image["alt"], flags=re.IGNORECASE)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_no_page_scrolls_sideways_and_nothing_is_cut_off(
    screen: str, page: str, visits: dict[str, dict[str, Any]]
) -> None:
    wide = visits[page][screen]
    assert wide["scroll"] <= wide["width"] + 1
    assert wide["out"] == []
    assert wide["cut"] == []


def test_no_column_of_a_table_of_records_of_the_first_chapter_is_cut_at_a_desk(
    visits: dict[str, dict[str, Any]],
) -> None:
    """Other chapters have tables with more columns, which scroll inside themselves."""
    assert visits[FIRST]["desk"]["columns"] == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(mode: str, page: str, visits: dict[str, dict[str, Any]]) -> None:
    contrast = visits[page][mode]
    assert "body" in contrast
    assert {kind: worst for kind, worst in contrast.items() if worst["value"] < 4.5} == {}


def test_the_verdicts_chips_are_among_what_was_measured(visits: dict[str, dict[str, Any]]) -> None:
    assert all("chips" in visits[page]["dark"] for page in CHAPTERS)
    assert "chips" in visits["book/reading.html"]["light"]


@pytest.mark.parametrize("way", ["file", "http"])
def test_the_search_finds_psi_in_the_first_chapter(way: str, chromium: Chromium, address: str) -> None:
    chromium.shape(1280)
    events = chromium.open(f"{HTML.as_uri() if way == 'file' else address}/search.html?q=psi")
    # the results come one by one: the chapter's is waited for, not the first
    chromium.wait_for(f"[...document.querySelectorAll('#search-results a')].some(a => a.href.includes({FIRST!r}))")
    assert told(events) == []


@pytest.mark.parametrize(("sign", "place"), [("ψ", "term-psi"), ("e(W)", "term-weight-separability")])
def test_the_search_finds_a_sign_by_the_entry_of_its_name(chromium: Chromium, sign: str, place: str) -> None:
    chromium.open(f"{HTML.as_uri()}/search.html?q={quote(sign)}")
    chromium.wait_for(f"[...document.querySelectorAll('#search-results a')].some(a => a.href.endsWith({place!r}))")


def test_a_name_in_a_table_says_on_hover_what_it_is(chromium: Chromium) -> None:
    chromium.open((HTML / FIRST).as_uri())
    told = chromium.run("""[...document.querySelectorAll('article a[href*="glossary.html#term-LeNet-64"]')].map(
      a => [a.textContent, a.title.length])""")
    assert len(told) == 1
    assert told[0][0].startswith("LeNet-")
    assert told[0][1] > 60


def test_the_front_door_leads_to_the_introduction(chromium: Chromium) -> None:
    chromium.ask("Page.navigate", url=(HTML / "index.html").as_uri())
    limit = time.monotonic() + PATIENCE
    while True:  # the page may be replaced under the question
        with contextlib.suppress(RuntimeError):
            if chromium.run("location.pathname.endsWith('/intro.html') && document.readyState === 'complete'"):
                return
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_no_formula_is_a_stop_of_the_tab_key(chromium: Chromium) -> None:
    chromium.open((HTML / FIRST).as_uri())
    assert chromium.run("document.querySelectorAll('mjx-container').length") > 50
    assert chromium.run("document.querySelectorAll('mjx-container[tabindex], mjx-container [tabindex]').length") == 0


def test_icons_are_drawn_without_a_library_and_formulas_are_set_only_where_there_are_some(chromium: Chromium) -> None:
    asked = requested(chromium.open((HTML / "intro.html").as_uri()))
    assert not [url for url in asked if "fontawesome.js" in url or "tex-chtml" in url]
    chromium.shape(1280)
    drawn = """[...document.querySelectorAll('i[class*="fa-"]')].filter(i => i.checkVisibility()).map(
      i => [i.offsetWidth, getComputedStyle(i).maskImage.slice(0, 5), i.className])"""
    icons = chromium.run(drawn)
    assert len(icons) >= 3
    assert all(width > 5 and mask == 'url("' for width, mask, _ in icons), icons
    assert [url for url in requested(chromium.open((HTML / FIRST).as_uri())) if "tex-chtml" in url]


def test_the_contents_mark_the_section_that_is_read_at_every_stop(chromium: Chromium) -> None:
    chromium.shape(1280)
    chromium.open((HTML / FIRST).as_uri())
    marked = """(async () => {
      const links = [...document.querySelectorAll('#contents-nav a')], wrong = [];
      const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
      for (const link of [...links, ...links.toReversed()]) {
        const stop = document.getElementById(decodeURIComponent(link.hash.slice(1)));
        scrollTo({top: stop.getBoundingClientRect().top + scrollY - 80, behavior: 'instant'});
        await frame();
        const active = [...document.querySelectorAll('#contents-nav a.active')].map(a => a.hash);
        const ended = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
        if (active.length !== 1 || (active[0] !== link.hash && !ended)) wrong.push([link.hash, active]);
      }
      return [links.length, wrong];
    })()"""
    stops, wrong = chromium.run(marked)
    assert stops > 15
    assert wrong == []


def test_a_term_of_the_glossary_says_on_hover_what_it_is(chromium: Chromium) -> None:
    chromium.open((HTML / FIRST).as_uri())
    told = chromium.run("[...document.querySelectorAll('article a[href*=\"glossary.html#term-\"]')].map(a => a.title)")
    assert len(told) > 3
    assert all(len(title) > 20 and "\\" not in title for title in told), told


@pytest.mark.parametrize("width", [768, 640, 320])
def test_no_page_scrolls_sideways_on_a_tablet_or_a_small_phone(chromium: Chromium, width: int) -> None:
    wide = {}
    for page in PAGES:
        chromium.shape(width)
        chromium.open((HTML / page).as_uri())
        seen = chromium.run(WIDE)
        if seen["scroll"] > seen["width"] + 1 or seen["out"]:
            wide[page] = seen["scroll"], seen["out"][:3]
    assert wide == {}


def test_the_link_of_a_caption_stays_within_it_wherever_its_last_word_ends(chromium: Chromium) -> None:
    over = """(() => { const right = node => node.getBoundingClientRect().right;
      return [...document.querySelectorAll('figcaption a.headerlink')].filter(
        a => right(a) > right(a.closest('figcaption')) + 1).map(a => a.hash); })()"""
    chromium.open((HTML / FIRST).as_uri())
    seen = {}
    for width in range(400, 780, 10):
        chromium.shape(width)
        seen[width] = chromium.run(over)
    assert not {width: links for width, links in seen.items() if links}


@pytest.mark.parametrize("page", CHAPTERS)
def test_what_a_figure_shows_stands_out_from_the_rest_of_its_caption(chromium: Chromium, page: str) -> None:
    chromium.open((HTML / page).as_uri())
    weights = chromium.run("""[...document.querySelectorAll('figcaption .caption-text > strong')].map(
      node => [node.querySelector('.pasted-text') || node, node.parentElement].map(
        n => +getComputedStyle(n).fontWeight))""")
    assert len(weights) > 2
    assert all(bold >= 600 > plain for bold, plain in weights)


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_glued_number_is_as_heavy_as_its_sentence(chromium: Chromium, page: str) -> None:
    chromium.open((HTML / page).as_uri())
    weights = chromium.run("""[...document.querySelectorAll('article :is(p, li) > span.pasted-text')].map(
      node => [node, node.parentElement].map(each => getComputedStyle(each).fontWeight))""")
    assert len(weights) > 2
    assert all(number == sentence for number, sentence in weights)


def test_a_table_of_ratios_is_stacked_on_a_phone_and_needs_no_scrolling(chromium: Chromium) -> None:
    chromium.shape(390)
    chromium.open((HTML / "book" / "cost.html").as_uri())
    seen = chromium.run("""[...document.querySelectorAll('article table.stacked')].map(table => [
      table.scrollWidth - table.parentElement.clientWidth,
      getComputedStyle(table.querySelector('tbody td:nth-child(2)'), '::before').content])""")
    assert seen
    for over, label in seen:
        assert over <= 1
        assert len(label) > 4


# ---------------------------------------------------------------------------------------------------------------------
# The first page, all verdicts, and the way from a number to its record

VERDICTS = "book/verdicts.html"
SHOWN = "[...document.querySelectorAll('details.claim:not([hidden])')]"


@pytest.mark.parametrize("width", [1300, 768, 390])
def test_the_first_screen_holds_the_question_the_answer_and_a_way_on(chromium: Chromium, width: int) -> None:
    chromium.shape(width)
    chromium.open((HTML / "intro.html").as_uri())
    ends = chromium.run("""['article h1', 'article h1 + p', 'article h1 + p + p', '.ways li'].map(
      name => document.querySelector(name).getBoundingClientRect().bottom)""")
    assert ends == sorted(ends)
    assert ends[-1] <= 900
    assert "hold" in chromium.run("document.querySelector('article h1 + p + p').textContent")
    assert chromium.run("document.querySelectorAll('.ours-and-theirs li a').length") >= 5


def test_every_link_of_the_first_page_leads_to_a_page_and_a_place_that_are_there(chromium: Chromium) -> None:
    chromium.open((HTML / "intro.html").as_uri())
    links = set(chromium.run("[...document.querySelectorAll('article a[href]')].map(a => a.getAttribute('href'))"))
    for link in links:
        page, _, place = link.partition("#")
        path = HTML / (page or "intro.html")
        assert path.exists(), link
        if place and "=" not in place and path.suffix == ".html":
            assert f'id="{place}"' in path.read_text(), link


def test_the_filters_of_all_verdicts_count_and_keep_their_state_in_the_address(chromium: Chromium) -> None:
    chromium.shape(1280)
    chromium.open((HTML / VERDICTS).as_uri())
    every = chromium.run(f"{SHOWN}.length")
    assert chromium.run("document.querySelector('.claim-filters [role=status]').textContent") == (
        f"{every} of {every} claims"
    )
    chromium.run("""(() => { const choice = document.querySelector('select[name=word]'); choice.value = 'reversed';
      choice.dispatchEvent(new Event('input', {bubbles: true})); })()""")
    some = chromium.run(f"{SHOWN}.length")
    assert 0 < some < every
    assert chromium.run(f"{SHOWN}.every(claim => claim.dataset.word === 'reversed')")
    assert chromium.run("location.hash") == "#word=reversed"
    assert chromium.run("document.querySelector('select[name=word]').selectedOptions[0].text") == f"reversed ({some})"
    told = chromium.run("[...document.querySelector('select[name=paper]').options].map(option => option.text)")
    total, *each = (int(text.rpartition("(")[2].rstrip(")")) for text in told)
    assert total == sum(each) == some
    chromium.run("location.hash = 'printed=yes&q=batch norm'")
    chromium.wait_for("document.querySelector('.claim-filters input[name=q]').value === 'batch norm'")
    assert chromium.run(f"{SHOWN}.every(claim => /batch norm/i.test(claim.textContent) && claim.dataset.printed)")
    chromium.run("document.querySelector('.claim-filters button').click()")
    chromium.wait_for(f"{SHOWN}.length === {every}")


@pytest.mark.parametrize(("classes", "probability", "degrees"), [(10, 0.999, 20), (1000, 0.9, 5)])
def test_the_choosers_say_what_the_functions_say(
    chromium: Chromium, classes: int, probability: float, degrees: float
) -> None:
    from discriminative.losses import equal_margins, suggest_scale

    chromium.open((HTML / "book" / "which_loss.html").as_uri())
    chromium.run(f"""for (const [name, value] of Object.entries({{classes: {classes}, probability: {probability},
      degrees: {degrees}}})) for (const field of document.querySelectorAll(`.chooser input[name=${{name}}]`)) {{
        field.value = value; field.dispatchEvent(new Event('input', {{bubbles: true}})); }}""")
    scale, margin = chromium.run("[...document.querySelectorAll('.chooser [role=status]')].map(p => p.textContent)")
    assert f"{suggest_scale(classes, probability):.2f}" in scale
    for value in equal_margins(math.radians(degrees), math.acos(-1 / (classes - 1))).values():
        assert value is None or f"{value:.3f}" in margin


def test_a_claims_own_address_opens_its_row_even_where_it_is_folded(chromium: Chromium) -> None:
    chromium.open((HTML / "book" / "rerun.html").as_uri())
    chromium.open((HTML / VERDICTS).as_uri() + "#verdict-c-lsm1b")
    assert chromium.run("document.querySelector('#verdict-c-lsm1b').checkVisibility()")
    top = chromium.run("document.querySelector('#verdict-c-lsm1b').getBoundingClientRect().top")
    assert 0 < top < 900


def test_a_number_of_a_chapters_table_is_two_clicks_from_its_record(chromium: Chromium) -> None:
    chromium.shape(1280)
    chromium.open((HTML / FIRST).as_uri())
    link = chromium.run("document.querySelector('#c-lsm1 a.to-records').href")
    chromium.open(link)
    place = link.partition("#")[2]
    chromium.wait_for(f"document.getElementById({place!r}).closest('tr').checkVisibility()")
    record = chromium.run(f"document.getElementById({place!r}).closest('tr').querySelector('a[href*=results]').href")
    assert json.loads(Path(record.removeprefix("file://")).read_text())["metrics"]


# ---------------------------------------------------------------------------------------------------------------------
# The figure that reacts

FIGURE = """<!doctype html><html data-theme="light"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="custom.css">
<article class="bd-article"><figure><img alt="" src="{name}.svg"></figure></article>
<script src="figure-controls.js"></script><script src="{name}.js"></script></html>"""
SET = """((name, value) => { const input = document.querySelector(`.margin-figure input[name=${name}]`);
  input.value = value; input.dispatchEvent(new Event('input', {bubbles: true}));
  return document.querySelector('.margin-figure .readout').textContent; })"""


def alone(name: str, chromium: Chromium, folder: Path) -> Chromium:
    """A page with that figure and nothing else."""
    for file in (f"{name}.js", f"{name}.svg", "figure-controls.js", "custom.css"):
        shutil.copy(ASSETS / file, folder / file)
    (folder / "page.html").write_text(FIGURE.format(name=name))
    chromium.shape(1280)
    chromium.dark(False)
    assert told(chromium.open((folder / "page.html").as_uri())) == []
    return chromium


@pytest.fixture
def figure(chromium: Chromium, tmp_path: Path) -> Chromium:
    return alone("margin-figure", chromium, tmp_path)


@pytest.fixture
def simplex(chromium: Chromium, tmp_path: Path) -> Chromium:
    return alone("simplex-figure", chromium, tmp_path)


def put(page: Chromium, **values: float) -> str:
    """Move the controls; what the figure then says."""
    text = ""
    for name, value in values.items():
        text = page.run(f"{SET}({name!r}, {value})")
    return text


@pytest.mark.parametrize(("angle", "margin"), [(90, 2), (60, 3), (170, 4), (20, 4), (75, 1)])
def test_the_figures_margin_between_equal_weights_is_the_formula(figure: Chromium, angle: int, margin: int) -> None:
    text = put(figure, angle=angle, margin=margin)
    assert f"Equal lengths: a margin of {(margin - 1) / (margin + 1) * angle:.1f}°." in text
    shown = figure.run("document.querySelector('.margin-figure svg').textContent")
    assert margin == 1 or f"{(margin - 1) / (margin + 1) * angle:.1f}°" in shown


def oracle(angle: float, ratio: float, margin: int) -> float | None:
    """The margin that faces the weights, by trying directions every hundredth of a degree in the form of the thesis."""

    def psi(theta: float) -> float:
        k = min(int(theta * margin / math.pi), margin - 1)
        return (-1) ** k * math.cos(margin * theta) - 2 * k

    def between(a: float, b: float) -> float:
        return math.acos(max(-1.0, min(1.0, math.cos(a - b))))

    first, second = (math.radians(side * angle / 2) for side in (-1, 1))
    safe: list[tuple[float, int]] = []
    for i in range(-18000, 18000):
        x = math.radians(i / 100)
        one, two = between(x, first), between(x, second)
        if ratio * psi(one) > math.cos(two):
            safe.append((i / 100, 1))
        elif psi(two) > ratio * math.cos(one):
            safe.append((i / 100, 2))
    gaps = [(b[0] - a[0], a[0], b[0]) for a, b in itertools.pairwise(safe) if (a[1], b[1]) == (1, 2)]
    return gaps[0][0] if len(gaps) == 1 else None


@pytest.mark.parametrize(("angle", "ratio", "margin"), [(90, 1.5, 2), (120, 0.7, 3), (60, 1.2, 4), (40, 0.7, 2)])
def test_the_figures_margin_between_unequal_weights_is_what_a_scan_finds(
    figure: Chromium, angle: float, ratio: float, margin: int
) -> None:
    text = put(figure, angle=angle, ratio=ratio, margin=margin)
    found = re.search(r"as long as W2: a margin of ([\d.]+)°", text)
    wanted = oracle(angle, ratio, margin)
    assert found
    assert wanted is not None
    assert float(found[1]) == pytest.approx(wanted, abs=0.08)


@pytest.mark.parametrize("margin", [2, 3, 4])
def test_the_longer_weight_gives_up_the_larger_part_of_the_figures_margin(figure: Chromium, margin: int) -> None:
    """The caption says so: for a length up to twice the other's and 60 degrees or more between the weights."""
    for angle, ratio in itertools.product((60, 80, 100, 130, 170), (1.05, 1.5, 2)):
        text = put(figure, angle=angle, ratio=ratio, margin=margin)
        whole, longer = re.findall(r"([\d.]+)°", text.split("times as long as W2: ")[1])
        assert float(longer) > float(whole) / 2


def test_the_figure_says_where_a_short_weight_has_no_safe_direction(figure: Chromium) -> None:
    assert "class 2 is safe nowhere." in put(figure, angle=25, ratio=1.9, margin=4)


def test_the_still_is_what_the_figure_first_draws(figure: Chromium) -> None:
    """After a change of the drawing, copy what this test found into book/assets/margin-figure.svg."""
    drawn = figure.run("new XMLSerializer().serializeToString(document.querySelector('.margin-figure svg'))")
    assert (ASSETS / "margin-figure.svg").read_text().strip() == drawn


def test_the_figure_can_be_moved_by_keys_and_read_aloud(figure: Chromium) -> None:
    figure.run("document.querySelector('.margin-figure input[name=margin]').focus()")
    for kind in ("keyDown", "keyUp"):
        figure.ask("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    assert figure.run("document.querySelector('.margin-figure [aria-live]').textContent").startswith(
        "Weights 90° apart, m = 3. Equal lengths: a margin of 45.0°."
    )
    assert figure.run("document.querySelector('.margin-figure input[name=margin]').ariaValueText") == "3"
    assert figure.run("[...document.querySelectorAll('.margin-figure input')].every(i => i.labels[0]?.control === i)")
    title = figure.run("document.querySelector('.margin-figure svg[role=img] > title').textContent")
    assert "m = 3" in title


def test_the_figure_fits_a_phone(figure: Chromium) -> None:
    figure.shape(390)
    figure.run(SETTLED)
    assert figure.run("document.querySelector('.margin-figure svg').viewBox.baseVal.width") == 340
    assert figure.run("document.documentElement.scrollWidth") <= 391


@pytest.mark.parametrize("name", ["margin-figure", "simplex-figure"])
def test_picture_and_sliders_share_a_phones_screen_and_every_target_fits_a_finger(
    chromium: Chromium, tmp_path: Path, name: str
) -> None:
    page = alone(name, chromium, tmp_path)
    page.shape(390, 844)
    page.run(SETTLED)
    place = "document.querySelector('.margin-figure {}').getBoundingClientRect()"
    top = page.run(f"{place.format('svg')}.top")
    assert page.run(f"{place.format('.presets')}.bottom") - top < 844 - 100  # a browser's bars and the book's header
    sizes = page.run("""[...document.querySelectorAll('.margin-figure :is(input, button)')].map(
      node => node.getBoundingClientRect()).map(box => [box.width, box.height])""")
    assert len(sizes) == 3 + 4
    assert all(min(size) >= 24 for size in sizes), sizes


@pytest.mark.parametrize("name", ["margin-figure", "simplex-figure"])
def test_a_preset_moves_the_sliders_and_the_first_leads_back(chromium: Chromium, tmp_path: Path, name: str) -> None:
    page = alone(name, chromium, tmp_path)
    state = "[...document.querySelectorAll('.margin-figure input')].map(i => [i.value, i.ariaValueText])"
    look = "document.querySelector('.margin-figure svg').outerHTML"
    start, drawn = page.run(state), page.run(look)
    press = "document.querySelectorAll('.margin-figure .presets button')[{}].click()"
    for preset in (1, 2, 3):
        page.run(press.format(preset))
        assert page.run(state) != start
        assert page.run(look) != drawn
    page.run(press.format(0))
    assert page.run(state) == start
    assert page.run(look) == drawn


def test_the_first_chapters_figure_reacts(chromium: Chromium) -> None:
    chromium.shape(1280)
    chromium.open((HTML / FIRST).as_uri())
    assert chromium.run("!!document.querySelector('.margin-figure')")
    assert "a margin of 54.0°." in put(chromium, angle=90, margin=4)


@pytest.mark.parametrize("alpha", [0.5, 1.5, 3.0])
def test_the_turned_rivals_of_the_simplex_stand_at_the_angle_of_the_proposition(
    simplex: Chromium, alpha: float
) -> None:
    text = put(simplex, alpha=alpha)
    for classes in (3, 4):
        between = math.acos(-1 / (classes - 1))
        away = math.degrees(math.atan2(math.sin(between), alpha + math.cos(between)))
        assert f"{math.degrees(between):.1f}°" in text
        assert f"{away:.1f}°" in text
    assert f"rivals at {180.0 if alpha < 1 else 0.0:.1f}°" in text


def test_the_simplex_of_two_loses_its_rival_at_alpha_one(simplex: Chromium) -> None:
    assert "rivals at no angle at all (they vanish)" in put(simplex, alpha=1)
    drawn = "document.querySelectorAll('.simplex .weight.turned[d^=\"M0 0L\"]').length"
    assert simplex.run(drawn) == 2 + 3
    put(simplex, alpha=0.5)
    assert simplex.run(drawn) == 1 + 2 + 3


def test_the_simplex_is_turned_by_keys_and_by_the_mouse_and_the_still_is_its_start(simplex: Chromium) -> None:
    """After a change of the drawing, copy what this test found into book/assets/simplex-figure.svg."""
    look = "new XMLSerializer().serializeToString(document.querySelector('.margin-figure svg'))"
    drawn = simplex.run(look)
    assert (ASSETS / "simplex-figure.svg").read_text().strip() == drawn
    simplex.run("document.querySelector('.margin-figure input[name=turn]').focus()")
    for kind in ("keyDown", "keyUp"):
        simplex.ask("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    assert simplex.run("document.querySelector('.margin-figure input[name=turn]').ariaValueText") == "30°"
    by_key = simplex.run(look)
    assert by_key != drawn
    x, y = simplex.run(
        "(r => [r.x + r.width / 2, r.y + 60])(document.querySelector('.simplex').getBoundingClientRect())"
    )
    for kind, right in (("mousePressed", 0), ("mouseMoved", 20), ("mouseMoved", 60), ("mouseReleased", 60)):
        simplex.ask("Input.dispatchMouseEvent", type=kind, x=x + right, y=y, button="left", buttons=1, clickCount=1)
    assert simplex.run(look) != by_key


def test_the_simplex_fits_a_phone(simplex: Chromium) -> None:
    simplex.shape(390)
    simplex.run(SETTLED)
    assert simplex.run("document.querySelector('.margin-figure svg').viewBox.baseVal.width") == 340
    assert simplex.run("document.documentElement.scrollWidth") <= 391
