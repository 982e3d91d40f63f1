/** Server-sent events arrive in pieces that know nothing of lines or characters. */

import { describe, expect, it } from 'vitest';
import { readEvents, type ServerEvent } from '../src/api/sse';
import { streamOf } from './builders';

async function eventsOf(pieces: readonly (string | Uint8Array)[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(streamOf(pieces))) events.push(event);
  return events;
}

const TEXT =
  ': open\n\nevent: delta\ndata: {"text":"三十五欧元 🚢"}\n\ndata: one\ndata:two\nid: 7\n\nevent: done\ndata: {}\n\n';
const EXPECTED = [
  { event: 'delta', data: '{"text":"三十五欧元 🚢"}' },
  { event: 'message', data: 'one\ntwo' },
  { event: 'done', data: '{}' },
];

describe('readEvents', () => {
  it.each(['\n', '\r\n', '\r'])(
    'gives the same for every split of the bytes, lines ending in %j',
    async (end) => {
      const bytes = new TextEncoder().encode(TEXT.replaceAll('\n', end));
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        expect(await eventsOf([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(EXPECTED);
      }
      expect(await eventsOf(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(EXPECTED);
    },
  );

  it('drops an event that the connection cut in two', async () => {
    expect(await eventsOf(['event: delta\ndata: {"text":'])).toEqual([]);
  });

  it('passes over comments that keep the connection open', async () => {
    expect(await eventsOf([': still here\n\n', ': still here\n\n'])).toEqual([]);
  });

  it('lets go of the connection when its reader leaves early', async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const event of readEvents(stream)) {
      expect(event.data).toBe('1');
      break;
    }
    expect(cancelled).toBe(true);
  });
});
