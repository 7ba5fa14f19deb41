import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { GROUPS, openCheckout } from './checkout';
import { runConformance } from './conformance';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-checkout-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function write(path: string, text: string): Promise<void> {
  const file = join(directory, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
}

const manifest = (name: string): Promise<void> =>
  write('node/package.json', JSON.stringify({ name, version: '9.8.7' }));
const feature = (group: string, text = 'Feature: one'): Promise<void> =>
  write(`scenario/features/${group}.feature`, text);

test('the groups come first, in their order, then the others by name', async () => {
  await manifest('@hyperledger/fabric-gateway');
  await Promise.all(['zebra', 'ant', ...GROUPS].map((group) => feature(group)));
  await write('scenario/features/notes.txt', 'not a feature');
  const { version, commit, features } = await openCheckout(directory);
  expect({ version, commit }).toEqual({ version: '9.8.7', commit: undefined });
  expect(features.map(({ group }) => group)).toEqual([...GROUPS, 'ant', 'zebra']);
});

test('a folder that is no checkout', async () => {
  const refusal = (why: RegExp): object => ({
    code: 'E_CONFORMANCE_CHECKOUT',
    message: expect.stringMatching(why) as string,
  });
  await expect(openCheckout(directory)).rejects.toMatchObject(refusal(/node\/package\.json cannot be read.*clone/));
  await manifest('something-else');
  await expect(openCheckout(directory)).rejects.toMatchObject(refusal(/not that of @hyperledger\/fabric-gateway/));
  await manifest('@hyperledger/fabric-gateway');
  await expect(openCheckout(directory)).rejects.toMatchObject(refusal(/scenario\/features cannot be read/));
  await feature('transactions');
  await expect(openCheckout(directory)).rejects.toMatchObject(refusal(/lacks blockevents, chaincodeevents/));
});

test('a feature file that is not Gherkin', async () => {
  await manifest('@hyperledger/fabric-gateway');
  await Promise.all(GROUPS.map((group) => feature(group)));
  await feature('errors', 'Once upon a time');
  await expect(runConformance({ from: directory })).rejects.toMatchObject({
    code: 'E_CONFORMANCE_FEATURE',
    message: expect.stringContaining('errors.feature') as string,
  });
});
