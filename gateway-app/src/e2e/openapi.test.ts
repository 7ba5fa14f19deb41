/** Each service's OpenAPI document: held to a linter's rules, and the live service to its document. */
import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Person } from '@chargecast/network';

import { peoplePlaces } from '../deployment';
import { personId } from '../rest';
import { FLEET } from './testing/small-fleet';
import { AUDITOR, operatorOf, PeopleSite } from './testing/people-site';

const PATIENCE = 600_000;
const SERVICES = ['csc1', 'css1', 'esp1', 'kgc'] as const;
const [ALICE] = FLEET.vehicles.filter(({ provider }) => provider === 'esp1');
const OWNER: Person = { role: 'owner', at: 'esp1', name: ALICE?.contract ?? '' };

/** Who asks a service: together they may call every route it has. */
const ASKERS: readonly (readonly [(typeof SERVICES)[number], Person])[] = [
  ['csc1', operatorOf('csc1')],
  ['csc1', OWNER],
  ['csc1', { role: 'government', at: 'any', name: '1' }],
  ['css1', operatorOf('css1')],
  ['esp1', operatorOf('esp1')],
  ['esp1', OWNER],
  ['esp1', { role: 'car-maker', at: 'any', name: '1' }],
  ['kgc', operatorOf('kgc')],
];
/** A stream of events never ends. */
const ENDLESS = '/v1/events';
/** POSTs that ask or repeat a word that changes nothing when it comes again. */
const ASKING = ['readHealth', 'openRecords', 'bringWord', 'readPermittedRecords'];

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
];

const NAMED = process.env['CHARGECAST_SCHEMATHESIS'];
const SCHEMATHESIS = NAMED ?? 'schemathesis';
/** One that is named and does not run fails its tests. */
const isAsked = NAMED !== undefined || spawnSync(SCHEMATHESIS, ['--version']).status === 0;

interface Operation {
  readonly operationId: string;
  readonly 'x-roles': readonly string[];
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
}
interface Described extends Operation {
  readonly method: string;
  readonly path: string;
}

let site: PeopleSite;

beforeAll(async () => void (site = await PeopleSite.start()), PATIENCE);
afterAll(() => site?.stop(), PATIENCE);

async function operationsOf(service: string): Promise<Described[]> {
  const { paths } = (await site.ask(service, '/v1/openapi.json', AUDITOR)).json<{
    paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  );
}

it(
  'no document breaks a rule of the linter',
  async () => {
    const files = await Promise.all(
      SERVICES.map(async (service) => {
        const file = join(site.deployment.layout.directory, `${service}.openapi.json`);
        await writeFile(file, (await site.ask(service, '/v1/openapi.json', AUDITOR)).text);
        return file;
      }),
    );
    const linter = join(__dirname, '..', 'rest', 'testing', 'lint-openapi.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [linter, ...files]);
    expect(stdout).toBe('');
  },
  PATIENCE,
);

it('every POST that does something needs an Idempotency-Key', async () => {
  const doing: string[] = [];
  for (const service of SERVICES) {
    for (const { method, operationId, parameters = [] } of await operationsOf(service)) {
      if (method !== 'post' || ASKING.includes(operationId)) continue;
      const key = parameters.find(({ in: place, name }) => place === 'header' && name === 'idempotency-key');
      doing.push(operationId);
      expect([operationId, key?.required]).toEqual([operationId, true]);
    }
  }
  expect(doing.sort()).toEqual(['curtail', 'scheduleSite', 'sendCommands']);
});

it('every operation of every service is asked by somebody who may', async () => {
  for (const service of SERVICES) {
    const roles = ASKERS.filter(([name]) => name === service).map(([, { role }]) => role as string);
    const unasked = (await operationsOf(service)).filter(
      ({ 'x-roles': open }) => !open.includes('anyone') && !open.some((role) => roles.includes(role)),
    );
    expect([service, unasked.map(({ operationId }) => operationId)]).toEqual([service, []]);
  }
});

const tried = isAsked ? it : it.skip;
tried.each(ASKERS.map(([service, person]) => [service, person.role, person] as const))(
  '%s answers what a property-based tester invents as %s as its document says, and never with a 5xx (needs schemathesis)',
  async (service, role, person) => {
    await site.tls(person);
    const { key, cert, ca } = peoplePlaces(site.deployment.layout.people).person(personId(person));
    const paths = (await operationsOf(service))
      .filter(({ path, 'x-roles': open }) => path !== ENDLESS && (open.includes(role) || open.includes('anyone')))
      .flatMap(({ path }) => ['--include-path', path]);
    const report = await promisify(execFile)(
      SCHEMATHESIS,
      [
        ...['run', `${site.urlOf(service)}/v1/openapi.json`, '--no-color', ...paths],
        ...['--request-cert', cert, '--request-cert-key', key, '--tls-verify', ca],
        ...[`--checks=${CHECKS.join(',')}`, '--phases', 'coverage,fuzzing'],
        ...['--max-examples', '5', '--rate-limit', '1000/m', '--seed', '1'],
      ],
      { cwd: site.deployment.layout.directory, maxBuffer: 16 * 1024 * 1024 },
    ).then(
      () => '',
      (error: { stdout?: string; message: string }) => error.stdout ?? error.message,
    );
    expect(report).toBe('');
  },
  PATIENCE,
);
