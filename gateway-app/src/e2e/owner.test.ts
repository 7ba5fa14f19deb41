import { ownerSuite } from './testing/owner-suite';

describe('an owner, on the embedded ledger', () => ownerSuite('embedded'));
