export { AdmissionDesk, type AdmissionSettings } from './admission-desk';
export { Certificates, type CertificateView } from './certificates';
export { AuthenticationError } from './errors';
export { type Credential, type Established } from './parties';
export { type RecordView } from './record-proof';
export { type SealedFrames } from './sealed-frames';
export { type Begun, StationDesk } from './station-desk';
export { VehicleHandshake } from './vehicle-handshake';
export { Suspects } from './suspects';
