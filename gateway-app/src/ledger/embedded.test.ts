import { adapterSuite } from '../testing/adapter-suite';

describe('on the embedded ledger', () => adapterSuite('embedded'));
