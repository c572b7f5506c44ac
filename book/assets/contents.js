// Which section is being read: the last one that begins above a third of the window, at the end of the page the last.
addEventListener("DOMContentLoaded", () => {
  const nav = document.querySelector("#contents-nav");
  const links = nav ? [...nav.querySelectorAll("a[href^='#']")] : [];
  const stops = links.map(link => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  if (!links.length) return;
  let waiting = false;

  function mark() {
    waiting = false;
    const line = innerHeight / 3;
    const ended = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    const passed = stops.filter(stop => stop && stop.getBoundingClientRect().top <= line);
    const current = links[ended && scrollY > 0 ? links.length - 1 : stops.indexOf(passed.at(-1))];
    for (const link of links) {
      link.classList.toggle("active", link === current);
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    for (const entry of nav.querySelectorAll(".toc-entry"))
      entry.classList.toggle("active", Boolean(current) && entry.contains(current));
  }
  const later = () => { if (!waiting) { waiting = true; requestAnimationFrame(mark); } };
  addEventListener("scroll", later, {passive: true});
  addEventListener("resize", later);
  mark();
});
