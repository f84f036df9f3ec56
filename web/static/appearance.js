// Language, direction, theme and the folded side bar before the first paint, as stored by the last visit; and whether a person is signed in,
// because the app's frame is only for them.
(() => {
  const html = document.documentElement;
  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is forbidden: the browser's own settings apply
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
