// The page inside a diagram's frame. It has no origin, no network and no storage, and draws the code that it receives.
/* global mermaid */
addEventListener("message", async ({ data, source }) => {
  if (source !== parent) return;
  const { text, dark } = data;
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    suppressErrorRendering: true,
    theme: dark ? "dark" : "neutral",
    fontFamily: "ui-sans-serif, system-ui, sans-serif",
  });
  try {
    const { svg } = await mermaid.render("diagram", text);
    document.body.innerHTML = svg;
    const { height } = document.body.firstElementChild.getBoundingClientRect();
    parent.postMessage({ height: Math.ceil(height) }, "*");
  } catch {
    parent.postMessage({ failed: true }, "*");
  }
});
parent.postMessage({ ready: true }, "*");
