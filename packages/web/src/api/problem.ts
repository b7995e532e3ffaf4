/** What the API says of a request that it refused. */
export interface ProblemBody {
  message?: string;
  code?: string;
  helpCode?: string;
  help?: string;
}

/** A request that failed; status 0 when no answer came. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Topic of the server's help, which says what mends it; null when there is none. */
  readonly helpCode: string | null;
  /** Page of that topic. */
  readonly help: string | null;

  constructor(status: number, body: ProblemBody | null) {
    super(textOf(status, body));
    this.name = "Problem";
    this.status = status;
    this.code = body?.code ?? "unknown";
    this.helpCode = body?.helpCode ?? null;
    this.help = body?.help ?? null;
  }
}

function textOf(status: number, body: ProblemBody | null): string {
  if (status === 0) return "The server did not answer.";
  if (body?.message === undefined) return `The server answered with status ${status} and no text.`;
  // The page has a link of its own to the help.
  return body.message.replace(/ \(help: \S+\)$/, "");
}

/** What whoever sees the problem can do about it, in a sentence. */
export function wayOutOf(problem: unknown): string {
  if (!(problem instanceof Problem)) return "Reload the page; if it stays, tell who runs this server.";
  const { status } = problem;
  if (status === 0) return "Check the connection, and whether the server runs; then try again.";
  if (status === 401) return "Sign in again.";
  if (status === 403) return "Ask an administrator for the permission, or sign in as somebody else.";
  if (status === 404) return "It may have been removed or renamed; look at the list it was in.";
  if (status === 409) return "Somebody may have changed it meanwhile; reload and try again.";
  if (status === 429) return "Wait a moment, then try again.";
  if (status >= 500) return "Try again in a moment; if it stays, the server's log has more of it.";
  return "Correct what it names and send it again.";
}
