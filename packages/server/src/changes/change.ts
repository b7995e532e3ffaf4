import type { Actor } from "./actor.ts";

/** What can happen to what we keep. Closed: a consumer that knows all of them knows everything. */
export type ChangeKind =
  | "version-published"
  | "version-overwritten"
  | "version-removed"
  | "package-removed"
  | "package-changed"
  | "tag-set"
  | "tag-removed"
  | "registry-changed"
  | "upstream-changed"
  | "user-changed"
  | "token-changed"
  | "session-changed"
  | "invitation-changed"
  | "access-changed"
  | "organization-changed"
  | "status-changed"
  | "policy-changed"
  | "exception-changed"
  | "advisories-changed"
  | "integrity-changed"
  | "tarball-refused"
  | "proof-changed"
  | "settings-changed";

/** One entry of the change log. */
export interface Change {
  /** Ascends in the order in which changes became visible; has gaps. */
  seq: number;
  workspaceId: string;
  registryId: string | null;
  packageName: string | null;
  kind: ChangeKind;
  /** Who did it: a user's name, or the name of a part of the server. */
  actor: string;
  /** Milliseconds since 1970. */
  at: number;
  detail: Record<string, unknown>;
}

/** A change before it is written. The log keeps the actor's name; the audit trail keeps all of it. */
export interface NewChange extends Omit<Change, "seq" | "actor"> {
  actor: Actor;
  /** Name of the registry that is concerned. Where it is left out it is looked up, which costs a way to the writer. */
  registry?: string;
}
