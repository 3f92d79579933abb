export { listenSmtp } from './listen.ts';
