import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Fragment } from 'react';
import { CheckIcon, CopyIcon } from './icons.tsx';
import classes from './command-line.module.css';

/** A command to type in a shell. */
export function CommandLine({ command }: { readonly command: string }) {
  const { copied, copy } = useClipboard({ timeout: 1_500 });
  return (
    <span className={classes.line}>
      <code className={classes.code}>
        {command.split(' ').map((word, index) => (
          // A line ends between words only, and options keep their hyphens. Words never move.
          <Fragment key={index}>
            {index > 0 && ' '}
            <span className={classes.word}>{word}</span>
          </Fragment>
        ))}
      </code>
      {/* Only pages from https or from this machine may write to the clipboard. */}
      {isSecureContext && (
        <ActionIcon
          variant="transparent"
          className={classes.copy}
          size={26}
          aria-label={copied ? 'Copied' : `Copy: ${command}`}
          onClick={() => copy(command)}
        >
          {copied ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
        </ActionIcon>
      )}
    </span>
  );
}
