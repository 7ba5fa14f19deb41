import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { newIdempotencyKey, send } from '../shell/api';
import { Confirm } from '../shell/confirm';
import { announce } from '../shell/announce';
import { Problem } from '../shell/problem';
import { href, type Route } from '../shell/route';
import { ProblemNotice } from '../shell/states';
import { EXAMPLES } from './examples';
import { type Operation } from './shapes';

interface Draft {
  readonly customer: string;
  readonly kind: string;
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Sends one command to one customer's vehicle, after it was looked at once more. */
export function SendScreen({ route }: { route: Route }): ComponentChildren {
  const [customer, setCustomer] = useState(route.query.get('customer') ?? '');
  const [name, setName] = useState<string>(EXAMPLES[0].name);
  const [text, setText] = useState<string>(EXAMPLES[0].payload);
  const [draft, setDraft] = useState<{ readonly command: Draft; readonly key: string }>();
  const [problem, setProblem] = useState<Problem>();
  const [operation, setOperation] = useState<Operation>();
  const choose = (chosen: string): void => {
    setName(chosen);
    setText(EXAMPLES.find((example) => example.name === chosen)?.payload ?? '{}');
  };
  const review = (): void => {
    setProblem(undefined);
    setOperation(undefined);
    const found = readDraft(customer, name, text);
    if (found instanceof Problem) setProblem(found);
    // One key for every attempt at this one command, so that it is sent once.
    else setDraft({ command: found, key: newIdempotencyKey() });
  };
  const perform = async (): Promise<void> => {
    const body = { commands: [draft?.command] };
    setOperation(await send<Operation>('/v1/commands', { method: 'POST', body, idempotencyKey: draft?.key ?? '' }));
    announce('The command was taken.');
  };
  return (
    <>
      <p class="lead">
        The command waits until the vehicle is plugged in, is sealed for it alone, and is acted upon exactly once.
      </p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          review();
        }}
      >
        <label>
          Customer
          <span class="hint">provider/contract as under Vehicles, or a holder as cp:cp1/pile1</span>
          <input required value={customer} onInput={({ currentTarget }) => setCustomer(currentTarget.value)} />
        </label>
        <label>
          Command
          <select value={name} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            {EXAMPLES.map((example) => (
              <option key={example.name} value={example.name}>
                {example.title}
              </option>
            ))}
          </select>
        </label>
        <label>
          Content
          <span class="hint">JSON as OCPP 2.0.1 has it for this action</span>
          <textarea
            class="bytes"
            spellcheck={false}
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <div class="tools">
          <button class="primary" type="submit">
            Review
          </button>
        </div>
      </form>
      {problem && <ProblemNotice problem={problem} />}
      {operation && (
        <div class="notice good">
          <p>
            <strong>Taken and on disk.</strong>{' '}
            <a href={href(['commands'], { operation: operation.id })}>Follow what becomes of it</a>
          </p>
        </div>
      )}
      {draft && (
        <Confirm
          title="Send this command?"
          action="Send the command"
          perform={perform}
          close={() => setDraft(undefined)}
        >
          <p>
            <strong>{draft.command.action}</strong> for <strong>{draft.command.customer}</strong>
          </p>
          <pre tabIndex={0}>
            <code>{JSON.stringify(draft.command.payload, null, 2)}</code>
          </pre>
        </Confirm>
      )}
    </>
  );
}

function readDraft(customer: string, name: string, text: string): Draft | Problem {
  const { kind, action } = EXAMPLES.find((example) => example.name === name) ?? EXAMPLES[0];
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    payload = undefined;
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return new Problem(0, 'E_PAYLOAD', 'the content is no JSON object: see the braces and commas');
  }
  return { customer: customer.trim(), kind, action, payload: payload as Readonly<Record<string, unknown>> };
}
