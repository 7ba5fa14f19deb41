import { type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { announce } from '../shell/announce';
import { send } from '../shell/api';
import { useJson } from '../shell/loading';
import { asProblem, type Problem } from '../shell/problem';
import { ProblemNotice, Ready } from '../shell/states';
import { type CentreOwner } from './api';

type Payment = CentreOwner['payment'];

const CHOICES: readonly (readonly [Payment, string, string])[] = [
  ['automatic', 'Automatically', 'A bill is charged as soon as its record stands on the chain.'],
  ['confirm', 'By hand', 'A bill waits until you have confirmed it; you find it under Sessions and bills.'],
];

/** Whether bills are charged by themselves. */
export function PaymentScreen(): ComponentChildren {
  const loaded = useJson<CentreOwner>('/v1/owner');
  return <Ready loaded={loaded}>{({ payment }) => <PaymentForm standing={payment} saved={loaded.reload} />}</Ready>;
}

function PaymentForm({ standing, saved }: { standing: Payment; saved: () => void }): ComponentChildren {
  const [chosen, setChosen] = useState(standing);
  const [problem, setProblem] = useState<Problem>();
  const [isAtWork, setAtWork] = useState(false);
  useEffect(() => setChosen(standing), [standing]);
  const save = async (): Promise<void> => {
    setAtWork(true);
    setProblem(undefined);
    try {
      await send('/v1/owner/payment', { method: 'PUT', body: { payment: chosen } });
      announce('Saved');
      saved();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setAtWork(false);
    }
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <fieldset class="choices">
        <legend>How bills are paid</legend>
        {CHOICES.map(([value, label, hint]) => (
          <label key={value} class="choice">
            <input
              type="radio"
              name="payment"
              value={value}
              checked={chosen === value}
              onChange={() => setChosen(value)}
            />
            <span>
              {label}
              <span class="hint">{hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {problem && <ProblemNotice problem={problem} />}
      <p class="quiet">{chosen === standing ? 'This is how it stands now.' : 'Not saved yet.'}</p>
      <div>
        <button type="submit" class="primary" disabled={isAtWork || chosen === standing}>
          Save
        </button>
      </div>
    </form>
  );
}
