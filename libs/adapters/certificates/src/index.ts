export { MailCertificate } from './mail-certificate.ts';
export { CertificateError, loadOrCreateCertificate } from './certificate.ts';
export type { Certificate, CertificateSource } from './certificate.ts';
