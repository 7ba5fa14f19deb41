export {
  type CertificateAuthority,
  type CertificateRequest,
  createAuthority,
  FABRIC_ATTRIBUTES_OID,
  issueCertificate,
  type KeyAndCertificate,
  loadAuthority,
} from './certificates';
export {
  type CssMaterial,
  type IdentityMaterial,
  materialiseNetwork,
  type NetworkMaterial,
  type NodeMaterial,
  organisationDirectory,
  type OrganisationMaterial,
  ROLE_ATTRIBUTE,
  type TlsMaterial,
} from './organisation';
export {
  ANY_SERVICE,
  issuePersonCertificate,
  issueServiceCertificate,
  openPeopleAuthority,
  type Person,
  PERSON_ROLES,
  personOfCertificate,
  type PersonRole,
  personUri,
} from './people';
export { pkcs12Of } from './pkcs12';
export {
  issueRoleCertificate,
  issueRoleTls,
  issueRoleTlsBatch,
  openRoleAuthority,
  PROCESS_ROLES,
  type ProcessRole,
  roleOfCertificate,
  type RoleTlsFiles,
  type RoleTlsRequest,
  roleUri,
} from './role-tls';
