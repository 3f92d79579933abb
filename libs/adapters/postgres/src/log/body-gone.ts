/** The content is no longer where the reference says: it was moved or its slice was freed. */
export class BodyGone extends Error {
  override readonly name = 'BodyGone';
}
