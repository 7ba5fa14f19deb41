import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A deployment with a day behind it, as the tests find it. */
export interface Site {
  /** Folder of the deployment. */
  readonly directory: string;
  /** Name of a service → its address. */
  readonly services: Readonly<Record<string, string>>;
}

/** A {@link Site} as JSON: set beforehand, it names a running deployment to test instead of one started for the tests. */
export const SITE = 'CHARGECAST_TEST_SITE';

/** Jest's workers are given the environment of the process that started them. */
export function publishSite(site: Site): void {
  process.env[SITE] = JSON.stringify(site);
}

export function site(): Site {
  const text = process.env[SITE];
  if (text === undefined) throw new Error('no deployment was started: run npm run test:browser');
  return JSON.parse(text) as Site;
}

export const addressOf = (service: string): string => {
  const url = site().services[service];
  if (url === undefined) throw new Error(`the deployment serves no people at ${service}`);
  return url;
};

/** What a person shows: PEM. */
export interface ClientCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @param id as the person's folder is named, `operator-csc1-1` */
export function certificateOf(id: string): ClientCertificate {
  const folder = path.join(site().directory, 'people', id);
  return { cert: readFileSync(path.join(folder, 'cert.pem')), key: readFileSync(path.join(folder, 'key.pem')) };
}
