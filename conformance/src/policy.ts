import { type EndorsementPolicy } from '@chargecast/network/embedded/index';

import { Unsupported } from './errors';

const RULE = /^(AND|OR)\((.*)\)$/;
const MEMBER = /^\s*(?:"([^"]+)\.member"|'([^']+)\.member')\s*$/;

/**
 * A signature policy of one level over members of organisations.
 * @throws Unsupported for any other
 */
export function parsePolicy(text: string): EndorsementPolicy {
  const [, operator, list = ''] = RULE.exec(text.trim()) ?? [];
  const organisations = list.split(',').map((principal) => {
    const match = MEMBER.exec(principal);
    return match?.[1] ?? match?.[2];
  });
  if (operator === undefined || !organisations.every((mspId) => mspId !== undefined)) {
    throw new Unsupported(`the endorsement policy ${text}: AND or OR of organisations' members is supported`);
  }
  return { organisations, quorum: operator === 'AND' ? organisations.length : 1 };
}
