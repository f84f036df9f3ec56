/** Each kind of markdown, in pieces so small that no idle moment becomes a long task. */
const TEXTS = [
  "Text with `code`, **weight**, *stress*, ~~none~~ and [a link](https://example.com).",
  "# Heading",
  "> quoted",
  "- item\n  1. inner\n- [ ] task\n",
  "| a | b |\n| - | - |\n| 1 | 2 |\n",
  "```js\nlet a;\n```\n",
  "---\n",
  "\\(a\\) <b> &amp; https://example.com a_b **c",
];

/** V8 first interprets a regular expression, and compiles it when it is used again, and again for texts with a letter
 *  beyond Latin-1. That would happen to every expression of a parser in the first frames of an answer. */
const ROUNDS = ["", "", " ह", " ह"];

/** Renders each kind of markdown in idle moments, so that it is compiled before an answer arrives. */
export function warmUp(render: (text: string) => void): void {
  const left = ROUNDS.flatMap((letter) =>
    TEXTS.map((text) => text.trimEnd() + letter + (text.endsWith("\n") ? "\n" : "")),
  );
  const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run));
  idle(function next(): void {
    const text = left.shift();
    if (!text) return;
    render(text);
    idle(next);
  });
}
