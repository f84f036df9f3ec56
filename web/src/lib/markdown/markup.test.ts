import assert from "node:assert/strict";
import { test } from "node:test";
import { highlight } from "./highlight.ts";
import { lightMarkup } from "./light.ts";
import { createMarkup, LONGEST_BLOCK } from "./markup.ts";
import { renderMath } from "./mathml.ts";

const markup = createMarkup({ highlight, math: renderMath });

test("an answer's own HTML is text", () => {
  for (const text of [
    "<script>alert(1)</script>",
    "a <b onclick=x>b</b>",
    "<!-- c -->",
    "<img src=x onerror=y>\n\nmore",
  ]) {
    assert.doesNotMatch(markup(text), /<(?:script|b |b>|img|!--)/);
    assert.match(markup(text), /&lt;/);
  }
});

test("a line break of HTML is understood, which tables need", () => {
  assert.match(markup("| a |\n| - |\n| x<br>y |"), /<td>x<br>y<\/td>/);
});

test("a lone dollar sign is text, and formulas are MathML", () => {
  assert.doesNotMatch(markup("It costs $5, not $10, or $$ at most."), /math/);
  assert.match(markup("$$\nx^2\n$$"), /<div dir="ltr" class="math math-display" data-tex="x\^2" tabindex="0"><math/);
  assert.match(markup("so \\(a < b\\) holds"), /<span dir="ltr" class="math" data-tex="a &#60; b"><math/);
  assert.match(markup("so \\[a\\] holds"), /<math/);
  assert.match(markup("costs $$a$$ here"), /<math/);
});

test("MathML brings no style, no annotation and no link", () => {
  const html = markup(
    "$$\\href{https://evil.example}{x} \\color{red}{y} \\class{a}{b} \\includegraphics{c} \\boxed{d}$$",
  );
  assert.doesNotMatch(html, /<math[^]*style=|annotation|evil\.example"|<a /);
});

test("a formula that is wrong is shown as it was written", () => {
  assert.match(markup("$$\\frac{$$"), /<code class="math-source">\\frac\{<\/code>/);
});

test("links lead to other places, and say where", () => {
  assert.match(
    markup("[here](https://example.com/a?b=1&c=2)"),
    /<a href="https:\/\/example.com\/a\?b=1&#38;c=2" data-host="example.com" target="_blank" rel="noopener noreferrer">here<\/a>/,
  );
  assert.doesNotMatch(markup("https://example.com/a"), /data-host/);
  assert.match(markup("[bank.com](https://bank.com@evil.example/)"), /data-host="evil.example"/);
  assert.match(markup("[x](https://аpple.com)"), /data-host="xn--pple-43d.com"/);
});

test("a link that runs script or leads into the app is no link", () => {
  for (const href of [
    "javascript:alert(1)",
    "JaVaScript&colon;x",
    "data:text/html,x",
    "vbscript:x",
    "/api/me",
    "#x",
    "//x.y",
  ]) {
    assert.doesNotMatch(markup(`[text](${href})`), /<a /, href);
  }
});

test("a picture is described, and not loaded", () => {
  const html = markup('![a "cat"](https://evil.example/x.png?q=1)');
  assert.equal(
    html.trim(),
    '<p><span class="picture" data-src="https://evil.example/x.png?q=1" data-alt="a &#34;cat&#34;"></span></p>',
  );
});

test("code is coloured in languages that are known, and never taken for HTML", () => {
  assert.match(markup("```python\nprint('<b>')\n```"), /hljs-built_in[^]*&#?\w+;b/);
  assert.match(markup("```nonsense\n<b>\n```"), /<span class="lines">&#60;b&#62;<\/span>/);
  assert.match(markup('```"><img>\nx\n```'), /<figcaption><span>&#34;&#62;&#60;img&#62;<\/span>/);
});

test("long code is not coloured, and is cut into boxes that keep every character", () => {
  const code = "const a = 1;\n".repeat(3_000);
  const html = markup(`\`\`\`js\n${code}\`\`\``);
  assert.doesNotMatch(html, /hljs/);
  assert.equal(html.match(/<span class="lines">/g)?.length, 75);
  assert.equal(html.replace(/^.*<code>|<\/code>[^]*$|<[^>]+>/gs, ""), code.trimEnd());
});

test("a block that no parser should be asked for is shown as it is", () => {
  for (const text of ["*".repeat(LONGEST_BLOCK + 1), "> ".repeat(20_000) + "x", "a\n" + "- ".repeat(5_000) + "x"]) {
    assert.match(markup(text), /^<p class="plain">/);
  }
  assert.doesNotMatch(markup("> > > three\n\n" + "-".repeat(80)), /plain/);
});

test("the growing block closes unfinished markup", () => {
  assert.match(lightMarkup("this is **bold", true), /<strong>bold<\/strong>/);
  assert.match(lightMarkup("see [the docs](https://exam", true), /the docs/);
  assert.doesNotMatch(lightMarkup("see [the docs](https://exam", true), /<a|exam/);
  assert.match(lightMarkup("```js\nlet a", true), /<pre[^]*let a/);
  assert.match(lightMarkup("costs $5 and", true), /costs \$5 and/);
  assert.match(lightMarkup("a < b and <script", true), /&lt;script/);
});

test("prose is the same in light and full rendering, so nothing jumps", () => {
  const text = "# A\n\nText **b** *c* `d` [e](https://f.g)\n\n- h\n- i\n\n> j\n\n| k |\n| - |\n| l |\n";
  assert.equal(lightMarkup(text, false), markup(text));
});

test("a footnote's label is text, in the page and in attributes", () => {
  const html = markup('[^"><img>]: x\n\ny[^"><img>]');
  assert.doesNotMatch(html, /<img/);
  assert.match(html, /data-defines="&#34;&#62;&#60;img&#62;"/);
  assert.match(html, /data-note="&#34;&#62;&#60;img&#62;"/);
});

test("long runs of brackets and stars are rendered to their end", () => {
  for (const sign of ["(", ")", "[", "]", "*", "_", "~", "*a _b ", "a* b_ ", "~~a", "[^a", "`|"]) {
    const text = `https://a.example/${sign.repeat(5_000)}`;
    assert.match(markup(text), /https:\/\/a\.example/, sign);
  }
});
