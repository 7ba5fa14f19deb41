/** What the main thread asks of a thread that runs roles. */
export type ThreadRequest =
  | {
      readonly id: number;
      readonly ask: 'start';
      readonly role: string;
      readonly name: string;
      readonly config: string;
    }
  | { readonly id: number; readonly ask: 'status' | 'stop'; readonly name: string };

export interface ThreadAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly fault?: { readonly code: string; readonly message: string };
}
