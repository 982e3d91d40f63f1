/** Files out of a drop or a file dialog, folders walked, each with its path relative to what was chosen. */

import type { NamedFile } from '../../api/knowledge';

/** Left by operating systems, never meant as documents. */
const isHidden = (name: string): boolean => name.startsWith('.') || /^(thumbs\.db|desktop\.ini)$/i.test(name);

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** A folder's entries; the browser hands them out about a hundred at a time until it hands out none. */
async function entriesIn(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function filesIn(entry: FileSystemEntry, above: string): Promise<NamedFile[]> {
  if (isHidden(entry.name)) return [];
  const name = above + entry.name;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ name, file }];
  }
  if (!isFolder(entry)) return [];
  const found: NamedFile[] = [];
  for (const inner of await entriesIn(entry)) found.push(...(await filesIn(inner, `${name}/`)));
  return found;
}

/** Everything that was dropped. The items are read at once: after the event they are gone. */
export async function filesOfDrop(dropped: DataTransfer): Promise<NamedFile[]> {
  const items = [...dropped.items].filter(({ kind }) => kind === 'file');
  const taken = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: NamedFile[] = [];
  for (const { entry, file } of taken) {
    if (entry) found.push(...(await filesIn(entry, '')));
    else if (file && !isHidden(file.name)) found.push({ name: file.name, file });
  }
  return found;
}

/** What a file dialog gave; a folder's files carry their path. */
export function filesOfInput(files: FileList): NamedFile[] {
  return [...files]
    .filter((file) => !(file.webkitRelativePath || file.name).split('/').some(isHidden))
    .map((file) => ({ name: file.webkitRelativePath || file.name, file }));
}

const FILES_A_REQUEST = 50;
const BYTES_A_REQUEST = 64_000_000;

/** Cuts a long list into requests that stay small enough to be sent again. */
export function inRequests(files: readonly NamedFile[]): NamedFile[][] {
  const requests: NamedFile[][] = [];
  let bytes = Infinity;
  for (const named of files) {
    const current = requests.at(-1);
    if (!current || current.length >= FILES_A_REQUEST || bytes + named.file.size > BYTES_A_REQUEST) {
      requests.push([named]);
      bytes = named.file.size;
    } else {
      current.push(named);
      bytes += named.file.size;
    }
  }
  return requests;
}
