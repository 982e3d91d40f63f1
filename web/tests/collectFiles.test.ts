/** What is dropped or chosen becomes files with the paths that they had. */

import { expect, it } from 'vitest';
import { filesOfDrop, filesOfInput, inRequests } from '../src/features/documents/collectFiles';

const file = (name: string, size = 1): File => new File([new Uint8Array(size)], name);

type Tree = File | { name: string; inside: Tree[] };

/** A file system entry as a browser gives it: folders hand out two entries at a time. */
function entryOf(tree: Tree): FileSystemEntry {
  if (tree instanceof File) {
    const entry = {
      name: tree.name,
      isFile: true,
      isDirectory: false,
      file: (take: (file: File) => void) => take(tree),
    };
    return entry as unknown as FileSystemEntry;
  }
  const createReader = () => {
    let left = tree.inside.map(entryOf);
    return {
      readEntries: (take: (entries: FileSystemEntry[]) => void) => {
        const some = left.slice(0, 2);
        left = left.slice(2);
        take(some);
      },
    };
  };
  return { name: tree.name, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry;
}

function dropOf(trees: readonly Tree[]): DataTransfer {
  const items = trees.map((tree) => ({
    kind: 'file',
    webkitGetAsEntry: () => entryOf(tree),
    getAsFile: () => (tree instanceof File ? tree : null),
  }));
  return { items: [{ kind: 'string' }, ...items] } as unknown as DataTransfer;
}

it('a dropped folder is walked to its end, with relative paths, without what systems leave behind', async () => {
  const dropped = dropOf([
    file('a.md'),
    {
      name: '手册',
      inside: [
        file('1.md'),
        file('2.md'),
        file('.DS_Store'),
        { name: 'deep', inside: [file('3.txt')] },
        { name: '.git', inside: [file('config')] },
        file('Thumbs.db'),
        file('4.pdf'),
      ],
    },
  ]);
  const names = (await filesOfDrop(dropped)).map(({ name }) => name);
  expect(names).toEqual(['a.md', '手册/1.md', '手册/2.md', '手册/deep/3.txt', '手册/4.pdf']);
});

it('files of a chosen folder keep their path', () => {
  const deep = Object.defineProperty(file('b.txt'), 'webkitRelativePath', { value: 'rules/b.txt' });
  const hidden = Object.defineProperty(file('c'), 'webkitRelativePath', { value: 'rules/.git/c' });
  const chosen = [file('a.md'), deep, hidden] as unknown as FileList;
  expect(filesOfInput(chosen).map(({ name }) => name)).toEqual(['a.md', 'rules/b.txt']);
});

it('many files are sent in requests of bounded count and size, in order and complete', () => {
  const many = Array.from({ length: 120 }, (_, index) => ({ name: String(index), file: file('x') }));
  expect(inRequests(many).map((request) => request.length)).toEqual([50, 50, 20]);
  expect(inRequests(many).flat()).toEqual(many);
  const big = Object.defineProperty(file('big'), 'size', { value: 40_000_000 });
  expect(
    inRequests([
      { name: 'a', file: big },
      { name: 'b', file: big },
    ]),
  ).toHaveLength(2);
  expect(inRequests([])).toEqual([]);
});
