// The files of a drop, those in folders too. A folder of NPKI is small; what is not is not walked to its end.

const MOST_ENTRIES = 500;
const DEEPEST = 6;

export async function droppedFiles(transfer) {
  // Before anything is awaited: the browser empties `items` once the event is over.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  const budget = { left: MOST_ENTRIES };
  for (const entry of entries) await walk(entry, found, budget, 0);
  return found;
}

async function walk(entry, found, budget, depth) {
  budget.left -= 1;
  if (budget.left < 0 || depth > DEEPEST) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    // Such a file does not know the folder it came from.
    found.push(Object.assign(file, { path: entry.fullPath }));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length || budget.left <= 0) return;
    for (const each of some) await walk(each, found, budget, depth + 1);
  }
}
