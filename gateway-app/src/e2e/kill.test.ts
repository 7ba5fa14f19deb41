import { killSuite } from './testing/kill-suite';

describe('on the embedded ledger', () => killSuite('embedded'));
