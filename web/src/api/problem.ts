/** What went wrong, in the API's own form (RFC 9457), whether the server said so or the connection broke. */

export interface Problem {
  title: string;
  status: number;
  detail: string;
  code: string;
  advice?: string | undefined;
  trace_id?: string | undefined;
}

/** Codes of problems that the page itself finds; the interface has words of its own for them. */
export const OFFLINE = 'page.offline';
export const STREAM_BROKEN = 'page.stream_broken';
export const UNREADABLE = 'page.unreadable';

/** A request that did not give what was asked for. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A problem from a decoded body of any form: a proxy's error page must not break the page. */
export function problemOf(body: unknown, status: number): Problem {
  const facts = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const detail = text(facts['detail']);
  const title = text(facts['title']);
  return {
    title,
    status,
    detail: detail || title,
    code: text(facts['code']) || (detail || title ? 'unknown' : UNREADABLE),
    advice: text(facts['advice']) || undefined,
    trace_id: text(facts['trace_id']) || undefined,
  };
}

/** The problem of an answer that is not `ok`. */
export async function problemOfResponse(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  return problemOf(body, response.status);
}

/** Whatever was thrown, as a problem that can be shown. */
export function problemFrom(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  const offline = thrown instanceof TypeError;
  return {
    title: '',
    status: 0,
    detail: thrown instanceof Error ? thrown.message : '',
    code: offline ? OFFLINE : UNREADABLE,
  };
}

/** True where the reader stopped the request: nothing to report. */
export function wasAborted(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}
