/** What an import is doing, from the upload's reply to its last document. */

import { describe, expect, it } from 'vitest';
import type { AcceptedBatch, Batch } from '../src/api/types';
import {
  newImport,
  progressOf,
  withAccepted,
  withBatch,
  withRejected,
  withRetried,
} from '../src/features/documents/imports';
import { isWorthRetrying, reasonOf } from '../src/features/documents/reasonOf';
import { en } from '../src/i18n/en';
import { zh } from '../src/i18n/zh';

const accepted: AcceptedBatch = {
  batch_id: 'x',
  documents: [
    { id: '1', name: 'a.md', status: 'queued', duplicate: false },
    { id: '2', name: 'b.md', status: 'ready', duplicate: true },
    {
      id: '3',
      name: 'c.png',
      status: 'failed',
      duplicate: false,
      reason: 'No.',
      reason_code: 'unsupported_type',
    },
  ],
};
const started = withAccepted(newImport(1, 'b1', 4), accepted, 3);
const first = started.batches[0]!;
const finished: Batch = {
  ...first,
  ready: 2,
  documents: first.documents.map((one) => (one.id === '1' ? { ...one, status: 'ready' as const } : one)),
};

describe('an import', () => {
  it('counts what the upload’s reply already tells', () => {
    expect(progressOf(started)).toMatchObject({
      total: 4,
      finished: 2,
      ready: 1,
      sending: true,
      done: false,
    });
    expect(started.duplicateCount).toBe(1);
  });

  it('is done when all was sent and every batch has ended; refused files count as failed', () => {
    const problem = { title: '', status: 413, detail: 'Too large.', code: 'request.too_large' };
    const last = withBatch(withRejected(started, ['d.bin'], problem), finished);
    expect(progressOf(last)).toMatchObject({ total: 4, finished: 4, ready: 2, sending: false, done: true });
  });

  it('takes a failure back while the document is tried again', () => {
    const again = withBatch(started, withRetried(finished, new Set(['3'])));
    expect(progressOf(again).failures).toEqual([]);
    expect(again.batches[0]?.documents[2]).toMatchObject({ status: 'queued', reason_code: null });
  });
});

it('a reason is said in the reader’s language, else in the server’s words', () => {
  expect(reasonOf({ reason: 'No.', reason_code: 'unsupported_type' }, zh)).toContain('不支持');
  expect(reasonOf({ reason: 'No.', reason_code: 'unsupported_type' }, en)).toBe('No.');
  expect(reasonOf({ reason: null, reason_code: 'new_code' }, zh)).toBe(zh.documents.unknownReason);
});

it('another try is offered only where it may help', () => {
  expect(isWorthRetrying({ reason: null, reason_code: 'empty' })).toBe(false);
  expect(isWorthRetrying({ reason: null, reason_code: 'timeout' })).toBe(true);
  expect(isWorthRetrying({ reason: null, reason_code: null })).toBe(true);
});
