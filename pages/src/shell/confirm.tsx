import { type ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { asProblem, type Problem } from './problem';
import { ProblemNotice } from './states';

interface ConfirmProps {
  readonly title: string;
  /** What will happen, in whole. */
  readonly children: ComponentChildren;
  /** On the button that does it, as "Send the command". */
  readonly action: string;
  /** Closes by itself when it succeeds; a failure is shown and can be tried again. */
  readonly perform: () => Promise<void>;
  readonly close: () => void;
}

/** Asks before something is done that others will feel. */
export function Confirm({ title, children, action, perform, close }: ConfirmProps): ComponentChildren {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isAtWork, setAtWork] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => dialog.current?.showModal(), []);
  const go = async (): Promise<void> => {
    setAtWork(true);
    setProblem(undefined);
    try {
      await perform();
      close();
    } catch (error) {
      setProblem(asProblem(error));
      setAtWork(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" onClose={close}>
      <h2 id="confirm-title">{title}</h2>
      {children}
      {problem && <ProblemNotice problem={problem} />}
      <div class="actions">
        <button type="button" onClick={close} disabled={isAtWork}>
          Cancel
        </button>
        <button type="button" class="primary" onClick={() => void go()} disabled={isAtWork}>
          {isAtWork ? 'At work …' : action}
        </button>
      </div>
    </dialog>
  );
}
