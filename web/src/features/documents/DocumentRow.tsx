/** One document of the list: what it is, how far it is, what can be done with it. */

import { memo, useRef, type ChangeEvent } from 'react';
import { useSpeech, type Messages } from '../../i18n';
import { Badge, IconButton, Spinner, type Tone } from '../../ui/controls';
import { formatSize, formatTime } from '../../ui/format';
import type { LiveDocument } from './imports';
import { isWorthRetrying, reasonOf } from './reasonOf';

const tones: Readonly<Record<LiveDocument['status'], Tone>> = {
  queued: 'plain',
  processing: 'warn',
  ready: 'good',
  failed: 'bad',
};

/** "Embedding 40%" where that is known, else "Working". */
function stateOf({ status, stage, progress }: LiveDocument, text: Messages): string {
  const stages: Readonly<Record<string, string>> = text.documents.stages;
  const words = status === 'processing' && stage !== null ? stages[stage] : undefined;
  if (!words) return text.documents.status[status];
  return progress === null ? words : `${words} ${Math.round(progress * 100)}%`;
}

/** "PDF" out of "handbook.pdf"; nothing for a name without an ending. */
const endingOf = (name: string): string => /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? '';

function Facts({ item, now }: { item: LiveDocument; now: number }) {
  const { text, tag } = useSpeech();
  const facts = [
    endingOf(item.name),
    formatSize(item.size_bytes, tag),
    item.status === 'ready' ? text.documents.chunks(item.chunk_count) : '',
    formatTime(item.updated_at, tag, now),
  ];
  return <span className="document-facts">{facts.filter(Boolean).join(' · ')}</span>;
}

function Name({ item, onOpen }: { item: LiveDocument; onOpen: (item: LiveDocument) => void }) {
  const { text } = useSpeech();
  const cut = item.name.lastIndexOf('/') + 1;
  const name = (
    <>
      {cut > 0 && <span className="document-path">{item.name.slice(0, cut)}</span>}
      {item.name.slice(cut)}
    </>
  );
  if (item.status !== 'ready') return <span className="document-name">{name}</span>;
  return (
    <button
      type="button"
      className="document-name"
      title={text.documents.open(item.name)}
      onClick={() => onOpen(item)}
    >
      {name}
    </button>
  );
}

export interface DocumentActs {
  onOpen: (item: LiveDocument) => void;
  onRetry: (item: LiveDocument) => void;
  onReplace: (item: LiveDocument, file: File) => void;
  onRemove: (item: LiveDocument) => void;
}

function Acts({ item, onRetry, onReplace, onRemove }: { item: LiveDocument } & Omit<DocumentActs, 'onOpen'>) {
  const { text } = useSpeech();
  const input = useRef<HTMLInputElement>(null);
  const { documents } = text;

  const replace = (event: ChangeEvent<HTMLInputElement>): void => {
    const file = event.target.files?.[0];
    if (file) onReplace(item, file);
    event.target.value = '';
  };

  return (
    <span className="document-acts">
      {item.status === 'failed' && isWorthRetrying(item) && (
        <IconButton
          small
          icon="retry"
          label={documents.retryOf(item.name)}
          hint={documents.retry}
          onClick={() => onRetry(item)}
        />
      )}
      <IconButton
        small
        icon="replace"
        label={documents.replaceOf(item.name)}
        hint={documents.replace}
        onClick={() => input.current?.click()}
      />
      <IconButton
        small
        icon="remove"
        label={documents.removeOf(item.name)}
        hint={documents.remove}
        onClick={() => onRemove(item)}
      />
      <input ref={input} type="file" hidden onChange={replace} />
    </span>
  );
}

interface DocumentRowProps extends DocumentActs {
  item: LiveDocument;
  editable: boolean;
  now: number;
}

export const DocumentRow = memo(function DocumentRow({ item, editable, now, ...acts }: DocumentRowProps) {
  const { text } = useSpeech();
  return (
    <li className="document" data-status={item.status}>
      <span className="document-words">
        <Name item={item} onOpen={acts.onOpen} />
        <Facts item={item} now={now} />
        {item.status === 'failed' && <span className="document-reason">{reasonOf(item, text)}</span>}
      </span>
      <span className="document-state">
        <Badge tone={tones[item.status]}>
          {item.status === 'processing' && <Spinner />}
          {stateOf(item, text)}
        </Badge>
      </span>
      {editable && <Acts item={item} {...acts} />}
    </li>
  );
});
