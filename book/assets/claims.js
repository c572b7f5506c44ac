// The page of all verdicts: filters with counts, their state in the address. Without it every claim is there to read.
addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector(".claim-filters");
  if (!form) return;
  const claims = [...document.querySelectorAll("details.claim")];
  const texts = new Map(claims.map(claim => [claim, claim.textContent.toLowerCase()]));
  const fields = [...form.querySelectorAll("[name]")];
  const selects = fields.filter(field => field.tagName === "SELECT");

  const wanted = () => new Map(fields.map(field => [field.name, field.type === "checkbox"
    ? (field.checked ? field.value : "") : field.value.trim()]).filter(([, value]) => value));
  const fits = (claim, state, except) => [...state].every(([name, value]) => name === except
    || (name === "q" ? value.toLowerCase().split(/\s+/).every(word => texts.get(claim).includes(word))
      : claim.dataset[name] === value));

  function show(state) {
    const shown = new Set(claims.filter(claim => fits(claim, state)));
    for (const claim of claims) claim.hidden = !shown.has(claim);
    for (const group of document.querySelectorAll(".variants, .family, section.claims"))
      group.hidden = !group.querySelector("details.claim:not([hidden])");
    for (const family of document.querySelectorAll(".family")) {  // a variant that alone is meant stands open
      const [first, fold] = family.children;
      if (first.hidden && !fold.hidden) fold.open = true;
    }
    for (const select of selects) {
      const counted = claims.filter(claim => fits(claim, state, select.name));
      for (const option of select.options) {
        option.dataset.text ??= option.text;
        const count = option.value ? counted.filter(claim => claim.dataset[select.name] === option.value).length
          : counted.length;
        option.text = `${option.dataset.text} (${count})`;
      }
    }
    form.querySelector("[role=status]").textContent = `${shown.size} of ${claims.length} claims`;
  }

  // "#verdict-c-lsm1" is a claim, "#paper=thesis&word=reversed" a state; the search part of a file's address is not ours.
  function read() {
    const hash = decodeURIComponent(location.hash.slice(1));
    const target = hash && document.getElementById(hash);
    const state = new URLSearchParams(!target && hash.includes("=") ? location.hash.slice(1) : "");
    for (const field of fields) {
      const value = state.get(field.name) ?? "";
      if (field.type === "checkbox") field.checked = value !== "";
      else field.value = value;
    }
    show(wanted());
    if (target) {
      for (let node = target.parentElement; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
      target.scrollIntoView({block: "center"});
    } else if (hash.includes("=")) form.scrollIntoView();
  }

  function write() {
    const state = wanted();
    history.replaceState(null, "", `#${new URLSearchParams([...state])}`);
    show(state);
  }

  form.hidden = false;
  form.addEventListener("input", write);
  form.addEventListener("reset", () => setTimeout(write));
  form.addEventListener("submit", event => event.preventDefault());
  addEventListener("hashchange", read);
  read();
});
