/** An answer on the page: its markers are buttons, a refusal is called one, sources can be opened by keys. */

import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { TurnView } from '../src/features/ask/TurnView';
import { advance, fail, newTurn, type Turn } from '../src/features/ask/turns';
import { SpeechProvider } from '../src/i18n';
import { citation, location, reply } from './builders';

const asked = newTurn(1, 'What is the fee?', { id: 'b1', name: 'Harbour' });

function draw(turn: Turn) {
  const onOpen = vi.fn();
  const onAgain = vi.fn();
  render(
    <SpeechProvider>
      <TurnView turn={turn} openTarget={null} onOpen={onOpen} onAgain={onAgain} />
    </SpeechProvider>,
  );
  return { onOpen, onAgain };
}

it('a marker is a button with the name of its source, and the keyboard opens it', async () => {
  const { onOpen } = draw(advance(asked, { type: 'finished', reply: reply() }));
  await userEvent.tab();
  const marker = screen.getByRole('button', { name: 'Source 1: rules.md' });
  expect(document.activeElement).toBe(marker);
  await userEvent.keyboard('{Enter}');
  expect(onOpen).toHaveBeenCalledWith(
    expect.objectContaining({ documentId: 'd1', quote: citation().quote, location }),
  );
});

it('a marker whose citation has not come yet is no button', () => {
  draw(advance(asked, { type: 'delta', text: 'The fee is 35 euros. [1]' }));
  expect(screen.queryByRole('button')).toBeNull();
  expect(screen.getByText('1')).toBeTruthy();
});

it('a refusal says so, drops what was written before it, and lists what was looked at', () => {
  const writing = advance(asked, { type: 'delta', text: 'The fee may be' });
  const lookedAt = { document_id: 'd2', document_name: 'history.md', chunk_id: 'c9', location };
  draw(
    advance(writing, {
      type: 'refused',
      reply: reply({ refused: true, mode: null, answer: 'Not found.', citations: [], looked_at: [lookedAt] }),
    }),
  );
  expect(screen.getByText('Not in the documents')).toBeTruthy();
  expect(screen.queryByText(/The fee may be/)).toBeNull();
  expect(screen.getByRole('button', { name: /history\.md/ })).toBeTruthy();
});

it('a failure says what went wrong and asks again on request', async () => {
  const { onAgain } = draw(fail(asked, { title: '', status: 0, detail: '', code: 'page.stream_broken' }));
  expect(screen.getByRole('alert').textContent).toContain('broke off');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(onAgain).toHaveBeenCalledOnce();
});
