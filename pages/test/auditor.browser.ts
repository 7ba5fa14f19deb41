import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { encodeParams, ready, Role } from '@chargecast/signcryption';
import { message, publicKeys, World } from '@chargecast/signcryption/testing/world';
import { type Browser } from 'playwright-core';

import { openBrowser, Visit } from './browser';
import { describeScreens } from './screens';
import { addressOf, certificateOf, site } from './site';

const auditor = (): { url: string; certificate: ReturnType<typeof certificateOf> } => ({
  url: addressOf('css1'),
  certificate: certificateOf('auditor-any-1'),
});

describeScreens('the auditor page', auditor, [
  { place: 'auditor/', heading: 'Verify', shows: 'Fingerprint (SHA-256)', asks: '**/v1/trust*' },
  {
    place: 'auditor/#/block/datachain/{number}',
    first: '/v1/blocks/datachain?limit=1',
    heading: 'Block',
    shows: /Block \d+ of \S+ holds/,
    asks: '**/v1/blocks/datachain/*',
  },
  {
    place: 'auditor/#/blocks/datachain',
    heading: 'Blocks',
    shows: /Verify block \d+/,

    list: '**/v1/blocks/datachain*',
  },
  { place: 'auditor/#/blocks/certchain', heading: 'Blocks', shows: /Verify block \d+/ },
]);

