// Asks, and yields the text of each event of the answer.
async function* pieces(token, question) {
  const response = await fetch("/api/chat/stream", {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(question),
  });
  if (!response.ok)
    throw new Error(`the question was refused: ${response.status}`);
  let wire = "";
  for await (const piece of response.body.pipeThrough(
    new TextDecoderStream(),
  )) {
    wire += piece;
    const frames = wire.split("\n\n");
    wire = frames.pop();
    for (const frame of frames) {
      if (frame.includes("event: delta"))
        yield JSON.parse(frame.match(/^data: (.*)$/m)[1]).text;
    }
  }
  document.body.dataset.state = "complete";
}
