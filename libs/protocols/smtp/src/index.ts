export { isCommandSafe } from './commands.ts';
export { DotStuffer, dotStuffed } from './dot-stuffing.ts';
export {
  DOWNGRADE_DEPTH_MAX,
  DOWNGRADE_PARTS_MAX,
  hasEightBitHeader,
  toSevenBit,
} from './downgrade.ts';
export type { Downgrade } from './downgrade.ts';
export { enhancedCodeAtStart, enhancedCodeOf, isEnhancedCode } from './enhanced-code.ts';
export { NO_EXTENSIONS, parseExtensions, sizeLimit } from './extensions.ts';
export type { SmtpExtensions } from './extensions.ts';
export { needsContent, planTransaction } from './plan.ts';
export type { PlannedRcpt, PlannedRefusal, TransactionPlan } from './plan.ts';
export {
  REPLY_TEXT_MAX_CHARS,
  formatReply,
  isPermanent,
  isPositive,
  isTransient,
  ownReply,
  toSmtpReply,
} from './reply.ts';
export type { ParsedReply } from './reply.ts';
export {
  REPLY_LINES_MAX,
  REPLY_LINE_MAX_BYTES,
  REPLY_MAX_BYTES,
  SmtpReplyParser,
  parseReply,
} from './reply-parser.ts';
export type { ReplyFault } from './reply-parser.ts';
