/** The API's contract without the API: for working on the page and for its tests. Sign in with any e-mail, password "zhida-mock". */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { seed } from './mock-seed';
import * as store from './mock-store';

/** What the API sends with the page, so that the page is tried under it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const COOKIE = 'zhida_session=mock';
const EVENT_MS = 150;
const WORD_MS = 35;

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  /** The path's variable parts. */
  parts: string[];
  query: URLSearchParams;
  body: Buffer;
}

function reply({ response }: Pick<Call, 'response'>, status: number, body?: unknown): void {
  response.statusCode = status;
  if (body !== undefined) response.setHeader('Content-Type', status < 400 ? 'application/json' : 'application/problem+json');
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function problem(call: Pick<Call, 'response'>, status: number, code: string, detail: string, advice = ''): void {
  const trace_id = randomUUID().replaceAll('-', '');
  reply(call, status, { type: `urn:zhida:${code}`, title: code, status, detail, code, advice, trace_id });
}

const json = ({ body }: Call): Record<string, unknown> => JSON.parse(body.toString('utf8')) as Record<string, unknown>;
const word = (value: unknown): string => (typeof value === 'string' ? value : '');
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The files of a multipart body. */
function filesIn({ request, body }: Call): { name: string; bytes: Buffer }[] {
  const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? '';
  const parts = body.toString('latin1').split(`--${boundary}`).slice(1, -1);
  return parts.map((part) => {
    const split = part.indexOf('\r\n\r\n');
    const name = /filename="([^"]*)"/.exec(part.slice(0, split))?.[1] ?? 'unnamed';
    const bytes = Buffer.from(part.slice(split + 4, -2), 'latin1');
    return { name: Buffer.from(name, 'latin1').toString('utf8'), bytes };
  });
}

function event(response: ServerResponse, name: string, data: unknown): void {
  response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function openStream(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': open\n\n');
}

async function batchEvents({ response, parts: [id = ''] }: Call): Promise<void> {
  openStream(response);
  for (let last = ''; !response.destroyed; await pause(EVENT_MS)) {
    const state = store.batchState(id);
    const text = JSON.stringify(state);
    if (text !== last) event(response, 'progress', state);
    last = text;
    if (state.ready + state.failed === state.total) break;
  }
  event(response, 'done', {});
  response.end();
}

