import { deepStrictEqual } from 'node:assert/strict';

import { type BlockKind, type Start } from '../listener';
import { type StepDefinitions } from '../step-definitions';
import { type World } from '../world';

/** Of the listener in steps that name none. */
const UNNAMED = '';

/** Streams of chaincode events and of blocks. */
export function defineEventSteps(steps: StepDefinitions): void {
  steps.define('I create a checkpointer', ({ session }) => session.createCheckpointer());
  defineChaincodeEventSteps(steps);
  defineBlockEventSteps(steps);
}

function defineChaincodeEventSteps(steps: StepDefinitions): void {
  const listen = ({ session }: World, chaincode: string, listener: string, start: Start): Promise<void> =>
    session.listenForChaincode(listener, chaincode, start);
  steps.define('I listen for chaincode events from {word}', (world, [chaincode = '']) =>
    listen(world, chaincode, UNNAMED, {}),
  );
  steps.define(
    'I listen for chaincode events from {word} on a listener named {string}',
    (world, [chaincode = '', listener = '']) => listen(world, chaincode, listener, {}),
  );
  steps.define('I use the checkpointer to listen for chaincode events from {word}', (world, [chaincode = '']) =>
    listen(world, chaincode, UNNAMED, { checkpointer: world.session.checkpointer }),
  );
  steps.define('I replay chaincode events from {word} starting at last committed block', (world, [chaincode = '']) =>
    listen(world, chaincode, UNNAMED, { startBlock: world.lastBlock }),
  );
  steps.define('I stop listening for chaincode events', ({ session }) => session.closeChaincodeListener(UNNAMED));
  steps.define('I stop listening for chaincode events on {string}', ({ session }, [listener = '']) =>
    session.closeChaincodeListener(listener),
  );

  const receive = async ({ session }: World, eventName: string, payload: string, listener: string): Promise<void> => {
    const event = await session.nextChaincodeEvent(listener);
    const received = { eventName: event.eventName, payload: Buffer.from(event.payload).toString() };
    deepStrictEqual(received, { eventName, payload });
  };
  steps.define(
    'I should receive a chaincode event named {string} with payload {string}',
    (world, [name = '', payload = '']) => receive(world, name, payload, UNNAMED),
  );
  steps.define(
    'I should receive a chaincode event named {string} with payload {string} on {string}',
    (world, [name = '', payload = '', listener = '']) => receive(world, name, payload, listener),
  );
}

function defineBlockEventSteps(steps: StepDefinitions): void {
  const listen = ({ session }: World, kind: string, listener: string, start: Start): Promise<void> =>
    session.listenForBlocks(listener, kind as BlockKind, start);
  steps.define('I listen for {blocks} events', (world, [kind = '']) => listen(world, kind, UNNAMED, {}));
  steps.define('I listen for {blocks} events on a listener named {string}', (world, [kind = '', listener = '']) =>
    listen(world, kind, listener, {}),
  );
  steps.define('I use the checkpointer to listen for {blocks} events', (world, [kind = '']) =>
    listen(world, kind, UNNAMED, { checkpointer: world.session.checkpointer }),
  );
  steps.define('I replay {blocks} events starting at last committed block', (world, [kind = '']) =>
    listen(world, kind, UNNAMED, { startBlock: world.lastBlock }),
  );
  const close = ({ session }: World, kind: string, listener: string): void =>
    session.closeBlockListener(listener, kind as BlockKind);
  steps.define('I stop listening for {blocks} events', (world, [kind = '']) => close(world, kind, UNNAMED));
  steps.define('I stop listening for {blocks} events on {string}', (world, [kind = '', listener = '']) =>
    close(world, kind, listener),
  );

  const receive = async ({ session }: World, kind: string, listener: string): Promise<void> => {
    await session.nextBlock(listener, kind as BlockKind);
  };
  steps.define('I should receive a {blocks} event', (world, [kind = '']) => receive(world, kind, UNNAMED));
  steps.define('I should receive a {blocks} event on {string}', (world, [kind = '', listener = '']) =>
    receive(world, kind, listener),
  );
}
