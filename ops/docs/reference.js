// Searching and the theme. Without this script the page is complete, only longer.
(() => {
  const search = document.getElementById("search");
  const nothing = document.getElementById("nothing");
  const found = [...document.querySelectorAll("[data-search]")];
  const groups = [...document.querySelectorAll("main > .domain, nav > section")];

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const element of found) {
      const hidden = !words.every((word) => element.dataset.search.includes(word));
      element.hidden = hidden;
      if (!hidden) hits += 1;
    }
    for (const group of groups) {
      const inside = group.querySelectorAll("[data-search]");
      group.hidden = words.length > 0 && inside.length > 0 && [...inside].every((element) => element.hidden);
    }
    document.body.classList.toggle("searching", words.length > 0);
    nothing.hidden = hits > 0;
  };
  search.addEventListener("input", filter);

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.select();
      search.focus();
    } else if (event.key === "Escape" && document.activeElement === search) {
      search.value = "";
      filter();
      search.blur();
    } else if (event.key === "Enter" && document.activeElement === search) {
      document.querySelector("main [data-search]:not([hidden])")?.scrollIntoView();
    }
  });

  // A link to what the search has hidden shows it again.
  const show = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target === null || target.closest("[hidden]") === null) return;
    search.value = "";
    filter();
    target.scrollIntoView();
  };
  addEventListener("hashchange", show);

  const theme = document.getElementById("theme");
  const set = (dark) => {
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    theme.textContent = dark ? "☾" : "☀";
    theme.setAttribute("aria-pressed", String(dark));
  };
  const key = "pixsim.docs.theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const read = () => {
    try {
      return localStorage.getItem(key);
    } catch {
      // Storage may be forbidden: then the system decides.
      return null;
    }
  };
  const isDark = () => (read() === null ? system.matches : read() === "dark");
  set(isDark());
  system.addEventListener("change", () => set(isDark()));
  theme.addEventListener("click", () => {
    const dark = document.documentElement.style.colorScheme !== "dark";
    set(dark);
    try {
      localStorage.setItem(key, dark ? "dark" : "light");
    } catch {
      // It lasts as long as the page.
    }
  });
})();
