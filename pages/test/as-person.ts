import { type TestPeople } from '@chargecast/gateway-app/rest/testing/people';
import { type Person } from '@chargecast/network';
import { type Locator } from 'playwright-core';

import { type Visit } from './browser';
import { type ClientCertificate } from './site';

/** What a person of a test's own service shows. */
export async function certificateFor(people: TestPeople, person: Person): Promise<ClientCertificate> {
  const { keyPem, certificatePem } = await people.certificate(person);
  return { cert: Buffer.from(certificatePem), key: Buffer.from(keyPem) };
}

/** What is wrong with a screen as it stands: accessibility in both colour schemes, the keyboard's focus, width on a phone. */
export async function faultsOf(visit: Visit): Promise<string[]> {
  const overhang = await visit.overhang();
  const faults = [...(await visit.violations()), ...(await visit.unseenFocus())];
  return [...faults, ...(overhang > 0 ? [`${overhang} pixels wider than a phone`] : [])];
}

/** The file a button makes. */
export async function textOf(visit: Visit, button: Locator): Promise<string> {
  const [download] = await Promise.all([visit.page.waitForEvent('download'), button.click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** A JSON file to choose in a form. */
export const jsonFile = (value: unknown): { name: string; mimeType: string; buffer: Buffer } => ({
  name: 'file.json',
  mimeType: 'application/json',
  buffer: Buffer.from(JSON.stringify(value)),
});
