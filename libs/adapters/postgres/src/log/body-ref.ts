/** Where the content of a message lies: in a segment of a log slice, or in a slice of parked bodies. */
export type BodyPlace =
  | {
      readonly kind: 'log';
      readonly slice: number;
      readonly segment: number;
      readonly offset: number;
    }
  | { readonly kind: 'park'; readonly slice: number; readonly messageId: string };

/** Octets of one segment row; a larger body goes on in the next segment numbers. */
export const SEGMENT_BYTES = 4 * 1024 * 1024;

export function formatBodyRef(place: BodyPlace): string {
  return place.kind === 'log'
    ? `${place.slice}/${place.segment}/${place.offset}`
    : `p${place.slice}/${place.messageId}`;
}

export function parseBodyRef(ref: string): BodyPlace {
  const [first = '', second = '', third = ''] = ref.split('/');
  if (first.startsWith('p')) {
    return { kind: 'park', slice: Number(first.slice(1)), messageId: second };
  }
  return { kind: 'log', slice: Number(first), segment: Number(second), offset: Number(third) };
}
