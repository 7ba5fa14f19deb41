import { type ComponentChildren } from 'preact';

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', warn: '!', bad: '✕', plain: '·' };

/** A state in words, with a sign and a colour beside them. */
export function Status({ tone, children }: { tone: Tone; children: ComponentChildren }): ComponentChildren {
  return (
    <span class={`status ${tone}`}>
      <span aria-hidden="true">{SIGNS[tone]}</span> {children}
    </span>
  );
}

/** Bytes as hexadecimal or another long identifier: shortened to the eye, whole to a pointer, a copy and a reader. */
export function Identifier({ value, length = 12 }: { value: string; length?: number }): ComponentChildren {
  if (value.length <= length + 1) return <code>{value}</code>;
  return (
    <code class="identifier" title={value}>
      <span aria-hidden="true">{value.slice(0, length)}…</span>
      <span class="unseen">{value}</span>
    </code>
  );
}
