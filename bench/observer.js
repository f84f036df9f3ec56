// Measures from inside of a page, before anything of the page runs: long tasks, key presses (from the event to the frame
// that shows it, in steps of 8 ms: https://www.w3.org/TR/event-timing/), and, while `numbered` is set, the time from an
// answer's bytes to its pixels. Words of such an answer are numbered: "word12 ". Without it nothing here runs in the
// tasks that are measured.
(() => {
  const bench = (window.bench = {
    longTasks: [],
    keys: [],
    latencies: [],
    numbered: false,
    arrivals: new Map(),
    shown: -1,
  });
  const observe = (type, options, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      type,
      buffered: true,
      ...options,
    });
  observe("longtask", {}, (entry) =>
    bench.longTasks.push({
      start: entry.startTime,
      duration: entry.duration,
      // "self" is this page, "cross-origin-descendant" a frame of another site.
      of: entry.name,
    }),
  );
  observe("event", { durationThreshold: 16 }, (entry) => {
    if (
      entry.name === "keydown" ||
      entry.name === "keypress" ||
      entry.name === "input"
    )
      bench.keys.push(entry.duration);
  });

  // Answers' bytes, as they arrive.
  const decoder = new TextDecoder();
  const original = window.fetch;
  window.fetch = async (...request) => {
    const response = await original(...request);
    if (
      !bench.numbered ||
      !response.headers.get("content-type")?.startsWith("text/event-stream")
    )
      return response;
    const tap = new TransformStream({
      transform(bytes, controller) {
        for (const [, number] of decoder
          .decode(bytes, { stream: true })
          .matchAll(/word(\d+) /g))
          bench.arrivals.set(Number(number), performance.now());
        controller.enqueue(bytes);
      },
    });
    return new Response(response.body.pipeThrough(tap), response);
  };

  // A write inside of a frame is painted with it, any other one with the next.
  let inFrame = false;
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => {
    if (!bench.numbered) return request(callback);
    return request((time) => {
      inFrame = true;
      queueMicrotask(() => queueMicrotask(() => (inFrame = false)));
      callback(time);
    });
  };
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    if (bench.arrivals.size === 0) return;
    const last = Number(/.*word(\d+)/s.exec(endOfAnswer())?.[1] ?? -1);
    const now = performance.now();
    for (let number = bench.shown + 1; number <= last; number++) {
      const arrival = bench.arrivals.get(number);
      if (arrival) bench.latencies.push(now - arrival);
    }
    bench.shown = Math.max(bench.shown, last);
  };
  // The last text of the page's last answer, found without reading all of it.
  const answers = document.getElementsByClassName("markdown");
  const endOfAnswer = () => {
    let node = answers[answers.length - 1] ?? document.getElementById("answer");
    while (node?.lastChild)
      node = node.lastChild.textContent.trim()
        ? node.lastChild
        : node.lastChild.previousSibling;
    return node?.textContent.slice(-200) ?? "";
  };
  const painted = () => channel.port2.postMessage(null);
  let waiting = false;
  const observer = new MutationObserver(() => {
    if (!bench.numbered) return;
    if (inFrame) painted();
    else if (!waiting) {
      waiting = true;
      request(() => {
        waiting = false;
        painted();
      });
    }
  });
  observer.observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
  });
})();
