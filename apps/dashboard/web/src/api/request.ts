/** Where the admin API is, on the server that the page came from. */
export const API_ROOT = '/api/admin/v1';

const TIMEOUT_MS = 15_000;

/** An answer that is not what was asked for; `status` 0 where there was no answer at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Reads a document of the admin API. */
export async function get<Document>(path: string): Promise<Document> {
  return (await send('GET', path)).json() as Promise<Document>;
}

/** Sends a change to the admin API. */
export async function send(method: string, path: string, body?: object): Promise<Response> {
  const response = await fetch(`${API_ROOT}/${path}`, {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      accept: 'application/json',
      // What a form of another site cannot send.
      'x-staffetta-request': '1',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new ApiError(0, 'The server cannot be reached.', { cause: error });
  });
  if (!response.ok) throw new ApiError(response.status, await detailOf(response));
  return response;
}

/** The words of a problem document (RFC 9457). */
async function detailOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as
    { readonly detail?: unknown } | undefined;
  const detail = problem?.detail;
  return typeof detail === 'string' ? detail : `The server answered ${response.status}.`;
}
