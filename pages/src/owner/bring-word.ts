import { type Grant, type Withdrawal } from '../keys/statements';
import { send } from '../shell/api';
import { readAll } from '../shell/read-all';
import { type Access } from './api';

const LISTED_MS = 15_000;
const AGAIN_MS = 300;

/**
 * Brings an owner's word to the chains, and waits until the provider, which reads them a moment later, lists it. A provider
 * that is further behind lists it later: the word stands all the same.
 * @throws Problem
 */
export async function bringWord(word: Grant | Withdrawal): Promise<void> {
  await send('/v1/owner/words', { method: 'POST', body: { word } });
  const deadline = Date.now() + LISTED_MS;
  while (!(await isListed(word)) && Date.now() < deadline) await new Promise((done) => setTimeout(done, AGAIN_MS));
}

async function isListed({ subject, party, version }: Withdrawal): Promise<boolean> {
  const words = await readAll<Access>('/v1/owner/access', {});
  return words.some((each) => each.subject === subject && each.party === party && each.version >= version);
}
