// The margin between two classes in the plane, for weights of equal and of unequal length (thesis, Figure 2.4).
//
// Takes the place of the still picture in the figure named fig-margin-plane. Nothing is fetched, nothing is remembered.
(() => {
  "use strict";

  const STILL = "margin-figure.svg";
  const START = { angle: 90, ratio: 1.5, margin: 2 };
  const RADIUS = 120;
  const STEP = 0.25; // degrees between the directions that are tried before an edge is refined

  const cos = (degrees) => Math.cos((degrees * Math.PI) / 180);
  const sin = (degrees) => Math.sin((degrees * Math.PI) / 180);
  const apart = (a, b) => Math.abs(((((a - b) % 360) + 540) % 360) - 180);

  // psi of an angle in degrees: (-1)^k cos(m theta) - 2k on the k-th of m equal intervals.
  function psi(theta, margin) {
    const k = Math.min(Math.floor((theta * margin) / 180), margin - 1);
    return (k % 2 ? -1 : 1) * cos(margin * theta) - 2 * k;
  }

  // Directions are degrees clockwise from the top; W1 stands to the left of it, W2 to the right.
  function plane(angle, ratio, margin) {
    const w1 = -angle / 2;
    const w2 = angle / 2;
    const safe1 = (x) => ratio * psi(apart(x, w1), margin) - cos(apart(x, w2));
    const safe2 = (x) => psi(apart(x, w2), margin) - ratio * cos(apart(x, w1));
    // Softmax cuts the plane along the line through the origin that is normal to W1 - W2; its near half points at the
    // foot of the perpendicular from the origin to the line through the two weights.
    const [x1, y1, x2, y2] = [ratio * sin(w1), ratio * cos(w1), sin(w2), cos(w2)];
    const share = (x1 * (x1 - x2) + y1 * (y1 - y2)) / ((x1 - x2) ** 2 + (y1 - y2) ** 2);
    const boundary = (Math.atan2(x1 - share * (x1 - x2), y1 - share * (y1 - y2)) * 180) / Math.PI;
    return {
      w1,
      w2,
      boundary,
      one: intervals(safe1, boundary - 180, boundary),
      two: intervals(safe2, boundary, boundary + 180),
    };
  }

  // Where f is positive between two directions: pairs of edges, each to a millionth of a degree. There can be two
  // pairs, or none.
  function intervals(f, start, end) {
    const steps = Math.round((end - start) / STEP);
    const edges = [];
    let before = start;
    let inside = false;
    for (let i = 1; i <= steps; i += 1) {
      const here = i === steps ? end - 1e-6 : start + (i * (end - start)) / steps;
      if (f(here) > 0 !== inside) {
        let [low, high] = [before, here];
        while (high - low > 1e-6) {
          const middle = (low + high) / 2;
          if (f(middle) > 0 === inside) low = middle;
          else high = middle;
        }
        edges.push((low + high) / 2);
        inside = !inside;
      }
      before = here;
    }
    if (inside) edges.push(end);
    const pairs = [];
    for (let i = 0; i < edges.length; i += 2) pairs.push([edges[i], edges[i + 1]]);
    return pairs;
  }

  // The margin that faces the weights: from the last safe direction of class 1 to the first of class 2.
  function margin(found) {
    if (!found.one.length || !found.two.length) return null;
    return [found.one[found.one.length - 1][1], found.two[0][0]];
  }

  const at = (direction, radius) => `${(radius * sin(direction)).toFixed(1)} ${(-radius * cos(direction)).toFixed(1)}`;

  function sector(from, to, kind, radius = RADIUS) {
    const large = to - from > 180 ? 1 : 0;
    return `<path class="${kind}" d="M0 0L${at(from, radius)}A${radius} ${radius} 0 ${large} 1 ${at(to, radius)}Z"/>`;
  }

  function arrow(direction, length, name, kind) {
    const tip = at(direction, length);
    const left = at(direction - 4 * (100 / length), length - 11);
    const right = at(direction + 4 * (100 / length), length - 11);
    const label = at(direction, length + 17).split(" ");
    return (
      `<path class="weight ${kind}" d="M0 0L${at(direction, length - 8)}"/>` +
      `<path class="tip ${kind}" d="M${tip}L${left}L${right}Z"/>` +
      `<text class="strong" x="${label[0]}" y="${(Number(label[1]) + 5).toFixed(1)}">${name}</text>`
    );
  }

  function panel(state, ratio, title, x, y) {
    const found = plane(state.angle, ratio, state.margin);
    const parts = [`<g transform="translate(${x} ${y})"><circle class="gap" r="${RADIUS}"/>`];
    for (const [from, to] of found.one) parts.push(sector(from, to, "one"));
    for (const [from, to] of found.two) parts.push(sector(from, to, "two"));
    parts.push(`<path class="softmax" d="M${at(found.boundary, RADIUS)}L${at(found.boundary + 180, RADIUS)}"/>`);
    const gap = margin(found);
    if (gap && state.margin > 1) {
      const [from, to] = gap;
      const large = to - from > 180 ? 1 : 0;
      const text = at((from + to) / 2, RADIUS + 24).split(" ");
      parts.push(
        `<path class="arc" d="M${at(from, RADIUS + 7)}A${RADIUS + 7} ${RADIUS + 7} 0 ${large} 1 ${at(to, RADIUS + 7)}"/>`,
        `<text class="strong" x="${text[0]}" y="${(Number(text[1]) + 4).toFixed(1)}">${(to - from).toFixed(1)}°</text>`,
      );
    }
    const longest = 92;
    parts.push(arrow(found.w1, ratio >= 1 ? longest : longest * ratio, "W₁", "one"));
    parts.push(arrow(found.w2, ratio >= 1 ? longest / ratio : longest, "W₂", "two"));
    parts.push(`<text class="strong" y="${-RADIUS - 46}">${title}</text></g>`);
    return parts.join("");
  }

  // The book's own colours where it sets them (and so the dark ones in the dark), else those of paper.
  const STYLE = Object.entries({
    text: "font:14px system-ui,sans-serif;fill:var(--book-ink,#1f2937);text-anchor:middle",
    ".strong": "font-weight:600",
    ".key": "text-anchor:start",
    ".paper": "fill:var(--figure-paper,#fff)",
    ".gap": "fill:var(--figure-gap,#e2e5ea)",
    ".one": "fill:var(--figure-one,#bcdcf2)",
    ".two": "fill:var(--figure-two,#fbd9b0)",
    ".softmax": "fill:none;stroke:var(--book-quiet,#6b7280);stroke-width:2;stroke-dasharray:5 4",
    ".arc": "fill:none;stroke:var(--book-ink,#1f2937);stroke-width:2.5",
    ".weight.one": "stroke:var(--figure-one-ink,#0b5394);stroke-width:3",
    ".weight.two": "stroke:var(--figure-two-ink,#a34a00);stroke-width:3",
    ".tip.one": "fill:var(--figure-one-ink,#0b5394)",
    ".tip.two": "fill:var(--figure-two-ink,#a34a00)",
  })
    .map(([selector, rule]) => `.margin-plane ${selector}{${rule}}`)
    .join("");

  const KEYS = [
    ["one", "safely class 1"],
    ["gap", "neither: the margin"],
    ["two", "safely class 2"],
  ];

  function key(x, y, narrow) {
    const items = KEYS.map(([kind, text], i) => {
      const left = narrow ? [0, 160, 0][i] : [0, 140, 315][i];
      const top = narrow ? [0, 0, 26][i] : 0;
      return (
        `<rect class="${kind}" x="${left}" y="${top}" width="16" height="16"/>` +
        `<text class="key" x="${left + 23}" y="${top + 13}">${text}</text>`
      );
    });
    const left = narrow ? 150 : 465;
    const top = narrow ? 34 : 8;
    items.push(
      `<path class="softmax" d="M${left} ${top}h26"/>` +
        `<text class="key" x="${left + 33}" y="${top + 5}">softmax boundary</text>`,
    );
    return `<g transform="translate(${x} ${y})">${items.join("")}</g>`;
  }

  function draw(state, narrow) {
    const [width, height] = narrow ? [340, 392] : [680, 400];
    const title = `|W₁| = ${state.ratio.toFixed(2)} |W₂|`;
    const equal = "|W₁| = |W₂|";
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" class="margin-plane" viewBox="0 0 ${width} ${height}" role="img">` +
      `<title>${describe(state)}</title><style>${STYLE}</style>` +
      `<rect class="paper" width="${width}" height="${height}"/>` +
      (narrow
        ? panel(state, state.ratio, state.ratio === 1 ? equal : title, 170, 182) // a phone has room for the one that changes
        : panel(state, 1, equal, 170, 190) + panel(state, state.ratio, title, 510, 190)) +
      `${key(narrow ? 12 : 35, narrow ? 338 : 365, narrow)}</svg>`
    );
  }

  // One sentence a panel, for the eye and for a screen reader.
  function describe(state) {
    const tell = (ratio, name) => {
      const found = plane(state.angle, ratio, state.margin);
      const gap = margin(found);
      if (!gap) return `${name}: class ${found.one.length ? 2 : 1} is safe nowhere.`;
      const one = found.boundary - gap[0];
      const two = gap[1] - found.boundary;
      const parts = Math.abs(one - two) < 0.05 ? "" : `, ${one.toFixed(1)}° of it on the side of class 1`;
      return `${name}: a margin of ${(one + two).toFixed(1)}°${parts}.`;
    };
    return (
      `Weights ${state.angle}° apart, m = ${state.margin}. ${tell(1, "Equal lengths")} ` +
      `${tell(state.ratio, `W1 ${state.ratio.toFixed(2)} times as long as W2`)}`
    );
  }

  const CONTROLS = [
    ["angle", "Angle between the weights", 20, 170, 1, (v) => `${v}°`],
    ["ratio", "Length of W₁ over that of W₂", 0.5, 2, 0.05, (v) => v.toFixed(2)],
    ["margin", "Margin m", 1, 4, 1, (v) => `${v}`],
  ];

  const PRESETS = [
    ["As drawn", {}],
    ["Equal lengths, m = 4", { ratio: 1, margin: 4 }],
    ["No margin", { margin: 1 }],
    ["A short weight loses its class", { angle: 25, ratio: 1.9, margin: 4 }],
  ];

  window.bookFigure({ still: STILL, start: START, controls: CONTROLS, presets: PRESETS, draw, describe });
})();
