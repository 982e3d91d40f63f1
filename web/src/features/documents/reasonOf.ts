/** Why a document failed, in the reader's language where the page has words for the code. */

import type { Messages } from '../../i18n';

interface Failed {
  reason: string | null;
  reason_code: string | null;
}

export function reasonOf({ reason, reason_code }: Failed, text: Messages): string {
  return (reason_code && text.reasons[reason_code]) || reason || text.documents.unknownReason;
}