async function askStream(call: Call): Promise<void> {
  const { question, knowledge_base } = json(call);
  const { response } = call;
  await pause(200);
  const passages = store.search(word(knowledge_base), word(question));
  const whole = store.answer(word(question), passages);
  openStream(response);
  event(response, 'retrieved', { passages });
  if (!whole.refused) {
    for (const piece of whole.answer.match(/\[\d+\]|[a-z0-9'-]+\s*|[^[]/gi) ?? []) {
      if (response.destroyed) return;
      event(response, 'delta', { text: piece });
      const cited = whole.citations.find(({ marker }) => piece === `[${marker}]`);
      if (cited) event(response, 'citation', cited);
      await pause(WORD_MS);
    }
  }
  event(response, whole.refused ? 'refused' : 'finished', whole);
  response.end();
}

function upload(call: Call): void {
  const [base = ''] = call.parts;
  const accepted = filesIn(call).map(({ name, bytes }) => {
    const known = store.documentsOf(base).find((one) => one.bytes.equals(bytes) && one.status === 'ready');
    return { document: known ?? store.addDocument(base, name, bytes), duplicate: known !== undefined };
  });
  const batch_id = randomUUID();
  store.batches.set(batch_id, accepted.map(({ document }) => document.id));
  const documents = accepted.map(({ document: { id, name, status }, duplicate }) => ({ id, name, status, duplicate }));
  reply(call, 202, { batch_id, documents });
}

function elements(call: Call): void {
  const document = store.documents.get(call.parts[0] ?? '');
  if (!document) return problem(call, 404, 'document.not_found', 'There is no such document.');
  const { id, name, media_type, elements: all } = document;
  reply(call, 200, { document_id: id, name, title: name, page_count: null, media_type, elements: all });
}

function content(call: Call): void {
  const document = store.documents.get(call.parts[0] ?? '');
  if (!document) return problem(call, 404, 'document.not_found', 'There is no such document.');
  call.response.setHeader('Content-Type', document.media_type ?? 'application/octet-stream');
  call.response.end(document.bytes);
}

function replace(call: Call): void {
  const document = store.documents.get(call.parts[0] ?? '');
  const file = filesIn(call)[0];
  if (!document || !file) return problem(call, 404, 'document.not_found', 'There is no such document.');
  document.bytes = file.bytes;
  document.size_bytes = file.bytes.length;
  store.work(document, 400);
  reply(call, 202, { id: document.id, status: document.status });
}

function retry(call: Call): void {
  const document = store.documents.get(call.parts[0] ?? '');
  if (document) store.work(document, 400);
  reply(call, 202, {});
}

function list(call: Call): void {
  const all = store.documentsOf(call.parts[0] ?? '');
  const from = Number(call.query.get('cursor') ?? 0);
  const limit = Number(call.query.get('limit') ?? 50);
  const items = all.slice(from, from + limit);
  reply(call, 200, { items, next_cursor: from + limit < all.length ? String(from + limit) : null });
}

const principal = { id: randomUUID(), name: 'mei@example.org', role: 'admin', kind: 'user' };

const models = {
  embedding: {
    name: 'english-256',
    dimensions: 256,
    languages: ['en'],
    advice: 'Chinese text is searched by its words only. Run `zhida model pull multilingual` to search it by meaning.',
  },
  chat: { name: null },
};

type Handler = (call: Call) => void | Promise<void>;

const signIn: Handler = (call) => {
  if (json(call)['password'] !== 'zhida-mock') return problem(call, 401, 'access.wrong_password', 'Wrong password.');
  call.response.setHeader('Set-Cookie', `${COOKIE}; Path=/; HttpOnly; SameSite=Strict`);
  reply(call, 200, { principal });
};

const signOut: Handler = (call) => {
  call.response.setHeader('Set-Cookie', 'zhida_session=; Path=/; Max-Age=0');
  reply(call, 204);
};

const routes: readonly (readonly [method: string, path: RegExp, handle: Handler])[] = [
  ['DELETE', /^\/sessions\/current$/, signOut],
  ['GET', /^\/me$/, (call) => reply(call, 200, principal)],
  ['GET', /^\/models$/, (call) => reply(call, 200, models)],
  [
    'GET',
    /^\/knowledge-bases$/,
    (call) => reply(call, 200, { items: [...store.knowledgeBases.values()].map(store.counted), next_cursor: null }),
  ],
  ['POST', /^\/knowledge-bases$/, (call) => reply(call, 201, store.addKnowledgeBase(word(json(call)['name'])))],
  [
    'DELETE',
    /^\/knowledge-bases\/([^/]+)$/,
    (call) => {
      store.knowledgeBases.delete(call.parts[0] ?? '');
      reply(call, 204);
    },
  ],
  ['GET', /^\/knowledge-bases\/([^/]+)\/documents$/, list],
  ['POST', /^\/knowledge-bases\/([^/]+)\/documents$/, upload],
  ['GET', /^\/batches\/([^/]+)$/, (call) => reply(call, 200, store.batchState(call.parts[0] ?? ''))],
  ['GET', /^\/batches\/([^/]+)\/events$/, batchEvents],
  ['GET', /^\/documents\/([^/]+)\/elements$/, elements],
  ['GET', /^\/documents\/([^/]+)\/content$/, content],
  ['POST', /^\/documents\/([^/]+)\/retry$/, retry],
  ['PUT', /^\/documents\/([^/]+)$/, replace],
  [
    'DELETE',
    /^\/documents\/([^/]+)$/,
    (call) => {
      store.documents.delete(call.parts[0] ?? '');
      reply(call, 204);
    },
  ],
  ['POST', /^\/ask$/, askStream],
];

async function handle(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const call: Call = { request, response, parts: [], query, body: Buffer.concat(chunks) };
  if (path === '/sessions') return signIn(call);
  if (!(request.headers.cookie ?? '').includes(COOKIE))
    return problem(call, 401, 'access.unauthenticated', 'You are not signed in.', 'Sign in, or send an API key.');
  if (request.method !== 'GET' && request.headers['x-zhida-page'] !== '1')
    return problem(call, 403, 'access.foreign_page', 'The header X-Zhida-Page is missing.');
  for (const [method, pattern, handler] of routes) {
    const match = method === request.method ? pattern.exec(path) : null;
    if (match) return handler({ ...call, parts: match.slice(1) });
  }
  return problem(call, 404, 'http.not_found', 'There is nothing at this address.');
}

const middleware: Connect.NextHandleFunction = (request, response, next) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://mock');
  if (pathname.startsWith('/link/')) {
    response.writeHead(303, { Location: '/', 'Set-Cookie': `${COOKIE}; Path=/; HttpOnly; SameSite=Strict` });
    response.end();
    return;
  }
  if (pathname.startsWith('/api/v1/')) {
    void handle(request, response, pathname.slice('/api/v1'.length), searchParams);
    return;
  }
  next();
};

const guarded: Connect.NextHandleFunction = (request, response, next) => {
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  middleware(request, response, next);
};

/** `vite --mode mock` and `vite preview --mode mock`; the built page also gets the strict policy. */
export function mockServer(): Plugin {
  return {
    name: 'zhida-mock-server',
    configureServer: (server) => {
      seed();
      server.middlewares.use(middleware);
    },
    configurePreviewServer: (server) => {
      seed();
      server.middlewares.use(guarded);
    },
  };
}
