/** Makes a knowledge base, and takes one away. */

import { useId, useState } from 'react';
import { createKnowledgeBase, deleteKnowledgeBase } from '../../api/knowledge';
import type { KnowledgeBase } from '../../api/types';
import { useText } from '../../i18n';
import { Select } from '../../ui/controls';
import { Dialog } from '../../ui/Dialog';

interface CreateProps {
  onCreated: (id: string) => void;
  onClose: () => void;
}

export function CreateKnowledgeBase({ onCreated, onClose }: CreateProps) {
  const text = useText();
  const nameId = useId();
  const [name, setName] = useState('');
  const [readers, setReaders] = useState<'everyone' | 'me'>('everyone');

  const create = async (): Promise<void> => {
    const { id } = await createKnowledgeBase(name.trim(), readers);
    onCreated(id);
  };

  return (
    <Dialog title={text.knowledge.create} act={text.knowledge.createNow} onAct={create} onClose={onClose}>
      <label className="field" htmlFor={nameId}>
        <span>{text.knowledge.name}</span>
        <input
          id={nameId}
          className="input"
          required
          maxLength={120}
          pattern=".*\S.*"
          placeholder={text.knowledge.namePlaceholder}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="field">
        <span>{text.knowledge.readers}</span>
        <Select
          value={readers}
          onChange={(event) => setReaders(event.target.value === 'everyone' ? 'everyone' : 'me')}
        >
          <option value="everyone">{text.knowledge.everyone}</option>
          <option value="me">{text.knowledge.onlyMe}</option>
        </Select>
      </label>
    </Dialog>
  );
}

interface RemoveProps {
  knowledgeBase: KnowledgeBase;
  onRemoved: () => void;
  onClose: () => void;
}

export function RemoveKnowledgeBase({ knowledgeBase, onRemoved, onClose }: RemoveProps) {
  const text = useText();

  const remove = async (): Promise<void> => {
    await deleteKnowledgeBase(knowledgeBase.id);
    onRemoved();
  };

  return (
    <Dialog
      title={text.knowledge.removeTitle(knowledgeBase.name)}
      act={text.documents.remove}
      danger
      onAct={remove}
      onClose={onClose}
    >
      <p>{text.knowledge.removeLead(knowledgeBase.document_count)}</p>
    </Dialog>
  );
}
