/** Why a document failed, in the reader's language where the page has words for the code, and whether trying helps. */

import type { Messages } from '../../i18n';

interface Failed {
  reason: string | null;
  reason_code: string | null;
}

export function reasonOf({ reason, reason_code }: Failed, text: Messages): string {
  return (reason_code && text.reasons[reason_code]) || reason || text.documents.unknownReason;
}

/** The same bytes would fail again, whatever an administrator changes. */
const HOPELESS: ReadonlySet<string> = new Set([
  'unsupported_type',
  'encrypted',
  'broken',
  'too_large',
  'empty',
  'no_text',
  'decompression_bomb',
]);

export const isWorthRetrying = ({ reason_code }: Failed): boolean => !HOPELESS.has(reason_code ?? '');
