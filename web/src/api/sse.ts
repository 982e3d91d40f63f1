/** Server-sent events, read from a `fetch` response (the native EventSource can neither POST nor be told why it failed). */

export interface ServerEvent {
  event: string;
  data: string;
}

/** One block of lines as an event; null for a block without data (a comment that keeps the connection open). */
function eventOf(block: string): ServerEvent | null {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  return data.length > 0 ? { event, data: data.join('\n') } : null;
}

/** The events of a stream in order, ending when the stream ends. Leaving the loop early cancels the request. */
export async function* readEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let held = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      held += decoder.decode(value, { stream: !done });
      // A carriage return at the very end may be half of a line break: keep it for the next piece.
      const halfBreak = !done && held.endsWith('\r') ? 1 : 0;
      const complete = held.slice(0, held.length - halfBreak).replace(/\r\n?/g, '\n');
      const blocks = complete.split('\n\n');
      held = (blocks.pop() ?? '') + '\r'.repeat(halfBreak);
      for (const block of blocks) {
        const event = eventOf(block);
        if (event) yield event;
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
