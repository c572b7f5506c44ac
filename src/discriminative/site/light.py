"""Pages made lighter once they are built: a few icons for an icon library, no formula script where no formula is."""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path
from urllib.parse import quote, unquote

from discriminative.site.finish import finished, plain

__all__ = ["icons_css", "lighten", "with_drawings", "with_names", "with_sizes", "with_terms"]

LARGEST = 300_000  # bytes of a drawing that a page shows; a larger one is linked, and its picture shown
ICON = re.compile(r'<i class="[^"]*\bfa-(?!solid\b|lg\b)([\w-]+)[^"]*"')
LIBRARY = re.compile(r"[ \t]*<script[^>]*/fontawesome\.js[^>]*></script>\n?")
CHIP = re.compile(r'<span class="chip chip-([\w-]+)">')
FORMULAS = re.compile(
    r"[ \t]*<script[^>]*>window\.MathJax[^<]*</script>\n?|[ \t]*<script[^>]*/tex-chtml\.js[^>]*></script>\n?"
)


def lighten(pages: Path) -> None:
    """Every page of a built site without what it does not use; its icons go into ``_static/icons.css``."""
    library = pages / "_static" / "scripts" / "fontawesome.js"
    found = sorted(pages.rglob("*.html"))
    texts = {path: path.read_text() for path in found if "_static" not in path.relative_to(pages).parts}
    names = sorted({name for text in texts.values() for name in ICON.findall(text)})
    if library.exists():
        (pages / "_static" / "icons.css").write_text(icons_css(library.read_text(), names))
        for path in (library, library.with_suffix(".js.map")):
            path.unlink(missing_ok=True)
    pictures, terms = _pictures(pages), _terms(texts.get(pages / "book" / "glossary.html", ""))
    for path, text in texts.items():
        root = "../" * (len(path.relative_to(pages).parts) - 1)
        static = f"{root}_static"
        page = LIBRARY.sub(f'  <link rel="stylesheet" href="{static}/icons.css" />\n', text)
        page = page.replace('id="pst-page-toc-nav"', 'id="contents-nav"')  # which contents.js marks, not the theme
        page = with_names(with_terms(page, terms), terms, f"{root}book/glossary.html")
        if 'class="math' not in page and "tex2jax_process" not in page.replace("tex2jax_process|", ""):
            page = FORMULAS.sub("", page)
        page = with_sizes(with_drawings(page, path.parent, pages, pictures), path.parent)
        path.write_text(finished(page, path, pages))


def _terms(glossary: str) -> dict[str, str]:
    """The explanation of every term, by the id of its place in the glossary."""
    entries = re.findall(r'((?:<dt id="term-[^"]+">(?:(?!<dt|<dd).)*)+)<dd><p>(.*?)</p>', glossary, flags=re.DOTALL)
    return {id: plain(text) for names, text in entries for id in re.findall(r'<dt id="([^"]+)"', names)}


def with_terms(page: str, terms: dict[str, str]) -> str:
    """A page whose links to the glossary, and whose verdicts, say on hover what they mean."""

    def told(match: re.Match[str]) -> str:
        text = terms.get(match["id"])
        return f'{match["link"]} title="{html.escape(text)}">' if text else match[0]

    page = re.sub(
        r'(?P<link><a class="reference internal" href="[^"]*glossary\.html#(?P<id>term-[\w-]+)")>', told, page
    )
    return CHIP.sub(lambda chip: f'{chip[0][:-1]} title="{html.escape(terms.get(f"term-{chip[1]}", chip[1]))}">', page)


# Names that stand where no link was written: on every page the first of each leads to its entry. Those of the glossary
# that are words of every day as well (run, head, seed) are left out.
NAMES = {
    r"LeNet-(?:64|500)\b": "term-LeNet-64-LeNet-500",
    r"\brate as with it\b": "term-common-rate",
    r"\\\(H\(Y\)\\\)": "term-H-Y",
    r"\bCOCO\b": "term-COCO",
    r"\brank correlations?\b": "term-rank-correlation",
    r"\bpairs? (?:was |were )?lost\b": "term-pair-lost",
} | {
    rf"\b{name}\b": f"term-{name.replace(' ', '-')}"
    for name in (
        "workhorse", "common rate", "angular margin", "target logit", "train-correct", "literal ArcFace",
        "feature incay", "angle gap", "simplex", "weight separability", "tuning seed", "open set",
        "confirmatory", "exploratory",
    )
}  # fmt: skip
LEFT = re.compile(
    r"(<(?:a|h[1-6]|script|style|pre|code|svg|summary|option|title|label)\b.*?</(?:a|h[1-6]|script|style|pre|code|svg|"
    r"summary|option|title|label)>|<[^>]*>)",
    flags=re.DOTALL,
)


