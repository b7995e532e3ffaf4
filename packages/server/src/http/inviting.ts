import { EntrepotError } from "@entrepot/core";
import type { HttpDeps } from "./context.ts";

/** Refuses invitations where nobody signs up. Throws permission-denied. */
export function assertInviting({ signUp }: Pick<HttpDeps, "signUp">): void {
  if (signUp !== "closed") return;
  throw new EntrepotError("permission-denied", {
    message:
      "Invitations are switched off; an operator sets signUp to invitation in the configuration to allow them.",
  });
}
