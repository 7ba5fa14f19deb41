export { type CredentialOptions, Credentials, type Owned } from './credentials';
export { renewalSchema, type RenewalSettings } from './renewal';
