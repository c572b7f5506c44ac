// Weights at one common angle for two, three and four classes, and where W-Softmax turns the rivals of the first.
//
// Takes the place of the still picture in the figure named fig-wsm-simplex. Dragged or moved by its sliders; nothing is
// fetched, nothing is remembered.
(() => {
  "use strict";

  const STILL = "simplex-figure.svg";
  const START = { turn: 25, tilt: 15, alpha: 0 };
  const RADIUS = 84;
  const SMALL = 38; // on a phone the three stand side by side too

  const radians = (degrees) => (degrees * Math.PI) / 180;
  const degrees = (value) => (value * 180) / Math.PI;

  // Columns of the paper's Eq. 3, the last coordinate upwards, padded to three dimensions.
  function weights(classes) {
    let found = [[1], [-1]];
    for (let c = 3; c <= classes; c += 1) {
      const r = Math.sqrt(((c - 1) ** 2 - 1) / (c - 1) ** 2);
      found = found.map((w) => [...w.map((x) => r * x), -1 / (c - 1)]);
      found.push([...Array(c - 2).fill(0), 1]);
    }
    if (classes === 2) return found.map(([x]) => [x, 0, 0]);
    if (classes === 3) return found.map(([x, z]) => [x, 0, z]);
    return found;
  }

  // The rival's weight (alpha W1 + Wj) / length; null where that has no direction.
  function rival(own, other, alpha) {
    const sum = own.map((x, i) => alpha * x + other[i]);
    const length = Math.hypot(...sum);
    return length < 1e-9 ? null : sum.map((x) => x / length);
  }

  const between = (classes) => degrees(Math.acos(-1 / (classes - 1)));

  function away(classes, alpha) {
    const theta = Math.acos(-1 / (classes - 1));
    if (classes === 2) return alpha < 1 ? 180 : alpha > 1 ? 0 : null;
    return degrees(Math.atan2(Math.sin(theta), alpha + Math.cos(theta)));
  }

  // To the screen: x to the right, y downwards, and how far to the back.
  function project([x, y, z], state) {
    const [t, p] = [radians(state.turn), radians(state.tilt)];
    const right = x * Math.cos(t) - y * Math.sin(t);
    const back = x * Math.sin(t) + y * Math.cos(t);
    return [right, -(z * Math.cos(p) + back * Math.sin(p)), back * Math.cos(p) - z * Math.sin(p)];
  }

  function arrow(vector, state, radius, name, kind) {
    const [x, y, back] = project(vector, state);
    const length = Math.hypot(x, y);
    const near = (0.85 - 0.15 * back).toFixed(2); // what is at the back is a little fainter
    const parts = [`<g opacity="${near}">`];
    const at = (a, b) => `${(radius * a).toFixed(1)} ${(radius * b).toFixed(1)}`;
    parts.push(`<path class="weight ${kind}" d="M0 0L${at(x, y)}"/>`);
    parts.push(`<circle class="tip ${kind}" cx="${(radius * x).toFixed(1)}" cy="${(radius * y).toFixed(1)}" r="4.5"/>`);
    const off = (RADIUS / radius) * 0.2;
    const out = length < 0.15 ? [0, -1.2 * off] : [(x / length) * (length + off), (y / length) * (length + off)];
    const label = at(...out).split(" ");
    if (name) parts.push(`<text x="${label[0]}" y="${(Number(label[1]) + 5).toFixed(1)}">${name}</text>`);
    return [back, `${parts.join("")}</g>`];
  }

  function panel(state, radius, classes, x, y) {
    const all = weights(classes);
    const arrows = all.map((w, i) => arrow(w, state, radius, `W${"₁₂₃₄"[i]}`, i ? "two" : "one"));
    if (state.alpha > 0) {
      for (const other of all.slice(1)) {
        const turned = rival(all[0], other, state.alpha);
        if (turned) arrows.push(arrow(turned, state, radius, "", "turned"));
      }
    }
    arrows.sort((a, b) => b[0] - a[0]);
    const flat = Math.abs(radius * Math.sin(radians(state.tilt))).toFixed(1);
    return (
      `<g transform="translate(${x} ${y})"><circle class="gap" r="${radius}"/>` +
      `<ellipse class="equator" rx="${radius}" ry="${flat}"/>${arrows.map(([, drawn]) => drawn).join("")}` +
      `<text class="strong" y="${-radius - 34}">${classes} classes</text></g>`
    );
  }

  // The book's own colours where it sets them (and so the dark ones in the dark), else those of paper.
  const STYLE = Object.entries({
    text: "font:14px system-ui,sans-serif;fill:var(--book-ink,#1f2937);text-anchor:middle",
    ".strong": "font-weight:600",
    ".key": "text-anchor:start",
    ".paper": "fill:var(--figure-paper,#fff)",
    ".gap": "fill:var(--figure-gap,#eef0f3)",
    ".equator": "fill:none;stroke:var(--book-quiet,#6b7280);stroke-width:1;stroke-dasharray:3 4",
    ".weight": "fill:none;stroke-width:3",
    ".weight.one": "stroke:var(--figure-one-ink,#0b5394)",
    ".weight.two": "stroke:var(--figure-two-ink,#a34a00)",
    ".weight.turned": "stroke:var(--figure-two-ink,#a34a00);stroke-width:2;stroke-dasharray:5 4",
    ".tip.one": "fill:var(--figure-one-ink,#0b5394)",
    ".tip.two": "fill:var(--figure-two-ink,#a34a00)",
    ".tip.turned": "fill:var(--figure-two-ink,#a34a00)",
  })
    .map(([selector, rule]) => `.simplex ${selector}{${rule}}`)
    .join("");

  const KEYS = [
    ["one", "own weight"],
    ["two", "rival's weight"],
    ["turned", "in training, by α"],
  ];

  function key(x, y, narrow) {
    const items = KEYS.map(([kind, text], i) => {
      const left = narrow ? 0 : [0, 150, 320][i];
      const top = narrow ? 24 * i : 0;
      return (
        `<path class="weight ${kind}" d="M${left} ${top}h26"/>` +
        `<text class="key" x="${left + 34}" y="${top + 5}">${text}</text>`
      );
    });
    return `<g transform="translate(${x} ${y})">${items.join("")}</g>`;
  }

  function draw(state, narrow) {
    const [width, height] = narrow ? [340, 252] : [680, 300];
    const places = narrow ? [[66, 96], [170, 96], [274, 96]] : [[115, 135], [340, 135], [565, 135]];
    const radius = narrow ? SMALL : RADIUS;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" class="simplex" viewBox="0 0 ${width} ${height}" role="img">` +
      `<title>${describe(state)}</title><style>${STYLE}</style>` +
      `<rect class="paper" width="${width}" height="${height}"/>` +
      places.map(([x, y], i) => panel(state, radius, i + 2, x, y)).join("") +
      `${key(narrow ? 90 : 95, narrow ? 186 : 275, narrow)}</svg>`
    );
  }

  const SIZES = [2, 3, 4];

  // One sentence for the weights, one for the rivals, for the eye and for a screen reader.
  function describe(state) {
    const told = SIZES.map((c) => `${between(c).toFixed(1)}°`);
    const first = `Two, three and four weights, every two at ${told[0]}, ${told[1]} and ${told[2]}.`;
    if (state.alpha === 0) return `${first} α = 0: the rivals stay where they are.`;
    const turned = SIZES.map((c) => {
      const angle = away(c, state.alpha);
      return angle === null ? "no angle at all (they vanish)" : `${angle.toFixed(1)}°`;
    });
    return `${first} α = ${state.alpha.toFixed(1)}: rivals at ${turned[0]}, ${turned[1]} and ${turned[2]} from W1.`;
  }

  const CONTROLS = [
    ["turn", "Turn", -180, 180, 5, (v) => `${v}°`],
    ["tilt", "Tilt", -90, 90, 5, (v) => `${v}°`],
    ["alpha", "α", 0, 3, 0.1, (v) => v.toFixed(1)],
  ];

  const PRESETS = [
    ["As drawn", {}],
    ["From above", { turn: 0, tilt: 90 }],
    ["α = 1", { alpha: 1 }],
    ["α = 3", { alpha: 3 }],
  ];

  function drag(state, right, down) {
    state.turn = ((Math.round(state.turn - right) + 540) % 360) - 180;
    state.tilt = Math.max(-90, Math.min(90, Math.round(state.tilt + down)));
  }

  window.bookFigure({ still: STILL, start: START, controls: CONTROLS, presets: PRESETS, draw, describe, drag });
})();
