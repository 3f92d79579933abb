import { useQuery } from '@tanstack/react-query';
import { get } from '../api/request.ts';
import { CommandLine } from '../ui/command-line.tsx';
import { Panel } from '../ui/panel.tsx';
import classes from './start-guide.module.css';

const REFRESH_MS = 10_000;

interface Step {
  readonly words: string;
  readonly commands: readonly string[];
}

const STEPS: readonly Step[] = [
  {
    words: 'Say which domain is yours: one whose mail is kept here, or one to relay for.',
    commands: [
      'npx --no staffetta domain add example.org --local',
      'npx --no staffetta domain add example.com --relay',
    ],
  },
  {
    words: 'Give somebody a mailbox; the password is read from the first line that you type.',
    commands: ['npx --no staffetta account add ada@example.org --password-stdin'],
  },
  {
    words: 'Send a first message, and watch it here.',
    commands: ['swaks --server 127.0.0.1:2525 --to ada@example.org'],
  },
];

/** What to do first; there until the system has a domain. */
export function StartGuide() {
  const { data } = useQuery({
    queryKey: ['domains'],
    queryFn: () => get<readonly unknown[]>('domains?limit=1'),
    refetchInterval: ({ state }) => (state.data?.length ? false : REFRESH_MS),
  });
  if (!data || data.length > 0) return null;
  return (
    <Panel title="Get mail flowing" note="No domain is served yet, so no mail is taken in.">
      <ol className={classes.steps}>
        {STEPS.map(({ words, commands }) => (
          <li key={words}>
            <p>{words}</p>
            {commands.map((command) => (
              <CommandLine key={command} command={command} />
            ))}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
