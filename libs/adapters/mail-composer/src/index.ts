export { NodemailerComposer } from './nodemailer-composer.ts';
