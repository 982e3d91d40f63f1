/** A citation marker in the text: a button that opens the source at the cited words. */

import type { Citation } from '../../api/types';
import { useText } from '../../i18n';

interface CitationButtonProps {
  marker: number;
  /** Null until the citation has arrived (it comes right after its marker). */
  citation: Citation | null;
  open: boolean;
  onOpen: (citation: Citation) => void;
}

export function CitationButton({ marker, citation, open, onOpen }: CitationButtonProps) {
  const text = useText();
  if (!citation) return <span className="marker">{marker}</span>;
  return (
    <button
      type="button"
      className="marker"
      aria-label={text.ask.citation(marker, citation.document_name)}
      aria-expanded={open}
      title={citation.document_name}
      onClick={() => onOpen(citation)}
    >
      {marker}
    </button>
  );
}
