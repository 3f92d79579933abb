import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { useSessionActions } from '../session/session.ts';
import { Brand } from '../ui/brand.tsx';
import classes from './log-in-page.module.css';

interface LogInPageProps {
  readonly why: 'first' | 'left' | 'ended';
}

const REASONS = {
  first: undefined,
  left: 'You have logged out.',
  ended: 'Your session has ended. Log in again to go on.',
} as const;

/** Name and password of an operator. */
export function LogInPage({ why }: LogInPageProps) {
  const { logIn } = useSessionActions();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await logIn(name, password);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  }

  const notice = failure === undefined ? REASONS[why] : `Not logged in: ${failure}`;
  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={(event) => void submit(event)}>
        <h1 className={classes.title}>
          <Brand size={36} />
        </h1>
        <p className={classes.lead}>Log in to see your mail flow.</p>
        {notice !== undefined && (
          <p className={failure === undefined ? classes.notice : classes.failure} role="alert">
            {notice}
          </p>
        )}
        <TextInput
          label="Name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          autoFocus
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={({ currentTarget }) => setPassword(currentTarget.value)}
        />
        <Button type="submit" fullWidth loading={isBusy}>
          Log in
        </Button>
        <p className={classes.hint}>
          First time here? The first operator is <code>admin</code>. Its password was shown at the
          first start, or lies in the file <code>first-operator</code> in the data folder.
        </p>
      </form>
    </main>
  );
}
