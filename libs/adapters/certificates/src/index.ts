export { MailCertificate } from './mail-certificate.ts';
export { loadOrCreateCertificate } from './certificate.ts';
export { CertificateError, readAuthorities, readKeyPair } from './pem-files.ts';
export type { KeyPair } from './pem-files.ts';
export type { Certificate, CertificateSource } from './certificate.ts';
