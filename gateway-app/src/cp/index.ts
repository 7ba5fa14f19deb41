export { RecordingActuator } from './recording-actuator';
export { type CpOptions, startCp } from './start';
