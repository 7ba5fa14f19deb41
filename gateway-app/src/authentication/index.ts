export { Admissions, type Admission } from './admissions';
export { Certificates, type CertificateView } from './certificates';
export { AuthenticationError } from './errors';
export { type Credential, type Established, type Party } from './parties';
export { StationHandshake } from './station-handshake';
export { VehicleHandshake } from './vehicle-handshake';
