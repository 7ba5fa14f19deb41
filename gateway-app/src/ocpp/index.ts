export { type Bill, type BillLine, checkBill } from './bill';
export { billedTransaction, checkCommand, type CommandKind } from './commands';
export { checkSchema, type Direction } from './schemas';
