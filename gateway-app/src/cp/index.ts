export { RecordingActuator } from './recording-actuator';
export { type CpOptions, type RunningCp, startCp } from './start';
