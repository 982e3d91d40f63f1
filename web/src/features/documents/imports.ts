/** What one import (everything that was dropped at once) is doing, as pure functions. */

import type { Problem } from '../../api/problem';
import type { AcceptedBatch, Batch, BatchDocument, DocumentItem } from '../../api/types';

/** A file that the server did not take at all. */
export interface Rejected {
  name: string;
  problem: Problem;
}

export interface Import {
  id: number;
  knowledgeBaseId: string;
  /** Files that were chosen, and those of them that were sent. */
  fileCount: number;
  sentCount: number;
  batches: readonly Batch[];
  duplicateCount: number;
  rejected: readonly Rejected[];
  /** Why sending stopped before its end. */
  problem: Problem | null;
}

export function newImport(id: number, knowledgeBaseId: string, fileCount: number): Import {
  return {
    id,
    knowledgeBaseId,
    fileCount,
    sentCount: 0,
    batches: [],
    duplicateCount: 0,
    rejected: [],
    problem: null,
  };
}

const count = (documents: readonly { status: string }[], status: string): number =>
  documents.filter((document) => document.status === status).length;

/** The first state of a batch, as the upload's reply tells it. */
export function batchOf(knowledgeBaseId: string, { batch_id, documents }: AcceptedBatch): Batch {
  return {
    id: batch_id,
    knowledge_base_id: knowledgeBaseId,
    total: documents.length,
    ready: count(documents, 'ready'),
    failed: count(documents, 'failed'),
    documents: documents.map(({ id, name, status, duplicate, reason, reason_code }) => ({
      id,
      name,
      status,
      duplicate,
      stage: null,
      progress: null,
      reason: reason ?? null,
      reason_code: reason_code ?? null,
    })),
  };
}

export function withAccepted(one: Import, accepted: AcceptedBatch, fileCount: number): Import {
  return {
    ...one,
    sentCount: one.sentCount + fileCount,
    batches: [...one.batches, batchOf(one.knowledgeBaseId, accepted)],
    duplicateCount: one.duplicateCount + accepted.documents.filter(({ duplicate }) => duplicate).length,
  };
}

export function withRejected(one: Import, names: readonly string[], problem: Problem): Import {
  const rejected = names.map((name) => ({ name, problem }));
  return { ...one, sentCount: one.sentCount + names.length, rejected: [...one.rejected, ...rejected] };
}

export function withBatch(one: Import, batch: Batch): Import {
  return { ...one, batches: one.batches.map((known) => (known.id === batch.id ? batch : known)) };
}

/** The batch as it is right after somebody asked to try these documents again. */
export function withRetried(batch: Batch, ids: ReadonlySet<string>): Batch {
  const documents = batch.documents.map((document): BatchDocument =>
    ids.has(document.id) ? { ...document, status: 'queued', reason: null, reason_code: null } : document,
  );
  return { ...batch, documents, ready: count(documents, 'ready'), failed: count(documents, 'failed') };
}

export const isFinished = (batch: Batch): boolean => batch.ready + batch.failed >= batch.total;

export interface Progress {
  total: number;
  finished: number;
  ready: number;
  failures: readonly BatchDocument[];
  sending: boolean;
  done: boolean;
}

export function progressOf(one: Import): Progress {
  const sum = (value: (batch: Batch) => number): number =>
    one.batches.reduce((total, batch) => total + value(batch), 0);
  const ready = sum((batch) => batch.ready);
  const finished = ready + sum((batch) => batch.failed) + one.rejected.length;
  const sending = one.sentCount < one.fileCount && one.problem === null;
  return {
    total: one.fileCount,
    finished,
    ready,
    failures: one.batches.flatMap(({ documents }) => documents.filter(({ status }) => status === 'failed')),
    sending,
    done: !sending && one.batches.every(isFinished),
  };
}

/** A listed document with its newest state, which an import may know earlier than the list. */
export interface LiveDocument extends DocumentItem {
  /** Share of the stage that is done, 0 to 1; null where nobody knows. */
  progress: number | null;
}

/** True where the import's word is newer: the list is loaded again when an import has finished. */
export function withLiveStates(items: readonly DocumentItem[], imports: readonly Import[]): LiveDocument[] {
  const running = imports.flatMap(({ batches }) => batches).filter((batch) => !isFinished(batch));
  const states = new Map(
    running.flatMap(({ documents }) => documents.map((state) => [state.id, state] as const)),
  );
  return items.map((item) => {
    const state = states.get(item.id);
    if (!state) return { ...item, progress: null };
    const { status, reason, reason_code, stage, progress } = state;
    return { ...item, status, reason, reason_code, stage, progress };
  });
}

export const isUnfinished = ({ status }: { status: string }): boolean =>
  status === 'queued' || status === 'processing';
