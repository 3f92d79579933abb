import { Button, Loader } from '@mantine/core';
import { DashboardPage } from './dashboard-page.tsx';
import { LogInPage } from './log-in/log-in-page.tsx';
import { useSession } from './session/session.ts';
import classes from './app.module.css';

/** The log-in page or the dashboard, by what the server says about the session. */
export function App() {
  const { data: session, error, isFetching, refetch } = useSession();
  if (session?.kind === 'in') return <DashboardPage operator={session.operator} />;
  if (session) return <LogInPage why={session.why} />;
  return (
    <main className={classes.wait}>
      <h1 className={classes.title}>Staffetta</h1>
      {error && !isFetching ? (
        <>
          <p role="alert">{error.message}</p>
          <Button onClick={() => void refetch()}>Try again</Button>
        </>
      ) : (
        <Loader aria-label="Loading" />
      )}
    </main>
  );
}
