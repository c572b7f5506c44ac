// What a figure that reacts has besides its drawing: sliders, presets, a sentence, and the picture drawn anew.
//
// A figure's own script calls bookFigure({still, start, controls, presets, draw, describe, drag}):
//   still      name of the picture whose place it takes
//   start      the state that the picture shows, by name of a control
//   controls   [name, words, least, most, step, how a value is told]
//   presets    [words, values by name]
//   draw       (state, narrow) to SVG; narrow on a phone, where picture and sliders have to fit one screen
//   describe   (state, narrow) to the sentence below it
//   drag       (state, right, down) changes the state while the picture is dragged; none where it cannot be
// Nothing is fetched, nothing is remembered.
(() => {
  "use strict";

  function made(parent, kind, text = "") {
    const node = parent.appendChild(document.createElement(kind));
    node.textContent = text;
    return node;
  }

  function enhance(image, figure) {
    const state = { ...figure.start };
    const box = document.createElement("div");
    box.className = "margin-figure";
    const picture = made(box, "div");
    const form = made(box, "div");
    form.className = "controls";
    const presets = made(box, "div");
    presets.className = "presets";
    presets.setAttribute("role", "group");
    presets.setAttribute("aria-label", "Settings worth a look");
    const readout = made(box, "p");
    readout.className = "readout";
    readout.setAttribute("aria-live", "polite");
    const narrow = window.matchMedia("(max-width: 600px)");
    const shown = [];

    const update = () => {
      picture.innerHTML = figure.draw(state, narrow.matches);
      readout.textContent = figure.describe(state, narrow.matches);
      for (const show of shown) show();
    };
    for (const [name, text, min, max, step, tell] of figure.controls) {
      const label = made(form, "label");
      made(label, "span", text);
      const output = made(label, "output");
      const input = made(label, "input");
      const id = `${figure.still.replace(".svg", "")}-${name}`;
      Object.assign(input, { type: "range", min, max, step, name, id, value: state[name] });
      label.htmlFor = input.id; // an output could be labelled too, and comes first
      shown.push(() => {
        input.value = state[name];
        output.textContent = tell(state[name]);
        input.setAttribute("aria-valuetext", tell(state[name]));
      });
      input.addEventListener("input", () => {
        state[name] = Number(input.value);
        update();
      });
    }
    for (const [text, values] of figure.presets) {
      const button = made(presets, "button", text);
      button.type = "button";
      button.addEventListener("click", () => {
        Object.assign(state, figure.start, values);
        update();
      });
    }
    if (figure.drag) {
      picture.style.touchAction = "pan-y";
      picture.style.cursor = "grab";
      picture.addEventListener("pointerdown", (event) => picture.setPointerCapture(event.pointerId));
      picture.addEventListener("pointermove", (event) => {
        if (!event.buttons) return;
        figure.drag(state, event.movementX, event.movementY);
        update();
      });
    }
    narrow.addEventListener("change", update);
    update();
    (image.closest("a") || image).replaceWith(box);
  }

  window.bookFigure = (figure) => {
    const start = () => {
      for (const image of document.querySelectorAll("figure img")) {
        if (image.getAttribute("src").split(/[/?#]/).includes(figure.still)) enhance(image, figure);
      }
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
    else start();
  };
})();
