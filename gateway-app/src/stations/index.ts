export { type Clock, speedClock } from './clock';
export { type FleetOptions, keptTimes, keptUntil, StationFleet } from './fleet';
export type { EvseState, PluggedVehicle } from './evse';
export { SimulatedStation, type StationOptions, type StationState } from './station';
