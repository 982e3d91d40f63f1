/** Takes files and folders: dropped anywhere on the view, or chosen. */

import { useEffect, useRef, useState, type ChangeEvent, type DragEvent, type ReactNode } from 'react';
import type { NamedFile } from '../../api/knowledge';
import { useText } from '../../i18n';
import { Button } from '../../ui/controls';
import { Icon } from '../../ui/Icon';
import { filesOfDrop, filesOfInput } from './collectFiles';

interface DropZoneProps {
  onFiles: (files: readonly NamedFile[]) => void;
  children: ReactNode;
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');

function Choices({ onFiles }: { onFiles: DropZoneProps['onFiles'] }) {
  const text = useText();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  useEffect(() => folder.current?.setAttribute('webkitdirectory', ''), []);

  const take = (event: ChangeEvent<HTMLInputElement>): void => {
    const input = event.target;
    if (input.files) onFiles(filesOfInput(input.files));
    input.value = '';
  };

  return (
    <div className="drop-choices">
      <Button look="primary" onClick={() => files.current?.click()}>
        <Icon name="upload" />
        {text.documents.chooseFiles}
      </Button>
      <Button onClick={() => folder.current?.click()}>
        <Icon name="folder" />
        {text.documents.chooseFolder}
      </Button>
      <input ref={files} type="file" multiple hidden data-testid="files" onChange={take} />
      <input ref={folder} type="file" multiple hidden data-testid="folder" onChange={take} />
    </div>
  );
}

/** Everything inside is a place to drop on; the zone itself says so. */
export function DropZone({ onFiles, children }: DropZoneProps) {
  const text = useText();
  const [over, setOver] = useState(false);

  const enter = (event: DragEvent): void => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(true);
  };

  const leave = (event: DragEvent): void => {
    const to = event.relatedTarget;
    if (!(to instanceof Node && event.currentTarget.contains(to))) setOver(false);
  };

  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void filesOfDrop(event.dataTransfer).then(onFiles);
  };

  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- dropping is a second way; the buttons inside are the first
    <div
      className="drop-area"
      data-testid="drop"
      onDragEnter={enter}
      onDragOver={enter}
      onDragLeave={leave}
      onDrop={drop}
    >
      <section className={over ? 'drop-zone over' : 'drop-zone'}>
        <div className="drop-words">
          <p className="drop-title">{over ? text.documents.dropNow : text.documents.drop}</p>
          <p className="drop-formats">{text.documents.formats}</p>
        </div>
        <Choices onFiles={onFiles} />
      </section>
      {children}
    </div>
  );
}
