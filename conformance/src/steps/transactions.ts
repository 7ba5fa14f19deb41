import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';

import { status } from '@grpc/grpc-js';

import { ConformanceError } from '../errors';
import { signerOf } from '../gateway-session';
import { type StepArgument } from '../scenarios';
import { type StepDefinitions } from '../step-definitions';
import { type World } from '../world';

/** Preparing a transaction, invoking it, and what came of it. */
export function defineTransactionSteps(steps: StepDefinitions): void {
  for (const kind of ['evaluate', 'submit'] as const) {
    steps.define(`I prepare to ${kind} a(n) {word} transaction`, (world, [name = '']) => world.prepare(kind, name));
  }
  steps.define('I set the transaction argument(s) to {}', ({ transaction }, [list = '']) => {
    transaction.options.arguments = textList(list);
  });
  steps.define('I set transient data on the transaction to', ({ transaction }, _, argument) => {
    const entries = rowsOf(argument).map(([name = '', value = '']) => [name, value]);
    transaction.options.transientData = Object.fromEntries(entries) as Record<string, string>;
  });
  steps.define('I set the endorsing organization(s) to {}', ({ transaction }, [list = '']) => {
    transaction.options.endorsingOrganizations = textList(list);
  });
  steps.define('I do off-line signing as user {word} in MSP {word}', async (world, [user = '', mspId = '']) => {
    world.transaction.offlineSigner = signerOf(await world.ledger.user(user, mspId));
  });

  steps.define('I invoke the transaction', async (world) => {
    await world.invoke();
    world.transaction.result();
  });
  steps.define('the transaction invocation should fail', async (world) => {
    await world.invoke();
    world.transaction.failure();
  });

  steps.define('the response should be {string}', ({ transaction }, [expected]) => {
    strictEqual(transaction.result(), expected);
  });
  steps.define('the response should be JSON matching', ({ transaction }, _, argument) => {
    deepStrictEqual(JSON.parse(transaction.result()), JSON.parse(textOf(argument)));
  });
  steps.define('the error message should contain {string}', ({ transaction }, [expected = '']) => {
    contains(transaction.failure().message, expected);
  });
  steps.define('the error status should be {word}', ({ transaction }, [expected = '']) => {
    strictEqual(status[transaction.refusal().code], expected);
  });
  steps.define('the error details should be', (world, _, argument) => checkDetails(world, rowsOf(argument)));
}

/**
 * Every detail is among the rows (address, MSP id, part of the message), and every row of a peer that the ledger runs
 * among the details.
 */
function checkDetails({ transaction, ledger, notes }: World, rows: readonly (readonly string[])[]): void {
  const { details } = transaction.refusal();
  for (const { address, mspId, message } of details) {
    const row = rows.find(([expected]) => expected === address);
    ok(row, `a detail of ${address} was not expected: ${message}`);
    strictEqual(mspId, row[1]);
    contains(message, row[2] ?? '');
  }
  for (const [address = ''] of rows) {
    if (!ledger.runs(address)) notes.push(`${address} is not run: an organisation of the embedded ledger has one peer`);
    else
      ok(
        details.some((detail) => detail.address === address),
        `no detail of ${address}`,
      );
  }
}

function contains(text: string, part: string): void {
  ok(text.includes(part), `"${text}" does not contain "${part}"`);
}

function textList(json: string): string[] {
  return JSON.parse(json) as string[];
}

function rowsOf(argument: StepArgument | undefined): readonly (readonly string[])[] {
  if (Array.isArray(argument)) return argument as readonly (readonly string[])[];
  throw new ConformanceError('E_CONFORMANCE_STEPS', 'the step lacks its table');
}

function textOf(argument: StepArgument | undefined): string {
  if (typeof argument === 'string') return argument;
  throw new ConformanceError('E_CONFORMANCE_STEPS', 'the step lacks its text');
}
