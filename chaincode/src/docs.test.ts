/** docs/ledger.md against the code: every transaction with its roles, every code, key, event and tag. */
import './testing/silence';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AUTHORIZATION,
  AUTHORIZE_EVENT,
  BROADCAST,
  CHARGING_EVENT,
  CHARGING_RECORDS,
  GOVERNANCE_EVENT,
  LEDGER_CODES,
  LEDGER_ROLES,
  MAINTENANCE,
  RECORDS_EVENT,
  REGISTRATION,
  REGISTER_EVENT,
  REPORT_EVENT,
  REVOCATION_EVENT,
  REVOCATION_REASONS,
  REVOKE_AUTHORIZATION_EVENT,
  REVOKE_EVENT,
  SIGMAS_EVENT,
  SLOT_EVENT,
  SYSTEM_KEY_EVENT,
  UPDATE_EVENT,
  VEHICLE_ALERT_EVENT,
} from '@chargecast/protocol';
import { AUTHORIZATION_ACCESS } from './authorization-contract';
import { BROADCAST_ACCESS } from './broadcast-contract';
import { CHARGING_RECORDS_ACCESS } from './charging-records-contract';
import { MAINTENANCE_ACCESS } from './maintenance-contract';
import { REGISTRATION_ACCESS } from './registration-contract';

const reference = readFileSync(join(__dirname, '..', '..', 'docs', 'ledger.md'), 'utf8');
const section = (title: string): string => reference.split(/^## /m).find((part) => part.startsWith(title)) ?? '';

/** First cell → cells of every table row of a section. */
const rows = (title: string): Map<string, string[]> =>
  new Map(
    section(title)
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').slice(1, -1))
      .map((cells) => cells.map((cell) => cell.trim()))
      .map((cells) => [(cells[0] as string).replaceAll('`', ''), cells]),
  );

test.each([
  ['Registration', REGISTRATION, REGISTRATION_ACCESS],
  ['Authorization', AUTHORIZATION, AUTHORIZATION_ACCESS],
  ['Broadcast', BROADCAST, BROADCAST_ACCESS],
  ['ChargingRecords', CHARGING_RECORDS, CHARGING_RECORDS_ACCESS],
  ['Maintenance', MAINTENANCE, MAINTENANCE_ACCESS],
] as const)('%s: transactions and roles', (title, { contract, ...names }, access) => {
  expect(contract.toLowerCase()).toBe(title.toLowerCase());
  const table = rows(title);
  expect([...table.keys()].sort()).toEqual(Object.values(names).sort());
  for (const [name, cells] of table) {
    const said = cells[cells.length - 1] ?? '';
    expect({ name, roles: said === 'all' ? [...LEDGER_ROLES] : said.split(', ') }).toEqual({
      name,
      roles: access[name],
    });
  }
});

test('every refusal code stands in the table', () => {
  const table = section('Refusal codes');
  expect(Object.keys(LEDGER_CODES).filter((code) => !table.includes(`\`${code}\``))).toEqual([]);
});

test('every event, tag, reason and key family is described', () => {
  const events = [CHARGING_EVENT, SIGMAS_EVENT, RECORDS_EVENT, REVOCATION_EVENT, GOVERNANCE_EVENT, SLOT_EVENT];
  events.push(SYSTEM_KEY_EVENT, REGISTER_EVENT, UPDATE_EVENT, REVOKE_EVENT, REPORT_EVENT);
  events.push(AUTHORIZE_EVENT, REVOKE_AUTHORIZATION_EVENT, VEHICLE_ALERT_EVENT);
  expect([...rows('Events').keys()].sort()).toEqual(events.sort());
  expect([...rows('What is signed').keys()].sort()).toEqual([
    'gov',
    'grant',
    'meter',
    'plug',
    'prov',
    'report',
    'rev',
    'slot',
    'spk',
  ]);
  expect(REVOCATION_REASONS.filter((reason) => !reference.includes(`\`${reason}\``))).toEqual([]);
  const state = section('State');
  for (const key of [
    'params',
    'roles',
    'slot',
    'gov:',
    'spent:',
    'sigma:',
    'batch:',
    'record:',
    'provider:',
    'meter:',
    'charging:',
    'revoked:',
    'spk:',
    'spk-version:',
    'vpk:',
    'vpk-version:',
    'vpk-revoked:',
    'reputation:',
    'report:',
    'grant:',
    'fleet:',
    'fleet-revoked:',
    'condition:',
  ]) {
    expect(state).toContain(`\`${key}`);
  }
});
