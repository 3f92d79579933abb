export { createIngressService } from './create-ingress-service.ts';
