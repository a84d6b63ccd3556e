// Sets the theme before the first paint. A file of its own, because the content security policy allows no inline script.
(() => {
  const root = document.documentElement;
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("tidegate.appearance") || "{}") || {};
  } catch {
    kept = {};
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = kept.theme === "light" || kept.theme === "dark" ? kept.theme : dark ? "dark" : "light";
  root.dataset.density = kept.density === "dense" ? "dense" : "comfortable";
})();
