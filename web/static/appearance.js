// Language, theme, side bar and who is signed in, before the first paint, and that the page's code has not started.
(() => {
  const html = document.documentElement;
  html.dataset.starting = "";
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is forbidden
    }
  };
  const theme = read("oneai.theme");
  if (theme === "light" || theme === "dark") html.dataset.theme = theme;
  if (read("oneai.side_bar") === "folded") html.dataset.sideBar = "folded";
  if (!read("oneai.session")) html.dataset.visitor = "";
  const language = read("oneai.language") ?? navigator.language.slice(0, 2);
  if (language === "hi") html.lang = "hi";
  if (language === "ar-x-pseudo") [html.lang, html.dir] = ["ar", "rtl"];
})();
