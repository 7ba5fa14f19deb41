import { perform, type Task } from './tasks';

/** One task, one answer of the same number. */
export interface Question {
  readonly number: number;
  readonly task: Task;
}

export type Answer =
  | { readonly number: number; readonly report: ReturnType<typeof perform> }
  | { readonly number: number; readonly code: string; readonly message: string };

addEventListener('message', ({ data: { number, task } }: MessageEvent<Question>) => {
  let answer: Answer;
  try {
    answer = { number, report: perform(task) };
  } catch (error) {
    const { code, message } = error as Partial<Error> & { code?: unknown };
    answer = { number, code: typeof code === 'string' ? code : 'E_PAGE', message: message ?? String(error) };
  }
  postMessage(answer);
});
