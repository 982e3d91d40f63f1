/** The typed client, generated from the API's OpenAPI document (`npm run generate`). */

import createClient, { type Middleware } from 'openapi-fetch';
import { PAGE_HEADER, origin, patientFetch, signedOut } from './http';
import { ProblemError, problemOf } from './problem';
import type { paths } from './schema';

const page: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(PAGE_HEADER)) request.headers.set(name, value);
    return request;
  },
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && schemaPath !== '/api/v1/sessions') signedOut.set(signedOut.get() + 1);
    return response;
  },
};

export const client = createClient<paths>({
  baseUrl: origin,
  credentials: 'same-origin',
  fetch: (request) => patientFetch(request),
});
client.use(page);

interface Reply<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of a reply; throws a `ProblemError` where there is none. */
export async function dataOf<Data>(reply: Promise<Reply<Data>>): Promise<NonNullable<Data>> {
  const { data, error, response } = await reply;
  if (response.ok && data !== undefined && data !== null) return data;
  throw new ProblemError(problemOf(error, response.status));
}

/** For replies without a body (204, or a 202 that we do not read). */
export async function done(reply: Promise<Reply<unknown>>): Promise<void> {
  const { error, response } = await reply;
  if (!response.ok) throw new ProblemError(problemOf(error, response.status));
}
