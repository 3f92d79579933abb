/** Limits and keep-alive of both ends. */

const MIB = 1_048_576;

/** Largest message either way, in octets. */
const MESSAGE_BYTES_MAX = 4 * MIB;

export const MESSAGE_LIMITS = {
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
} as const;

/** A peer that is cut off or stopped is known to be gone after 5 s: within the deadline of most questions. */
export const KEEP_ALIVE = {
  'grpc.keepalive_time_ms': 2_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.keepalive_permit_without_calls': 1,
} as const;

/** Calls at once on one connection. */
export const STREAMS_MAX = 1_000;
