export { type CredentialOptions, openCredentials } from './credentials';
