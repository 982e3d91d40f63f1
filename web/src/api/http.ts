/** The one way out: same origin, cookie, patience with a server that says when to come back. */

import { ProblemError, problemOfResponse } from './problem';

/** The folder that the page was served from, so that it also works below a path of a reverse proxy. */
export const origin = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Tells the server that a change comes from the page and not from a foreign form. */
export const PAGE_HEADER = { 'X-Zhida-Page': '1' } as const;

const ATTEMPTS = 5;
const LONGEST_WAIT_SECONDS = 30;

type Listener = () => void;

/** A value that React can subscribe to. */
export class Signal<Value> {
  private listeners = new Set<Listener>();

  constructor(private value: Value) {}

  readonly get = (): Value => this.value;

  readonly set = (value: Value): void => {
    this.value = value;
    for (const listener of this.listeners) listener();
  };

  readonly subscribe = (listener: Listener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

/** Seconds until the next try while the server asks for patience, else null. */
export const waiting = new Signal<number | null>(null);

/** Counts the answers that say "not signed in"; the page goes back to its sign-in screen. */
export const signedOut = new Signal(0);

/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new DOMException('aborted', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Seconds that a 503 asks us to wait; null where trying again is not ours to decide. */
export function secondsToWait(response: Response): number | null {
  const header = response.headers.get('Retry-After');
  if (response.status !== 503 || header === null) return null;
  const seconds = Number(header);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), LONGEST_WAIT_SECONDS) : null;
}

/** `fetch` that comes back when a 503 says when; a 503 means that nothing was done, so every method may be repeated. */
export async function patientFetch(input: Request | string, init?: RequestInit): Promise<Response> {
  const signal = init?.signal ?? (input instanceof Request ? input.signal : null);
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(input instanceof Request ? input.clone() : input, init);
    const seconds = secondsToWait(response);
    if (seconds === null || attempt === ATTEMPTS) return response;
    waiting.set(seconds);
    try {
      await pause(seconds * 1000, signal);
    } finally {
      waiting.set(null);
    }
  }
}

/** Sends a request outside the typed client (streams, forms); throws a `ProblemError` unless the answer is ok. */
export async function send(
  path: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Readonly<Record<string, string>> },
): Promise<Response> {
  const headers = { ...PAGE_HEADER, ...init.headers };
  const response = await patientFetch(origin + path, { credentials: 'same-origin', ...init, headers });
  if (response.ok) return response;
  if (response.status === 401) signedOut.set(signedOut.get() + 1);
  throw new ProblemError(await problemOfResponse(response));
}