describe('an auditor', () => {
  let browser: Browser;
  let visit: Visit;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    visit = await Visit.begin(browser, auditor().url, auditor().certificate);
  });
  afterEach(() => visit?.end());

  /** Of the newest σ on the chain. */
  async function newestSigma(): Promise<{ id: string; hex: string }> {
    const found = await visit.page.evaluate<{ id: string; hex: string }>(`(async () => {
      const { items } = await (await fetch('/v1/sigmas?limit=1')).json();
      const answer = await fetch('/v1/sigmas/' + items[0].id, { headers: { accept: 'application/octet-stream' } });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return { id: items[0].id, hex: Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') };
    })()`);
    expect(found.hex.length).toBeGreaterThan(600);
    return found;
  }

  test('verifies a pasted σ, sees what the world sees of it, and what is changed in a forged one', async () => {
    const { page } = visit;
    await visit.open('auditor/', 'Verify');
    await page.getByText('Fingerprint (SHA-256)').waitFor();
    const { id, hex } = await newestSigma();
    const field = page.getByLabel('A σ or a block, in hexadecimal or base64');
    for (const text of [hex, Buffer.from(hex, 'hex').toString('base64')]) {
      await field.fill(text);
      await page.getByRole('button', { name: 'Verify', exact: true }).click();
      await page.getByText('This σ holds').waitFor();
      await page.getByText(id).first().waitFor();
    }
    for (const check of ['Structure', 'Context', 'Entries', 'Credential', 'Signature']) {
      await page.getByRole('row', { name: new RegExp(`^${check}.*holds`) }).waitFor();
    }
    await page.getByRole('row', { name: /^Receivers at most \d+ who they are and how many/ }).waitFor();
    expect(await visit.violations()).toEqual([]);
    expect(await visit.overhang()).toBeLessThanOrEqual(0);
    await visit.picture('auditor-sigma');
    await visit.picture('auditor-phone', 'phone');

    const changed = `${hex.slice(0, 600)}${hex[600] === '0' ? '1' : '0'}${hex.slice(601)}`;
    await field.fill(changed);
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByText('This σ does not hold').waitFor();
    await page.getByRole('row', { name: /^Signature.*fails.*E_SIGMA_SIGNATURE/ }).waitFor();
    expect(visit.complaints).toEqual([]);
  });

  test('verifies a σ of 100 receivers under params of its own choice, in under a second', async () => {
    const { page } = visit;
    await ready();
    const world = new World('a σ of 100 receivers');
    const company = await world.enrol('company', Role.CSC);
    const receivers = [];
    for (let i = 0; i < 100; i++) {
      const vehicle = await world.enrol(`vehicle ${i}`, Role.EV);
      receivers.push({ keys: publicKeys(vehicle), bind: new Uint8Array(64), message: message(`for ${i}`) });
    }
    const { sigma } = await world.seal(company, receivers);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/v1/trust', async (route) => {
      await held;
      await route.continue();
    });
    await visit.open('auditor/', 'Verify');
    await page.getByLabel('Take others from a file').setInputFiles({
      name: 'params.json',
      mimeType: 'application/json',
      buffer: Buffer.from(encodeParams(world.params)),
    });
    // The service's own parameters, when they come while those that were chosen are read, do not take their place.
    const late = page.waitForResponse('**/v1/trust');
    release();
    await (await late).finished();
    await page.getByText('From params.json').waitFor();
    await page.unroute('**/v1/trust');
    await page.getByLabel('Or files').setInputFiles({
      name: 'hundred.sigma',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(sigma),
    });
    await page.getByText('This σ holds').waitFor();
    expect(await page.getByText('From params.json').isVisible()).toBe(true);
    const milliseconds = Number(await page.getByTestId('duration').innerText());
    process.stderr.write(`σ of 100 receivers (128 entries, ${sigma.length} bytes): verified in ${milliseconds} ms\n`);
    expect(milliseconds).toBeLessThan(1000);
    expect(visit.complaints).toEqual([]);
  });

  test('judges every block of the data chain by mouse, from the newest to the first', async () => {
    const { page } = visit;
    await visit.open('auditor/#/blocks/datachain', 'Blocks');
    await page
      .getByRole('link', { name: /Verify block \d+/ })
      .first()
      .click();
    const newest = Number(
      await page
        .getByText(/Block \d+ of \S+ holds/)
        .innerText()
        .then((text) => /Block (\d+)/.exec(text)?.[1]),
    );
    expect(newest).toBeGreaterThan(3);
    await visit.picture('auditor-block');
    expect(await visit.violations()).toEqual([]);
    expect(await visit.overhang()).toBeLessThanOrEqual(0);
    let sigmas = 0;
    for (let number = newest; number > 0; number--) {
      await page.getByText(`Block ${number} of `).waitFor();
      await page.getByRole('row', { name: /^Hash chain.*holds/ }).waitFor();
      expect(await page.getByRole('row', { name: /fails/ }).count()).toBe(0);
      sigmas += await page.getByRole('button', { name: /Show the checks of σ/ }).count();
      await page.getByRole('link', { name: `Block ${number - 1}`, exact: true }).click();
    }
    await page.getByText('Block 0 of ').waitFor();
    await page.getByRole('row', { name: /^Orderers.*holds.*pinned/ }).waitFor();
    expect(sigmas).toBeGreaterThan(10);
    expect(visit.complaints).toEqual([]);
  });

  test('verifies files without the service: a block, the one before it, and trust.json', async () => {
    const { page } = visit;
    await visit.open('auditor/', 'Verify');
    const fetched = async (number: number): Promise<Buffer> => {
      const base64 = await page.evaluate<string>(`(async () => {
        const answer = await fetch('/v1/blocks/datachain/${number}', { headers: { accept: 'application/x-protobuf' } });
        return btoa(String.fromCharCode(...new Uint8Array(await answer.arrayBuffer())));
      })()`);
      return Buffer.from(base64, 'base64');
    };
    const [block, before] = [await fetched(3), await fetched(2)];
    await page.context().setOffline(true);
    await page.getByLabel('Take others from a file').setInputFiles(path.join(site().directory, 'trust.json'));
    await page.getByText('From trust.json').waitFor();
    const give = (name: string, buffer: Buffer): Promise<void> =>
      page.getByLabel('Or files').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
    await give('3.block', block);
    await page
      .getByRole('row', { name: /^Hash chain not checked/ })
      .or(page.getByRole('row', { name: /^Hash chain.*needs block 2/ }))
      .first()
      .waitFor();
    await give('2.block', before);
    await page.getByRole('row', { name: /^Hash chain.*holds.*follows block 2/ }).waitFor();
    const forged = Buffer.from(block);
    forged[forged.length - 400] = (forged[forged.length - 400] as number) ^ 1;
    await page.getByRole('button', { name: /Forget/ }).click();
    await give('forged.block', forged);
    await page
      .getByText(/does not hold|no Fabric block/)
      .first()
      .waitFor();
  });

  test('is told what cannot be read', async () => {
    const { page } = visit;
    await visit.open('auditor/', 'Verify');
    await page.getByText('Fingerprint (SHA-256)').waitFor();
    await page.getByLabel('A σ or a block, in hexadecimal or base64').fill('no bytes!');
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByRole('alert').getByText('E_BYTES_INPUT').waitFor();
    await page.getByText('Paste others').click();
    await page.getByLabel('params.json or trust.json', { exact: true }).fill('{"format": "other"}');
    await page.getByRole('button', { name: 'Take these' }).click();
    await page.getByRole('alert').getByText('E_PARAMS').first().waitFor();
    expect(await visit.violations()).toEqual([]);
  });

  test('is not told that the service’s own parameters are unreadable once others were chosen', async () => {
    const { page } = visit;
    await ready();
    const world = new World('chosen before the service answers');
    const company = await world.enrol('company', Role.CSC);
    const vehicle = { keys: publicKeys(await world.enrol('vehicle', Role.EV)), bind: new Uint8Array(64) };
    const { sigma } = await world.seal(company, [{ ...vehicle, message: message('charge') }]);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/v1/trust', async (route) => {
      await held;
      await route.fulfill({ contentType: 'application/json', body: '{"format": "other"}' });
    });
    await visit.open('auditor/', 'Verify');
    await page.getByLabel('Take others from a file').setInputFiles({
      name: 'params.json',
      mimeType: 'application/json',
      buffer: Buffer.from(encodeParams(world.params)),
    });
    await page.getByText('From params.json').waitFor();
    const late = page.waitForResponse('**/v1/trust');
    release();
    await (await late).finished();
    // The page's verifier takes one task after the other: the answer to this one comes after the parameters' refusal.
    await page.getByLabel('Or files').setInputFiles({
      name: 'one.sigma',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(sigma),
    });
    await page.getByText('This σ holds').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await page.getByText('From params.json').isVisible()).toBe(true);
    await page.unroute('**/v1/trust');
  });

  test('sees the fingerprint that the deployment itself tells', async () => {
    await visit.open('auditor/', 'Verify');
    const launcher = path.resolve(__dirname, '..', '..', 'chargecast');
    const params = path.join(site().directory, 'params.json');
    const told = execFileSync(process.execPath, [launcher, 'params', 'show', params], { encoding: 'utf8' });
    const fingerprint = /^fingerprint +([0-9a-f]{64})$/m.exec(told)?.[1] ?? 'none told';
    await visit.page.getByText(fingerprint).waitFor();
  });
});
