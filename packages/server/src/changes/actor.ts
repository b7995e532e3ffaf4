/** Who does something: a user behind a credential, or the server itself. */
export interface Actor {
  /** A user's name, or the name of a part of the server. */
  name: string;
  /** Id of the token that was shown, `password` or `session`; null for the server itself. */
  credential: string | null;
  /** The client's own address, behind trusted proxies. */
  address: string | null;
  /** What the client calls itself, 200 characters at most. */
  client: string | null;
}

const CLIENT_CHARS_MAX = 200;

/** Gives the actor for what the server does by itself, under the name of its part. */
export function systemActor(name: string): Actor {
  return { name, credential: null, address: null, client: null };
}

/** Cuts what a client calls itself to what is kept of it; null when it says nothing. */
export function clientName(userAgent: string | undefined): string | null {
  return userAgent === undefined || userAgent === "" ? null : userAgent.slice(0, CLIENT_CHARS_MAX);
}
