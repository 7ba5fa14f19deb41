/** Words of access as owners and operators are shown them. */
import { z } from 'zod';

import { type Word } from '../data-applications';
import { scopeSchema, timeOfSeconds } from '../data-applications/schemas';
import { named, time } from '../rest';

export const accessSchema = named(
  'Access',
  z.object({
    subject: z.string().describe('ID of the vehicle, or `*` for all of a provider’s or operator’s'),
    party: z.string(),
    grantedBy: z.enum(['owner', 'provider', 'operator']),
    name: z.string().nullable().describe('of the provider or operator'),
    kind: z.string().nullable(),
    scopes: z.array(scopeSchema),
    until: time.nullable(),
    version: z.int(),
    state: z.enum(['inForce', 'ended', 'withdrawn']),
  }),
);

/** @param now Unix seconds */
export function describeWord(word: Word, now: number): z.output<typeof accessSchema> {
  const { subject, party, grantor, version, grant } = word;
  return {
    subject,
    party,
    grantedBy: grantor.by,
    name: grantor.by === 'owner' ? null : grantor.name,
    kind: grant?.kind ?? null,
    scopes: [...(grant?.scopes ?? [])],
    until: grant ? timeOfSeconds(grant.until) : null,
    version,
    state: stateOf(word, now),
  };
}

function stateOf({ grant }: Word, now: number): 'inForce' | 'ended' | 'withdrawn' {
  if (!grant) return 'withdrawn';
  return grant.until > now ? 'inForce' : 'ended';
}
