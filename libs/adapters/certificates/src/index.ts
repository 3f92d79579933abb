export { CertificateError, loadOrCreateCertificate } from './certificate.ts';
export type { Certificate, CertificateSource } from './certificate.ts';
