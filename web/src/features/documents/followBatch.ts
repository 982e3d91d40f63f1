/** Watches a batch to its end: by events, and by asking where the stream breaks. */

import { pause } from '../../api/http';
import { followBatch, readBatch } from '../../api/knowledge';
import { ProblemError } from '../../api/problem';
import type { Batch } from '../../api/types';
import { isFinished } from './imports';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** A browser keeps six connections to a server; streams must leave most of them to everything else. */
const LANES = 2;
let busyLanes = 0;
const queue: (() => void)[] = [];

async function takeLane(): Promise<() => void> {
  if (busyLanes >= LANES) await new Promise<void>((resolve) => queue.push(resolve));
  else busyLanes += 1;
  return () => {
    const next = queue.shift();
    if (next) next();
    else busyLanes -= 1;
  };
}

/** Hopeless: the batch is gone or nobody is signed in any more. */
const isFinal = (thrown: unknown): boolean =>
  thrown instanceof ProblemError && [401, 403, 404].includes(thrown.problem.status);

async function read(id: string, signal: AbortSignal, onChange: (batch: Batch) => void): Promise<boolean> {
  for await (const batch of followBatch(id, signal)) {
    onChange(batch);
    if (isFinished(batch)) return true;
  }
  const batch = await readBatch(id);
  onChange(batch);
  return isFinished(batch);
}

/** Calls `onChange` with each state until the batch is finished or the signal is aborted. */
export async function watchBatch(
  id: string,
  signal: AbortSignal,
  onChange: (batch: Batch) => void,
): Promise<void> {
  const leaveLane = await takeLane();
  try {
    for (let wait = FIRST_PAUSE_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        if (await read(id, signal, onChange)) return;
      } catch (thrown) {
        if (isFinal(thrown)) return;
      }
      await pause(wait, signal).catch(() => undefined);
    }
  } finally {
    leaveLane();
  }
}
