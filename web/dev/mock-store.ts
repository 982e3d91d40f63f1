/** What the mock server knows: knowledge bases and documents in memory, parsed and searched in the plainest way. */

import { randomUUID } from 'node:crypto';
import type { AskReply, Batch, DocumentItem, Element, KnowledgeBase, Passage } from '../src/api/types';

export interface StoredDocument extends DocumentItem {
  knowledgeBaseId: string;
  stage: string | null;
  bytes: Buffer;
  elements: Element[];
}

const now = (): string => new Date().toISOString();

export const knowledgeBases = new Map<string, KnowledgeBase>();
export const documents = new Map<string, StoredDocument>();
export const batches = new Map<string, string[]>();

export function addKnowledgeBase(name: string): KnowledgeBase {
  const id = randomUUID();
  const base = { id, name, document_count: 0, ready_count: 0, embedding_model: 'english-256', created_at: now() };
  knowledgeBases.set(id, base);
  return base;
}

export function documentsOf(knowledgeBaseId: string): StoredDocument[] {
  return [...documents.values()].filter((one) => one.knowledgeBaseId === knowledgeBaseId).reverse();
}

export function counted(base: KnowledgeBase): KnowledgeBase {
  const all = documentsOf(base.id);
  return { ...base, document_count: all.length, ready_count: all.filter(({ status }) => status === 'ready').length };
}

export function batchState(id: string): Batch {
  const all = (batches.get(id) ?? []).map((key) => documents.get(key)).filter((one) => one !== undefined);
  return {
    id,
    total: all.length,
    ready: all.filter(({ status }) => status === 'ready').length,
    failed: all.filter(({ status }) => status === 'failed').length,
    documents: all.map(({ id: key, name, status, stage, reason, reason_code }) => ({
      id: key,
      name,
      status,
      stage,
      reason,
      reason_code,
    })),
  };
}

/** Lines as elements: `#` begins a heading, `-` a list item, ` | ` makes a table. */
function parse(text: string): Element[] {
  const elements: Element[] = [];
  const path: string[] = [];
  let start = 0;
  for (const block of text.split(/\n\s*\n|\n(?=[#-])/)) {
    const heading = /^(#{1,6})\s+(.*)/.exec(block.trim());
    const words = (heading?.[2] ?? block.trim()).replace(/^- /, '');
    if (words === '') continue;
    const level = heading?.[1]?.length ?? null;
    if (level !== null) path.splice(level - 1, path.length, words);
    const kind = heading ? 'heading' : block.startsWith('- ') ? 'list_item' : words.includes(' | ') ? 'table' : 'paragraph';
    const end = start + [...words].length;
    elements.push({ ordinal: elements.length, kind, text: words, heading_path: [...path], level, page: null, start, end });
    start = end + 1;
  }
  return elements;
}

const STAGES = ['parsing', 'chunking', 'embedding'] as const;

/** Why this mock refuses a file; null where it takes it. */
function refusal(document: StoredDocument): [code: string, reason: string] | null {
  if (document.bytes.length === 0) return ['document.empty', 'The file is empty.'];
  const isPdf = document.name.endsWith('.pdf');
  if (isPdf && !document.bytes.includes('startxref'))
    return ['document.broken', 'The PDF is damaged: its end is missing. Export it again and upload the new file.'];
  return null;
}

/** Works on a document as long as a person needs to see it. */
export function work(document: StoredDocument, stepMs: number): void {
  document.status = 'queued';
  document.reason = document.reason_code = null;
  const steps = [...STAGES, null];
  const step = (index: number): void => {
    const stage = steps[index] ?? null;
    document.updated_at = now();
    document.status = stage === null ? 'ready' : 'processing';
    document.stage = stage;
    const refused = index === 1 ? refusal(document) : null;
    if (refused) {
      [document.reason_code, document.reason] = refused;
      document.status = 'failed';
      document.stage = null;
      return;
    }
    if (stage === null) {
      document.elements = parse(document.bytes.toString('utf8'));
      document.chunk_count = Math.ceil(document.elements.length / 2);
    } else setTimeout(() => step(index + 1), stepMs * (0.5 + Math.random()));
  };
  setTimeout(() => step(0), stepMs);
}

export function addDocument(knowledgeBaseId: string, name: string, bytes: Buffer, stepMs = 400): StoredDocument {
  const document: StoredDocument = {
    id: randomUUID(),
    knowledgeBaseId,
    name,
    status: 'queued',
    stage: null,
    reason: null,
    reason_code: null,
    media_type: name.endsWith('.pdf') ? 'application/pdf' : 'text/plain; charset=utf-8',
    size_bytes: bytes.length,
    chunk_count: 0,
    created_at: now(),
    updated_at: now(),
    bytes,
    elements: [],
  };
  documents.set(document.id, document);
  work(document, stepMs);
  return document;
}

/** Words of Latin text and pairs of Han characters. */
function terms(text: string): Set<string> {
  const words = text.toLowerCase().match(/[a-z0-9]{3,}/g) ?? [];
  const han = text.match(/\p{Script=Han}{2,}/gu) ?? [];
  const pairs = han.flatMap((run) => [...run].slice(1).map((character, index) => ([...run][index] ?? '') + character));
  return new Set([...words, ...pairs]);
}

export function search(knowledgeBaseId: string, question: string): Passage[] {
  const wanted = terms(question);
  const ready = documentsOf(knowledgeBaseId).filter(({ status }) => status === 'ready');
  return ready
    .flatMap((document) => document.elements.filter(({ kind }) => kind !== 'heading').map((element) => ({ document, element })))
    .map(({ document, element }) => {
      const have = terms(element.text);
      const score = [...wanted].filter((term) => have.has(term)).length;
      const { ordinal, page, heading_path, start, end, text } = element;
      const location = { heading_path, page, last_page: page, element: ordinal, last_element: ordinal, start, end };
      const title = document.name.replace(/\.[^.]*$/, '');
      return { chunk_id: randomUUID(), document_id: document.id, document_name: document.name, title, location, text, score };
    })
    .filter(({ score }) => score > 1)
    .sort((one, other) => other.score - one.score)
    .slice(0, 3);
}

/** The passages' first sentences, cited; a refusal where there are none. */
export function answer(question: string, passages: Passage[]): AskReply {
  const chinese = /\p{Script=Han}/u.test(question);
  const closing = { usage: { model: null, prompt_tokens: null, completion_tokens: null }, timings_ms: { total: 84.2 }, cache: null };
  if (passages.length === 0)
    return {
      answer: chinese ? '文档里没有找到这个问题的答案。' : 'The documents do not answer this question.',
      citations: [],
      refused: true,
      reason: 'weak_evidence',
      looked_at: [...documents.values()].slice(0, 2).map(({ id, name, elements }) => ({
        document_id: id,
        document_name: name,
        title: name,
        location: {
          heading_path: elements[0]?.heading_path ?? [],
          page: null,
          last_page: null,
          element: 0,
          last_element: 1,
          start: 0,
          end: 10,
        },
      })),
      mode: null,
      groundedness: null,
      ...closing,
    };
  const citations = passages.map(({ text, score: _, title: __, ...place }, index) => ({
    ...place,
    marker: index + 1,
    quote: /^.*?[.。!！?？](?=\s|$|\P{ASCII})/su.exec(text)?.[0] ?? text,
  }));
  const text = citations.map(({ quote, marker }) => `${quote} [${marker}]`).join('\n\n');
  return { answer: text, citations, refused: false, mode: 'extractive', groundedness: 1, ...closing };
}
