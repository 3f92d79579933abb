import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RouteView } from '../api/documents.ts';
import { get } from '../api/request.ts';
import { SearchIcon } from '../ui/icons.tsx';
import table from '../ui/data-table.module.css';
import { Panel } from '../ui/panel.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { endWords, whoWords } from './route-words.ts';
import classes from './route-panel.module.css';

/** Where mail for an address would go, as the router and the mailbox service say it now. */
export function RoutePanel() {
  const [text, setText] = useState('');
  const [address, setAddress] = useState('');
  return (
    <Panel
      title="Where does an address go?"
      note="Nothing is sent. Aliases are followed to their ends."
      aside={
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setAddress(text.trim());
          }}
        >
          <TextInput
            size="xs"
            type="email"
            aria-label="Address"
            placeholder="user@example.com"
            leftSection={<SearchIcon size={14} />}
            className={classes.address ?? ''}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
        </form>
      }
    >
      {address === '' ? (
        <p className={classes.words}>Type an address and press Enter.</p>
      ) : (
        <RouteResult address={address} />
      )}
    </Panel>
  );
}

function RouteResult({ address }: { readonly address: string }) {
  const { data, error } = useQuery({
    queryKey: ['route', address],
    queryFn: () => get<RouteView>(`route?address=${encodeURIComponent(address)}`),
    staleTime: 0,
  });
  if (error) {
    return (
      <p className={classes.words} role="alert">
        {error.message}
      </p>
    );
  }
  if (!data) return <p className={classes.words}>Asking…</p>;
  return (
    <>
      <p className={classes.words} role="status">
        {data.address}: {whoWords(data)}.
        {data.aliases.length > 1 && ` Aliases followed: ${data.aliases.join(', ')}.`}
      </p>
      <ScrollRegion label="Where the mail ends">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Recipient</th>
              <th scope="col">Goes to</th>
            </tr>
          </thead>
          <tbody>
            {data.ends.map((end) => (
              <tr key={`${end.kind} ${end.address}`}>
                <th scope="row">{end.address}</th>
                <td className={table.text}>{endWords(end)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </>
  );
}
