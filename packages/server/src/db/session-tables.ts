/** Browsers that are signed in. */
export interface SessionsTable {
  id: string;
  workspace_id: string;
  user_id: string;
  /** SHA-256, hexadecimal, of what the cookie holds; unique. */
  secret_hash: string;
  /** The same of the password that logs clients in; unique. */
  login_password_hash: string;
  client: string | null;
  address: string;
  created_at: number;
  last_used_at: number;
  ended_at: number | null;
}

/** Logins of clients that a browser is to approve. */
export interface WebLoginsTable {
  id: string;
  workspace_id: string;
  /** Where the client asked. */
  registry_id: string;
  /** SHA-256, hexadecimal, of what is in the page's URL; unique. */
  page_hash: string;
  /** The same of what the client asks with; unique. */
  done_hash: string;
  client: string;
  address: string;
  created_at: number;
  /** Who approved it; null as long as nobody has. */
  user_id: string | null;
  /** What they approved it with: `password` or `session`. */
  approved_with: string | null;
}

/** Invitations, and what became of them. */
export interface InvitationsTable {
  id: string;
  workspace_id: string;
  /** SHA-256, hexadecimal; unique. */
  code_hash: string;
  email: string | null;
  role: "owner" | "admin" | "developer" | "read-only";
  created_by: string;
  created_at: number;
  /** When its code was made, from which its end is counted. */
  sent_at: number;
  /** Name of the user that it made. */
  accepted_by: string | null;
  /** Set when it was accepted or revoked. */
  ended_at: number | null;
}
