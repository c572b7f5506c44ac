// Which scale, which margin: the formulas of losses.choosing, for one's own numbers. Without it the tables stand.
addEventListener("DOMContentLoaded", () => {
  const told = {
    scale({classes, probability}) {
      if (!(classes >= 2 && probability > 1 / classes && probability < 1)) return "";
      const scale = (classes - 1) / classes * Math.log((classes - 1) * probability / (1 - probability));
      return `A scale of ${scale.toFixed(2)} or more.`;
    },
    margin({classes, degrees}) {
      const between = Math.acos(-1 / (classes - 1)), radians = degrees * Math.PI / 180;
      if (!(classes >= 2 && radians >= 0 && radians < between)) return "";
      const left = between - radians;
      const alpha = Math.max(0, Math.sin(between) / Math.tan(left) - Math.cos(between));
      const biased = classes > 2 || radians === 0 ? `, W-Softmax ${alpha.toFixed(3)}` : "";
      return `L- and A-Softmax ${((between + radians) / left).toFixed(3)} (whole numbers only), `
        + `CosFace ${(2 * Math.sin(between / 2) * Math.sin(radians / 2)).toFixed(3)}, ArcFace ${radians.toFixed(3)}${biased}.`;
    },
  };
  for (const form of document.querySelectorAll(".chooser")) {
    const say = () => {
      const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, Number(value)]));
      form.querySelector("[role=status]").textContent = told[form.dataset.chooser](values);
    };
    form.hidden = false;
    form.addEventListener("input", say);
    form.addEventListener("submit", event => event.preventDefault());
    say();
  }
});
