/** Knowledge bases, their documents, and what an import is doing. */

import { client, dataOf, done } from './client';
import { send } from './http';
import { readEvents } from './sse';
import type {
  AcceptedBatch,
  Batch,
  DocumentItem,
  DocumentPage,
  Elements,
  KnowledgeBase,
  Models,
} from './types';

const DOCUMENTS_A_PAGE = 100;

/** A file with the name it shall have: a path relative to the folder that was chosen. */
export interface NamedFile {
  name: string;
  file: File;
}

export function models(): Promise<Models> {
  return dataOf(client.GET('/api/v1/models'));
}

/** All knowledge bases that the signed-in person may read. */
export async function knowledgeBases(): Promise<KnowledgeBase[]> {
  const all: KnowledgeBase[] = [];
  let cursor: string | null | undefined;
  do {
    const query = cursor ? { cursor } : {};
    const page = await dataOf(client.GET('/api/v1/knowledge-bases', { params: { query } }));
    all.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return all;
}

export function createKnowledgeBase(name: string, readers: 'everyone' | 'me'): Promise<{ id: string }> {
  const body = readers === 'everyone' ? { name, readers: ['everyone' as const] } : { name, readers: [] };
  return dataOf(client.POST('/api/v1/knowledge-bases', { body }));
}

export function deleteKnowledgeBase(id: string): Promise<void> {
  const params = { path: { knowledge_base: id } };
  return done(client.DELETE('/api/v1/knowledge-bases/{knowledge_base}', { params }));
}

export function documents(knowledgeBaseId: string, cursor: string | null): Promise<DocumentPage> {
  const query = { limit: DOCUMENTS_A_PAGE, ...(cursor ? { cursor } : {}) };
  const params = { path: { knowledge_base: knowledgeBaseId }, query };
  return dataOf(client.GET('/api/v1/knowledge-bases/{knowledge_base}/documents', { params }));
}

export function readDocument(id: string): Promise<DocumentItem> {
  return dataOf(client.GET('/api/v1/documents/{document_id}', { params: { path: { document_id: id } } }));
}

/** Uploads files in one request. The server names the batch under which it works on them. */
export async function submit(
  knowledgeBaseId: string,
  files: readonly NamedFile[],
  signal: AbortSignal,
): Promise<AcceptedBatch> {
  const form = new FormData();
  for (const { file, name } of files) form.append('files', file, name);
  const path = `/api/v1/knowledge-bases/${encodeURIComponent(knowledgeBaseId)}/documents`;
  const response = await send(path, { method: 'POST', body: form, signal });
  return (await response.json()) as AcceptedBatch;
}

export async function replaceDocument(id: string, file: File): Promise<void> {
  const form = new FormData();
  form.append('file', file, file.name);
  await send(`/api/v1/documents/${encodeURIComponent(id)}`, { method: 'PUT', body: form });
}

export function retryDocument(id: string): Promise<void> {
  return done(
    client.POST('/api/v1/documents/{document_id}/retry', { params: { path: { document_id: id } } }),
  );
}

export function deleteDocument(id: string): Promise<void> {
  return done(client.DELETE('/api/v1/documents/{document_id}', { params: { path: { document_id: id } } }));
}

export function readBatch(id: string): Promise<Batch> {
  return dataOf(client.GET('/api/v1/batches/{batch_id}', { params: { path: { batch_id: id } } }));
}

/** The states of a batch, each as soon as it changes; ends when the server says that the batch is done. */
export async function* followBatch(id: string, signal: AbortSignal): AsyncGenerator<Batch> {
  const path = `/api/v1/batches/${encodeURIComponent(id)}/events`;
  const response = await send(path, { headers: { Accept: 'text/event-stream' }, signal });
  for await (const { event, data } of response.body ? readEvents(response.body) : []) {
    if (event === 'progress') yield JSON.parse(data) as Batch;
    if (event === 'done') return;
  }
}

export function elements(documentId: string): Promise<Elements> {
  const params = { path: { document_id: documentId } };
  return dataOf(client.GET('/api/v1/documents/{document_id}/elements', { params }));
}

/** Where the original lies; `page` makes a PDF reader open there. */
export function contentUrl(documentId: string, page: number | null): string {
  return `./api/v1/documents/${encodeURIComponent(documentId)}/content${page === null ? '' : `#page=${page}`}`;
}
