export { listenTcp } from './listen-tcp.ts';
export type { ServedSession, TcpListener, TcpListenerOptions } from './listen-tcp.ts';
