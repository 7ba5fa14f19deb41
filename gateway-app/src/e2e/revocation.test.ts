import { revocationSuite } from './testing/revocation-suite';

describe('a revocation, on the embedded ledger', () => revocationSuite('embedded'));
