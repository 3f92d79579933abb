import { Template } from '../template/template.ts';

/** Makes a template of a text; the part is named in errors. */
export type Compile = (source: string, part: string) => Template;

/** With `perform_substitutions: false`, texts are sent as they are. */
export function compileFor(substitute: boolean): Compile {
  return substitute ? Template.compile : Template.fixed;
}