def with_names(page: str, terms: dict[str, str], glossary: str) -> str:
    """A page on which the first of each of ``NAMES`` in a text leads to the glossary and says on hover what it is."""
    begin, end = page.find("<article"), page.rfind("</article>")
    pieces = LEFT.split(page[begin:end])
    text = "\n".join(piece for piece in pieces if not piece.startswith("<"))  # far less to search than the page
    for pattern, id in NAMES.items():
        if id not in terms or f'id="{id}"' in page or f"#{id}" in page or not re.search(pattern, text):
            continue
        link = f'<a class="reference internal" href="{glossary}#{id}" title="{html.escape(terms[id])}">'
        for i, piece in enumerate(pieces):
            if piece.startswith("<") or not re.search(pattern, piece):
                continue
            if pattern.startswith("\\\\") or not piece.lstrip().startswith(("\\(", "\\[")):
                linked = re.sub(pattern, lambda name, link=link: f"{link}{name[0]}</a>", piece, count=1)
                pieces[i : i + 1] = LEFT.split(linked)
                break
    return page[:begin] + "".join(pieces) + page[end:]


def _pictures(pages: Path) -> dict[str, Path]:
    """Every picture that a chapter glued, by its content: where its drawing and its data stand too."""
    return {_digest(path): path for path in pages.glob("_static/figures/*/*.png") if not path.stem.endswith("-slide")}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def with_drawings(page: str, folder: Path, pages: Path, pictures: dict[str, Path]) -> str:
    """A page whose glued pictures are drawings that can be enlarged, each with its files below its caption."""

    def drawn(match: re.Match[str]) -> str:
        source = folder / unquote(html.unescape(match["source"]))
        kept = pictures.get(_digest(source)) if source.exists() else None
        drawing = kept.with_suffix(".svg") if kept else None
        if drawing is None or not drawing.exists():
            return match[0]
        where = "../" * len(folder.relative_to(pages).parts) + drawing.relative_to(pages).as_posix()
        if drawing.stat().st_size > LARGEST:
            return f"{match[0]}<!-- files {where} -->"
        return f"{match['before']}{where}{match['after']}<!-- files {where} -->"

    page = re.sub(r'(?P<before><img\b[^>]*\bsrc=")(?P<source>[^":]+\.png)(?P<after>"[^>]*>)', drawn, page)

    def with_files(match: re.Match[str]) -> str:
        found = re.search(r"<!-- files (\S+)\.svg -->", match[0])
        if found is None:
            return match[0]
        links = f'<a href="{found[1]}.svg">picture (SVG)</a>, <a href="{found[1]}.csv">data (CSV)</a>, '
        links += f'<a href="{found[1]}-slide.png">slide (PNG)</a>'
        return f'{match[0].removesuffix("</figure>")}<p class="figure-files">{links}</p></figure>'

    page = re.sub(r"<figure\b.*?</figure>", with_files, page, flags=re.DOTALL)
    return re.sub(r"<!-- files \S+ -->", "", page)


def icons_css(library: str, names: list[str]) -> str:
    """CSS that draws the icons of these names, taken out of the library's script.

    Raises:
        ValueError: if the library has none of that name.
    """
    rules = [
        "/* Icons: Font Awesome Free 6 by @fontawesome, https://fontawesome.com, CC BY 4.0. */",
        ':where(i[class*="fa-"]) { display: inline-block; }',
        'i[class*="fa-"] { background: currentColor; height: 1em; mask: var(--icon) center / contain no-repeat; '
        "vertical-align: -0.125em; width: 1em; }",
        "i.fa-lg { font-size: 1.25em; }",
    ]
    for name in names:
        shape = r'"\w+","([^"]*)"'
        shapes = re.findall(rf'(?<![\w-])"?{re.escape(name)}"?:\[(\d+),(\d+),\[[^\]]*\],{shape}', library)
        # an icon of the repository's buttons may go by another of its names
        shapes = shapes or re.findall(rf':\[(\d+),(\d+),\[[^\]]*"{re.escape(name)}"[^\]]*\],{shape}', library)
        if not shapes:
            raise ValueError(f"the icon library has no icon {name!r}")
        width, height, path = shapes[-1]  # the solid set comes last
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><path d="{path}"/></svg>'
        rules.append(f'i.fa-{name} {{ --icon: url("data:image/svg+xml,{quote(svg)}"); }}')
    return "\n".join(rules) + "\n"


def with_sizes(page: str, folder: Path) -> str:
    """A page whose pictures say their width and height, so that nothing moves while they load."""

    def sized(match: re.Match[str]) -> str:
        tag = match[0]
        source = re.search(r'\bsrc="([^":]+)"', tag)
        if source is None or re.search(r"\bheight=", tag):
            return tag
        size = _size(folder / unquote(html.unescape(source[1])))
        if size is None:
            return tag
        return f'{re.sub(r"""[ ]*/?>$""", "", tag)} width="{size[0]}" height="{size[1]}" />'

    return re.sub(r"<img\b[^>]*>", sized, page)


def _size(path: Path) -> tuple[int, int] | None:
    if not path.exists():
        return None
    if path.suffix == ".svg":
        head = path.read_text()[:3000]
        box = re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', head)
        return (round(float(box[1])), round(float(box[2]))) if box else None
    from PIL import Image

    with Image.open(path) as picture:
        return picture.size
