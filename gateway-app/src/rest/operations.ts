import { z } from 'zod';

import { named, time } from './schemas';
import { Answer } from './route';

export const OPERATIONS = '/v1/operations';

/** Work that goes on after its request was answered. */
export const operationSchema = named(
  'Operation',
  z.object({
    id: z.string(),
    kind: z.string().describe('what was asked for'),
    state: z.enum(['running', 'succeeded', 'failed']),
    createdAt: time,
    /** How many of its parts are where. */
    progress: z.record(z.string(), z.int()),
    /** Where its parts are listed. */
    parts: z.string().optional(),
  }),
);
export type Operation = z.infer<typeof operationSchema>;

/** 202: taken and on disk; the operation stands at `Location`. */
export function accepted(operation: Operation): Answer {
  return new Answer(operation, { headers: { location: `${OPERATIONS}/${operation.id}` } });
}

export const acceptedReply = {
  status: 202,
  description: 'Taken and on disk. `Location` names the operation to follow.',
  schema: operationSchema,
} as const;
