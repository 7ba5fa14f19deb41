export { type CredentialOptions, Credentials } from './credentials';
export { renewalSchema, type RenewalSettings } from './renewal';
