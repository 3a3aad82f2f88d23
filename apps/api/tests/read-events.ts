/** Follows a stream of events, and waits for the next one of a name. */
export type ReadEvents = {
  /** The data of the next event of this name that was not handed out. */
  next(event: string): Promise<unknown>;
  /** All that was received. */
  text(): string;
  close(): Promise<void>;
};

export async function readEvents(url: string, headers: Record<string, string>): Promise<ReadEvents> {
  const gone = new AbortController();
  const response = await fetch(url, { headers, signal: gone.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`the stream was answered ${response.status}`);
  const waiting: { event: string; data: unknown }[] = [];
  let all = "";
  let wake: () => void = () => undefined;
  let over: unknown = null;
  const body = response.body;
  const reading = (async () => {
    let text = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      all += chunk;
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) {
        const event = /^event: (.*)$/m.exec(part)?.[1];
        const data = /^data: (.*)$/m.exec(part)?.[1];
        if (event !== undefined && data !== undefined) waiting.push({ event, data: JSON.parse(data) as unknown });
      }
      wake();
    }
    over = new Error("the stream has ended");
    wake();
  })().catch((error: unknown) => {
    over = error;
    wake();
  });
  return {
    next: async (event) => {
      for (;;) {
        const at = waiting.findIndex((one) => one.event === event);
        if (at >= 0) return waiting.splice(0, at + 1).at(-1)?.data;
        if (over !== null) throw over;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    text: () => all,
    close: async () => {
      gone.abort();
      await reading;
    },
  };
}
