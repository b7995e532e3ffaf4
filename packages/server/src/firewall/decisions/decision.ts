import type { DecisionsTable } from "../../db/index.ts";

/** The purpose of who reads a version's files on a page, and installs nothing. */
export const LOOK = "look";

/**
 * What was decided about one version, or of a packument that left versions out about `*`. Whoever gives the same
 * answer again hands over the same object again, so that noting it costs next to nothing.
 */
export interface Decided {
  readonly registryId: string;
  /** The registry's name at this time. */
  readonly registry: string;
  readonly name: string;
  readonly version: string;
  readonly outcome: DecisionsTable["outcome"];
  /** What the version was wanted for. */
  readonly purpose: string;
  /** Null for what nothing was said against. */
  readonly rule: string | null;
  readonly reason: string | null;
  /** When it may be had, in milliseconds. */
  readonly until: number | null;
}

/** Who asked, and when. Texts as the request has them; they are cut when they are written. */
export interface Asker {
  /** A user's name, `key` and the name of a key, or `anonymous`. */
  readonly principal: string;
  /** Id of a token, `password` or `session`; null for nobody. */
  readonly credential: string | null;
  readonly address: string;
  /** The `user-agent` header. */
  readonly client: string | undefined;
  /** The `x-entrepot-project` header. */
  readonly project: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A decision that waits to be written. */
export interface WaitingDecision {
  readonly decided: Decided;
  readonly asker: Asker;
  /** How often the same asker got the same. */
  count: number;
}
